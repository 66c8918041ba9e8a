//! What a stolen login can write: nothing that takes away from what others counted, or that reports, sums
//! and mails fail at.

use super::run::{fleet, good, told};
use super::server::Server;
use super::toolkit::{said, tcpw};

/// What one call of the function has, each an SQL expression.
struct Call<'a> {
    number: u32,
    backlog: &'a str,
    /// A time, a source and a rule for each event.
    ats: &'a str,
    sources: &'a str,
    rules: &'a str,
    /// A source and a count for each count, in this hour.
    counted: &'a str,
    counts: &'a str,
}

const NOTHING: Call<'_> = Call {
    number: 1,
    backlog: "0",
    ats: "ARRAY[]::timestamptz[]",
    sources: "ARRAY[]::text[]",
    rules: "ARRAY[]::text[]",
    counted: "ARRAY[]::text[]",
    counts: "ARRAY[]::bigint[]",
};

fn server() -> Server {
    let server = Server::start();
    good(&["init", &server.admin()]);
    for host in ["web1", "evil"] {
        server.ask(&format!(
            "CREATE ROLE {host} LOGIN PASSWORD 'e' IN ROLE tcpw_host; INSERT INTO tcpw.host (name) VALUES ('{host}');
             INSERT INTO tcpw.chain (host) VALUES ('{host}')"
        ));
    }
    server
}

/// The statement of a call by `host`.
fn statement(host: &str, call: &Call<'_>) -> String {
    let Call {
        number,
        backlog,
        ats,
        sources,
        rules,
        counted,
        counts,
    } = call;
    format!(
        "WITH what AS (SELECT {ats} AS ats, {sources} AS sources, {rules} AS rules,
             {counted} AS counted, {counts} AS counts)
         SELECT status FROM what, LATERAL tcpw.ingest('{host}', 1, 0, NULL,
             '00000000-0000-0000-0000-000000000001', false, '1', {backlog}, {number}, NULL,
             ARRAY(SELECT {number}000000 + generate_series(1, cardinality(ats))), ats,
             array_fill(NULL::inet, ARRAY[cardinality(ats)]), sources,
             array_fill('sshd'::text, ARRAY[cardinality(ats)]),
             array_fill('denied'::text, ARRAY[cardinality(ats)]), rules,
             array_fill(0::bigint, ARRAY[cardinality(ats)]),
             array_fill(date_trunc('hour', now()), ARRAY[cardinality(counts)]), counted,
             array_fill('sshd'::text, ARRAY[cardinality(counts)]),
             array_fill('denied'::text, ARRAY[cardinality(counts)]), counts,
             array_fill(now(), ARRAY[cardinality(counts)]),
             array_fill(now(), ARRAY[cardinality(counts)]))"
    )
}

/// What a call by `host` gives.
fn call(server: &Server, host: &str, call: &Call<'_>) -> String {
    server.ask(&format!(
        "SET SESSION AUTHORIZATION {host}; {}",
        statement(host, call)
    ))
}

/// What `tcpw report --from` says, which must be read.
fn report(server: &Server) -> String {
    let url = server.admin();
    let words = ["report", "--from", &url, "--since", "1d"];
    let (code, out, err) = said(&tcpw(&words).output().unwrap());
    assert!(code < 2, "{out}{err}");
    out
}

#[test]
fn counts_take_nothing_away_and_no_sum_fails() {
    let server = server();
    let counted = "ARRAY['203.0.113.9/32']";
    let say = |host, number, counts| {
        let one = Call {
            number,
            counted,
            counts,
            ..NOTHING
        };
        assert_eq!(call(&server, host, &one), "done");
    };
    say("web1", 1, "ARRAY[1000]");
    say("evil", 1, "ARRAY[-999]");
    assert_eq!(server.ask("SELECT sum(n) FROM tcpw.hourly"), "1001");
    assert!(
        report(&server).contains("Events: 1,001."),
        "{}",
        report(&server)
    );
    say("evil", 2, "ARRAY['-9223372036854775808'::bigint]");
    say("evil", 3, "ARRAY[9223372036854775807]");
    let most = "SELECT max(n), min(n) FROM tcpw.hourly";
    assert_eq!(server.ask(most), "1000000000000|1000");
    let refused =
        "INSERT INTO tcpw.hourly SELECT host, 9, hour, source, daemon, verdict, 0, first, last
        FROM tcpw.hourly LIMIT 1";
    assert!(
        server
            .try_as("admin", "admin's own", refused)
            .unwrap_err()
            .contains("hourly_n_check")
    );
    // What ten million counts, which logins may write in some hours, add up to: more than a number holds.
    server.ask(
        "ALTER TABLE tcpw.hourly DROP CONSTRAINT hourly_n_check;
         INSERT INTO tcpw.hourly (host, life, hour, source, daemon, verdict, n, first, last)
             SELECT 'evil', life, date_trunc('hour', now()) - hours * interval '1 hour', 'x', 'sshd', 'denied',
                 4611686018427387904, now(), now()
             FROM generate_series(1, 3) AS life, generate_series(0, 50) AS hours",
    );
    assert!(report(&server).contains("Refused"));
    for words in [["sum", "--database"], ["prune", "--database"]] {
        let url = server.admin();
        let (code, out, err) = told(&fleet(&[words[0], words[1], &url]).output().unwrap());
        assert_eq!(code, 0, "{out}{err}");
    }
    good(&["init", &server.admin()]);
    assert!(report(&server).contains("Refused"));
}

