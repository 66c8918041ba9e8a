//! Sums of the counts: whatever hosts push, repeat and send late, a report says what the counts say.

use super::chance::Chance;
use super::count::{Count, answered, counts, expected};
use super::run::{fleet, good};
use super::server::Server;
use super::toolkit::{said, tcpw};
use postgres::Client;
use std::time::Duration;
use tcpw_fleet::database::{Address, Login, add_host, connect, forget, sum_up};

const HOSTS: [&str; 5] = ["web1", "web2", "web3", "db1", "db2"];
const SOURCES: [&str; 9] = [
    "203.0.113.1/32",
    "203.0.113.2/32",
    "203.0.113.3/32",
    "203.0.113.4/32",
    "198.51.100.1/32",
    "198.51.100.2/32",
    "2001:db8::/64",
    "name a'b",
    "name é",
];
const DAEMONS: [&str; 3] = ["sshd", "vsftpd", "in.telnetd"];
const VERDICTS: [&str; 3] = ["denied", "granted", "unknown"];
/// Hours of the last hundred days.
const HOURS: u64 = 2400;

fn open(server: &Server) -> Client {
    connect(&Address::parse(&server.admin()).unwrap()).unwrap()
}

/// A fleet whose hosts have logins.
fn stage() -> (Server, Client) {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let mut admin = open(&server);
    for host in HOSTS {
        add_host(&mut admin, host, Login::Certificate).unwrap();
    }
    server.ask("UPDATE tcpw.host SET seen = now() - interval '1 day', version = '1'");
    (server, admin)
}

/// Hours ago: often within the last days, sometimes long ago.
fn hours_ago(chance: &mut Chance) -> u64 {
    match chance.below(4) {
        0 => chance.below(3),
        1 | 2 => chance.below(60),
        _ => chance.below(HOURS),
    }
}