#[test]
fn what_is_left_takes_nothing_away_and_no_report_fails() {
    let server = server();
    server.ask("UPDATE tcpw.host SET backlog = 7, seen = now() WHERE name = 'web1'");
    let left = "SELECT backlog FROM tcpw.host WHERE name = 'evil'";
    for (said, kept) in [
        ("-9223372036854775808", "0"),
        ("9223372036854775807", "1000000000000"),
        ("NULL", "0"),
    ] {
        let one = Call {
            backlog: said,
            ..NOTHING
        };
        call(&server, "evil", &one);
        assert_eq!(server.ask(left), kept);
        assert!(report(&server).contains("Not pushed yet"));
        server.ask("UPDATE tcpw.host SET seen = NULL WHERE name = 'evil'");
    }
}

#[test]
fn times_and_texts_are_cut_and_bytes_are_counted() {
    let server = server();
    let one = Call {
        ats: "ARRAY['infinity', '-infinity', '294276-01-01', now()]::timestamptz[]",
        sources: "ARRAY['', repeat('é', 900), 'c', 'd']",
        rules: "ARRAY[repeat('\u{10348}', 5000), repeat('x', 5000), NULL, 'short']",
        ..NOTHING
    };
    assert_eq!(call(&server, "evil", &one), "done");
    assert_eq!(
        server.ask(
            "SELECT count(*), count(*) FILTER (WHERE isfinite(at) AND at < '2201-01-01'),
                 max(octet_length(rule)), max(octet_length(source)) <= 512, min(length(source)) FROM tcpw.event"
        ),
        "4|4|1024|t|1"
    );
    assert_eq!(
        server.ask("SELECT count(*) FROM tcpw.event WHERE source = 'unknown'"),
        "1"
    );
    server.ask("UPDATE tcpw.setting SET bytes_an_hour = 2000");
    let two = Call { number: 2, ..one };
    assert_eq!(call(&server, "evil", &two), "wait");
    server.ask("UPDATE tcpw.chain SET hour = hour - interval '1 hour'");
    assert_eq!(call(&server, "evil", &two), "done");
    crate::proof::say(
        "fleet: a stolen login wrote counts, times, texts and what is left beyond all bounds: 0 reports, sums and mails failed",
    );
}

#[test]
fn an_open_transaction_stops_nobody_else() {
    let server = server();
    let one = Call {
        ats: "ARRAY[now() - interval '20 days', now()]",
        sources: "ARRAY['a', 'b']",
        rules: "ARRAY['r', 'r']",
        counted: "ARRAY['a']",
        counts: "ARRAY[5]",
        ..NOTHING
    };
    let open = format!("{}; SELECT pg_sleep(300)", statement("evil", &one));
    std::thread::scope(|scope| {
        let thief = scope.spawn(|| server.try_as("evil", "e", &open));
        beside_it(&server);
        thief.join().unwrap().unwrap_err();
    });
    good(&["sum", "--database", &server.admin()]);
    assert_eq!(
        server.ask("SELECT count(*) FROM tcpw.event_default"),
        "0",
        "the day has its partition now"
    );
    assert_eq!(server.ask("SELECT source FROM tcpw.event"), "c");
}

/// What goes on while a transaction of `evil` is open, until its login is taken away.
fn beside_it(server: &Server) {
    super::toolkit::wait_until("it sleeps", || {
        let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        server.ask(asleep) == "1"
    });
    let url = server.admin();
    good(&["mail", "--once", "--database", &url]);
    let words = ["events", "--from", &url, "--format", "json"];
    let (code, out, err) = said(&tcpw(&words).output().unwrap());
    assert_eq!(code, 0, "{out}{err}");
    report(server);
    let two = Call {
        ats: "ARRAY[now() - interval '20 days']",
        sources: "ARRAY['c']",
        rules: "ARRAY['r']",
        ..NOTHING
    };
    assert_eq!(call(server, "web1", &two), "done", "another host");
    // Whoever looks after the database can take the login away all the same.
    assert!(good(&["remove-host", "evil", "--database", &url]).contains("are ended"));
}

#[test]
fn what_an_earlier_version_has_written_is_bounded() {
    let server = Server::start();
    server.ask(&format!(
        "{} SET ROLE tcpw_owner; {} {} {} {} INSERT INTO tcpw.version (number) VALUES (1), (2), (3)",
        include_str!("../../schema/00_roles.sql"),
        include_str!("../../schema/01_fleet.sql"),
        include_str!("../../schema/02_mail.sql"),
        include_str!("../../schema/03_sums.sql"),
        include_str!("../../schema/03_muting.sql"),
    ));
    server.ask(
        "INSERT INTO tcpw.host (name, backlog) VALUES ('a', 9223372036854775807), ('b', 9223372036854775807);
         INSERT INTO tcpw.hourly SELECT 'a', one, date_trunc('hour', now()), 'x', 'sshd', 'denied',
             -9223372036854775808, now(), now() FROM generate_series(1, 2) AS one",
    );
    assert!(good(&["init", &server.admin()]).contains("from version 3 to 4"));
    assert_eq!(server.ask("SELECT sum(n) FROM tcpw.hourly"), "2");
    report(&server);
    // Partitions that are made later take counts, too.
    assert_eq!(
        server.ask("SELECT tcpw.make_month(now() - interval '200 days')"),
        "t"
    );
}