/// A batch of counts as a host sends it, by the one function; the life goes on or another one begins.
fn push(client: &mut Client, chance: &mut Chance, host: &str) {
    let rows: Vec<String> = (0..=chance.below(12))
        .map(|_| {
            let (ago, minute) = (hours_ago(chance), chance.below(58));
            format!(
                "(date_trunc('hour', now(), 'UTC') - interval '{ago} hours', {}, {}, {}, {}::bigint, {minute})",
                quoted(chance.one_of(&SOURCES)),
                quoted(chance.one_of(&DAEMONS)),
                quoted(chance.one_of(&VERDICTS)),
                chance.below(50) + 1,
            )
        })
        .collect();
    let is_fork = chance.below(12) == 0;
    let sql = format!(
        "SET SESSION AUTHORIZATION {host};
         DO $$
         DECLARE known record; batch record;
         BEGIN
             SELECT * INTO known FROM tcpw.ingest('{host}', 0, 0, NULL, gen_random_uuid(), false, '1', 0, 0, NULL,
                 NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
             IF {is_fork} THEN
                 SELECT * INTO known FROM tcpw.ingest('{host}', known.life, 0, known.token, gen_random_uuid(),
                     true, '1', 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                     NULL, NULL, NULL, NULL, NULL, NULL, NULL);
             END IF;
             SELECT array_agg(hour) AS hours, array_agg(source) AS sources, array_agg(daemon) AS daemons,
                 array_agg(verdict) AS verdicts, array_agg(n) AS ns,
                 array_agg(hour + minute * interval '1 minute') AS firsts,
                 array_agg(hour + (minute + 1) * interval '1 minute') AS lasts INTO batch
             FROM (VALUES {}) AS made (hour, source, daemon, verdict, n, minute);
             SELECT * INTO known FROM tcpw.ingest('{host}', known.life, 0, known.token, gen_random_uuid(), false,
                 '1', 0, 1, now(), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                 batch.hours, batch.sources, batch.daemons, batch.verdicts, batch.ns, batch.firsts, batch.lasts);
             IF known.status = 'other' THEN RAISE EXCEPTION 'not taken'; END IF;
         END $$;
         RESET SESSION AUTHORIZATION",
        rows.join(", ")
    );
    client.batch_execute(&sql).unwrap();
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What the report of some times says, and what it should say.
fn compare(server: &Server, admin: &mut Client, chance: &mut Chance) {
    let rows = counts(admin);
    let minutes = |chance: &mut Chance| (hours_ago(chance) * 60 + chance.below(60)).cast_signed();
    for _ in 0..3 {
        let (one, other) = (minutes(chance), minutes(chance));
        let (since, until) = (one.max(other) + 1, one.min(other));
        let span = match chance.below(3) {
            0 => (0, None),
            1 => (since, None),
            _ => (since, Some(until)),
        };
        let (times, lines) = answered(server, span);
        assert_eq!(lines, expected(&rows, times), "{span:?}");
    }
}

#[test]
fn sums_say_what_the_counts_say() {
    let (server, mut admin) = stage();
    let mut chance = Chance::new(20_261_127);
    for round in 0..60 {
        for _ in 0..chance.below(4) {
            let host = chance.one_of(&HOSTS);
            push(&mut admin, &mut chance, host);
        }
        match chance.below(6) {
            0 | 1 => {
                sum_up(&mut admin).unwrap();
            }
            2 => {
                let days = Duration::from_secs(86_400 * (30 + chance.below(90)));
                forget(&mut admin, days, days).unwrap();
            }
            3 => change_by_hand(&mut admin, &mut chance),
            _ => {}
        }
        if round % 2 == 1 {
            compare(&server, &mut admin, &mut chance);
        }
    }
    sum_up(&mut admin).unwrap();
    let left = "SELECT count(*) FROM tcpw.mark WHERE hour <= tcpw.over()";
    assert_eq!(server.ask(left), "0", "all that is over is summed");
    assert_ne!(server.ask("SELECT count(*) FROM tcpw.summed_day"), "0");
    for _ in 0..10 {
        compare(&server, &mut admin, &mut chance);
    }
    same_in_every_form(&server);
    let rows = server.ask("SELECT count(*) FROM tcpw.hourly");
    crate::proof::say(&format!(
        "fleet: reports of sums equal reports of {rows} counts, after 60 rounds of pushes and changes"
    ));
}

/// What an administrator may do, after a stolen login for example.
fn change_by_hand(admin: &mut Client, chance: &mut Chance) {
    let source = quoted(chance.one_of(&SOURCES));
    let host = chance.one_of(&HOSTS);
    let sql = match chance.below(3) {
        0 => format!("DELETE FROM tcpw.hourly WHERE source = {source} AND host = '{host}'"),
        1 => format!("UPDATE tcpw.hourly SET n = n + 1 WHERE source = {source}"),
        _ => format!(
            "UPDATE tcpw.hourly SET hour = hour - interval '{} days' WHERE source = {source}
             AND host = '{host}' AND hour > now() - interval '200 days'",
            500 + chance.below(5000)
        ),
    };
    admin.batch_execute(&sql).unwrap();
}

/// Each form of the report, from sums and then with every hour marked, which is from the counts alone.
fn same_in_every_form(server: &Server) {
    server.ask("UPDATE tcpw.host SET seen = now() - interval '1 day'");
    let url = server.admin();
    let (until, since) = (
        server.ask("SELECT to_char(now() - interval '3 hours', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"),
        server.ask("SELECT to_char(now() - interval '80 days', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"),
    );
    let all = |format: &str| {
        let words = [
            "report", "--from", &url, "--since", &since, "--until", &until, "--format", format,
        ];
        let (code, out, err) = said(&tcpw(&words).output().unwrap());
        assert_eq!(code, 1, "hosts are silent: {err}");
        out
    };
    let forms = ["text", "json", "csv", "html"];
    let of_sums = forms.map(all);
    server.ask("INSERT INTO tcpw.mark SELECT DISTINCT hour FROM tcpw.hourly");
    let of_counts = forms.map(all);
    assert_eq!(of_sums, of_counts);
    assert!(of_sums.concat().contains("203.0.113.1"), "{of_sums:?}");
}

#[test]
fn what_is_pushed_while_others_sum_is_not_lost() {
    let (server, mut admin) = stage();
    std::thread::scope(|scope| {
        let pushing: Vec<_> = HOSTS
            .iter()
            .zip(1_u64..)
            .map(|(host, seed)| {
                let mut client = open(&server);
                scope.spawn(move || {
                    let mut chance = Chance::new(seed);
                    for _ in 0..25 {
                        push(&mut client, &mut chance, host);
                    }
                })
            })
            .collect();
        while pushing.iter().any(|one| !one.is_finished()) {
            sum_up(&mut admin).unwrap();
        }
    });
    sum_up(&mut admin).unwrap();
    let mut chance = Chance::new(7);
    for _ in 0..4 {
        compare(&server, &mut admin, &mut chance);
    }
}

#[test]
fn what_was_there_before_is_summed() {
    let server = Server::start();
    server.ask(&format!(
        "{} SET ROLE tcpw_owner; {} {} INSERT INTO tcpw.version (number) VALUES (1), (2)",
        include_str!("../../schema/00_roles.sql"),
        include_str!("../../schema/01_fleet.sql"),
        include_str!("../../schema/02_mail.sql"),
    ));
    server.ask(
        "INSERT INTO tcpw.host (name, mail) VALUES ('web1', 'fleet');
         INSERT INTO tcpw.hourly SELECT 'web' || one % 4, 1,
             date_trunc('hour', now() - one * interval '7 hours'), '203.0.113.' || one % 20, 'sshd', 'denied',
             one, now() - one * interval '7 hours', now() - one * interval '7 hours'
             FROM generate_series(1, 150) AS one",
    );
    let out = good(&["init", &server.admin()]);
    assert!(out.contains("from version 2 to 4"), "{out}");
    let left = "SELECT count(*) FROM tcpw.mark WHERE hour <= tcpw.over()";
    assert_eq!(server.ask(left), "0");
    assert_ne!(server.ask("SELECT count(*) FROM tcpw.source_day"), "0");
    let mut admin = open(&server);
    compare(&server, &mut admin, &mut Chance::new(3));
    assert!(good(&["init", &server.admin()]).contains("as before"));
}

#[test]
fn whoever_may_read_may_not_sum() {
    let (server, mut admin) = stage();
    push(&mut admin, &mut Chance::new(1), "web1");
    server.ask("CREATE ROLE viewer LOGIN PASSWORD 'v' IN ROLE tcpw_reader");
    let url = server.url("viewer");
    let mut command = fleet(&["sum", "--database", &url]);
    let (code, _, err) = said(&command.env("PGPASSWORD", "v").output().unwrap());
    assert_eq!(code, 2);
    assert!(err.contains("cannot act as tcpw_owner"), "{err}");
    let out = good(&["sum", "--database", &server.admin()]);
    assert!(out.contains("summed "), "{out}");
}

/// Counts are compared row by row: nothing of the program is used to say what is right.
#[test]
fn the_oracle_counts_a_host_once() {
    let row = |host: &str, hour: i64| Count {
        host: host.to_owned(),
        hour,
        source: "s".to_owned(),
        daemon: "d".to_owned(),
        verdict: "denied".to_owned(),
        n: 2,
        first: hour,
        last: hour + 1,
    };
    let rows = [row("a", 0), row("a", 3_600_000_000), row("b", 0)];
    let lines = expected(&rows, (0, 7_200_000_000));
    let found = lines
        .iter()
        .find(|line| line.contains("\"line\":\"spread\""));
    assert!(found.unwrap().contains("\"hosts\":2"), "{lines:?}");
}
