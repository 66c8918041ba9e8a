//! `tcpw-fleet mail`: one mail for all hosts, polite as a host is, and none lost or doubled.

use super::run::{fleet, good};
use super::server::Server;
use super::toolkit::{Inbox, said, tcpw, wait_until};
use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;

/// A database with three hosts, an inbox, and the configuration of the machine that mails.
struct Stage {
    server: Server,
    inbox: Inbox,
    place: TempDir,
}

impl Stage {
    fn new(more: &str) -> Self {
        let server = Server::start();
        good(&["init", &server.admin()]);
        server.ask(
            "INSERT INTO tcpw.host (name, seen, mail) VALUES ('web17', now(), 'fleet'),
                ('web18', now(), 'fleet'), ('web19', now(), 'fleet'), ('lone', now(), 'own')",
        );
        let inbox = Inbox::start();
        let place = TempDir::with_prefix("tcpw-mailer-").unwrap();
        let base = place.path().display();
        let config = format!(
            "[mail]\nfrom = 'tcpw@example.org'\nto = 'a@example.org'\nreverse_dns = false\n{more}\n\
             [mail.smtp]\nhost = '127.0.0.1'\nport = {}\ntls = 'none'\n\
             [journal]\npath = '{base}/journal/journal.db'\n\
             [drop]\npath = '{base}/drop'\nroot = '{base}/root'\n",
            inbox.port
        );
        let stage = Self {
            server,
            inbox,
            place,
        };
        fs::write(stage.config(), config).unwrap();
        stage
    }

    fn config(&self) -> PathBuf {
        self.place.path().join("tcpw.toml")
    }

    /// One pass; gives what it printed.
    fn pass(&self) -> String {
        let url = self.server.admin();
        let mut command = fleet(&["mail", "--once", "--database", &url, "--config"]);
        let (code, out, err) = said(&command.arg(self.config()).output().unwrap());
        assert_eq!(code, 0, "{err}");
        out
    }

    /// Events of a source, each `minutes` ago, at hosts; from `seq` on.
    fn events(&self, addr: &str, hosts: &[(&str, u32)], seq: u32, reporter: u32) {
        for (host, minutes) in hosts {
            self.server.ask(&format!(
                "INSERT INTO tcpw.event (host, seq, at, addr, source, daemon, verdict, reporter)
                 VALUES ('{host}', {seq}, now() - interval '{minutes} minutes', '{addr}',
                     '{addr}/32', 'sshd', 'denied', {reporter})"
            ));
        }
    }

    /// Waits until the inbox has so many mails; gives their subjects.
    fn mails(&self, count: usize) -> Vec<String> {
        wait_until("a mail", || self.inbox.mails().len() >= count);
        let subjects = self.inbox.subjects();
        assert_eq!(subjects.len(), count, "{subjects:?}");
        subjects
    }

    /// Lets what gathers be due.
    fn due(&self) {
        self.server
            .ask("UPDATE tcpw.letter SET due = now() WHERE released IS NULL");
    }
}

#[test]
fn a_scanner_at_three_hosts_is_one_mail() {
    let stage = Stage::new("[fleet]\ngather = '2s'");
    stage.events(
        "203.0.113.9",
        &[("web18", 1), ("web17", 4), ("web19", 0)],
        1,
        0,
    );
    stage.events("203.0.113.9", &[("lone", 2)], 1, 0);
    stage.pass();
    assert_eq!(stage.inbox.mails().len(), 0, "it gathers");
    sleep(Duration::from_secs(2));
    stage.events("203.0.113.9", &[("web19", 0)], 2, 0);
    stage.pass();
    let subjects = stage.mails(1);
    assert!(
        subjects[0].contains("203.0.113.9 tried 3 servers in 4 min, first web17"),
        "{subjects:?}"
    );
    let mail = stage.inbox.mails().remove(0);
    assert!(
        mail.contains("web17, web18, web19") && !mail.contains("lone"),
        "{mail}"
    );
    assert!(
        mail.contains("which mails for all servers of the database")
            && !mail.contains("This server's journal holds every event"),
        "{mail}"
    );
    let config = stage.config();
    let words = ["--config", config.to_str().unwrap(), "queue", "--all"];
    let (_, out, err) = said(&tcpw(&words).output().unwrap());
    assert!(out.contains("203.0.113.9"), "{out}{err}");
    // The same events again, a crash before the message was noted as handed over, and a repeat.
    stage.server.ask("UPDATE tcpw.letter SET handed = NULL");
    stage.pass();
    assert_eq!(
        stage
            .server
            .ask("SELECT count(*) FROM tcpw.letter WHERE handed IS NULL"),
        "0"
    );
    stage.events("203.0.113.9", &[("web17", 0)], 9, 0);
    stage.pass();
    sleep(Duration::from_millis(2500));
    stage.pass();
    stage.mails(1);
    // The quiet time is over.
    stage.due();
    stage.pass();
    let subjects = stage.mails(2);
    assert!(
        subjects[1].contains("203.0.113.9 again, at one server, web17"),
        "{subjects:?}"
    );
}

/// An earlier version of the schema took any time.
#[test]
fn an_event_without_end_stops_no_mail() {
    let stage = Stage::new("[fleet]\ngather = '0s'");
    stage.server.ask(
        "INSERT INTO tcpw.watch (host) VALUES ('web17');
         INSERT INTO tcpw.event (host, seq, at, source, daemon, verdict, reporter) VALUES
             ('web17', 1, 'infinity', '', 'sshd', 'denied', 0),
             ('web17', 2, '-infinity', 'b', 'sshd', 'denied', 0),
             ('web17', 3, '294276-01-01', 'c', 'sshd', 'denied', 0)",
    );
    stage.events("203.0.113.9", &[("web18", 1)], 1, 0);
    stage.pass();
    stage.pass();
    let subjects = stage.mails(3);
    let has = |part: &str| subjects.iter().any(|one| one.contains(part));
    assert!(has("203.0.113.9 tried one server, web18"), "{subjects:?}");
    assert!(has("unknown tried one server, web17"), "{subjects:?}");
}

/// Sources without end, from one login.
#[test]
fn a_flood_of_sources_is_few_messages() {
    let stage = Stage::new("[fleet]\ngather = '0s'");
    stage.server.ask(
        "INSERT INTO tcpw.event (host, seq, at, source, daemon, verdict, reporter)
             SELECT 'web17', one, now(), 'source ' || one, 'sshd', 'denied', 0
             FROM generate_series(1, 5000) AS one",
    );
    stage.pass();
    // As many as an hour may have, and one that waits, about the rest.
    let letters = "SELECT count(*) < 50, count(*) FILTER (WHERE kind = 'limit') BETWEEN 1 AND 2 FROM tcpw.letter";
    assert_eq!(stage.server.ask(letters), "t|t");
    assert_eq!(
        stage
            .server
            .ask("SELECT count(DISTINCT source) FROM tcpw.reached"),
        "5000"
    );
}

/// A host that was added and never heard of is silent once the time for that is over.
#[test]
fn a_host_that_never_came_is_silent() {
    let stage = Stage::new("[fleet]\ngather = '0s'");
    stage.server.ask(
        "INSERT INTO tcpw.host (name, added) VALUES ('never', now() - interval '3 days'), ('new', now())",
    );
    stage.pass();
    stage.pass();
    let subjects = stage.mails(1);
    assert!(
        subjects[0].contains("server never is silent"),
        "{subjects:?}"
    );
    let url = stage.server.admin();
    assert!(good(&["remove-host", "never", "--database", &url]).contains("cannot log in"));
    let (code, _, err) = super::run::outcome(&["remove-host", "never", "--database", &url]);
    assert_eq!(code, 2);
    assert!(err.contains("there is not a host"), "{err}");
    // One that comes back begins now.
    stage
        .server
        .ask("UPDATE tcpw.host SET seen = now() - interval '40 days', muting = now() WHERE name = 'never'");
    good(&["add-host", "never", "--database", &url]);
    let fresh = "SELECT seen IS NULL AND muting IS NULL AND removed IS NULL
        AND added > now() - interval '1 hour' FROM tcpw.host WHERE name = 'never'";
    assert_eq!(stage.server.ask(fresh), "t");
    stage.pass();
    stage.pass();
    stage.mails(1);
}

#[test]
fn beyond_the_limit_and_from_others_than_root_it_is_gathered() {
    let stage =
        Stage::new("language = 'ko'\n[alert]\nmax_mails_per_hour = 2\nmute = '192.0.2.0/24'");
    for part in 1..=5 {
        stage.events(
            &format!("203.0.113.{part}"),
            &[("web17", 0), ("web18", 0)],
            part,
            0,
        );
    }
    stage.events("198.51.100.1", &[("web19", 0)], 50, 1000);
    stage.events("192.0.2.1", &[("web19", 0)], 51, 0);
    stage.pass();
    assert_eq!(
        stage
            .server
            .ask("SELECT string_agg(kind, ' ' ORDER BY kind) FROM tcpw.letter"),
        "claimed source source source source source",
        "nothing of what is muted"
    );
    stage.due();
    stage.pass();
    stage.mails(2);
    assert_eq!(
        stage.server.ask(
            "SELECT kind, count(DISTINCT reached.source) FROM tcpw.letter
             JOIN tcpw.reached ON letter = id WHERE released IS NULL GROUP BY 1 ORDER BY 1"
        ),
        "limit|4"
    );
    stage
        .server
        .ask("UPDATE tcpw.letter SET released = released - interval '2 hours'");
    stage.due();
    stage.pass();
    let subjects = stage.mails(3);
    assert!(subjects[2].contains("=?"), "Korean: {subjects:?}");
}

#[test]
fn silence_and_its_end_are_told_once() {
    let stage = Stage::new("[fleet]\ngather = '0s'");
    stage.pass();
    stage
        .server
        .ask("UPDATE tcpw.host SET seen = now() - interval '1 hour' WHERE name = 'web18'");
    stage.pass();
    stage.pass();
    let subjects = stage.mails(1);
    assert!(
        subjects[0].contains("server web18 is silent"),
        "{subjects:?}"
    );
    stage
        .server
        .ask("UPDATE tcpw.host SET seen = now() WHERE name = 'web18'");
    stage.pass();
    stage.pass();
    let subjects = stage.mails(2);
    assert!(subjects[1].contains("server web18 is back"), "{subjects:?}");
    // What it sends late it has mailed itself: that is one message, and later.
    stage.events("203.0.113.9", &[("web18", 50)], 1, 0);
    stage.pass();
    assert_eq!(
        stage
            .server
            .ask("SELECT kind FROM tcpw.letter WHERE released IS NULL"),
        "late"
    );
    // After a time without any pass, nobody is blamed.
    stage.server.ask(
        "UPDATE tcpw.mail_state SET passed = now() - interval '2 hours';
         UPDATE tcpw.host SET seen = now() - interval '2 hours'",
    );
    stage.pass();
    stage.pass();
    stage.mails(2);
    let (_, out, err) = said(
        &tcpw(&[
            "--config",
            stage.config().to_str().unwrap(),
            "queue",
            "--all",
        ])
        .output()
        .unwrap(),
    );
    assert!(
        out.contains("notice"),
        "the queue of tcpw has them: {out}{err}"
    );
}

/// Whoever has the login of a host says by it that the host mails by itself.
#[test]
fn a_stolen_login_mutes_nothing() {
    let stage = Stage::new("[fleet]\ngather = '0s'");
    stage.server.ask(
        "CREATE ROLE web17 LOGIN IN ROLE tcpw_host; CREATE ROLE lone LOGIN IN ROLE tcpw_host;
         INSERT INTO tcpw.chain (host) VALUES ('web17'), ('lone')",
    );
    let say = |host: &str, mail: &str| {
        stage.server.ask(&format!(
            "SET SESSION AUTHORIZATION {host}; SELECT status FROM tcpw.ingest('{host}', 1, 0, NULL, NULL, false,
                 '1', 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                 NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{mail}')"
        ))
    };
    assert_eq!(say("web17", "own"), "done");
    say("lone", "own");
    stage.events("203.0.113.9", &[("web17", 1), ("lone", 1)], 1, 0);
    stage.pass();
    stage.pass();
    let subjects = stage.mails(2);
    let has = |part: &str| subjects.iter().any(|one| one.contains(part));
    assert!(has("203.0.113.9 tried one server, web17"), "{subjects:?}");
    assert!(
        has("server web17 says that it mails by itself"),
        "{subjects:?}"
    );
    // Again and again it is not said again, and the host's own word changes nothing.
    say("web17", "fleet");
    say("web17", "own");
    stage.pass();
    stage.pass();
    stage.mails(2);
    // The administrator's word holds, until the host itself asks for fleet mail.
    let url = stage.server.admin();
    good(&["set-mail", "web17", "own", "--database", &url]);
    say("web17", "own");
    stage.events("203.0.113.10", &[("web17", 1)], 2, 0);
    stage.pass();
    stage.pass();
    stage.mails(2);
    say("lone", "fleet");
    stage.events("203.0.113.11", &[("lone", 1)], 3, 0);
    stage.pass();
    stage.pass();
    let subjects = stage.mails(3);
    assert!(subjects[2].contains("lone"), "{subjects:?}");
    let (code, _, err) = super::run::outcome(&["set-mail", "nobody", "own", "--database", &url]);
    assert_eq!(code, 2);
    assert!(err.contains("there is not a host"), "{err}");
    crate::proof::say(
        "fleet: a login that says its host mails by itself muted 0 messages, and 1 says so",
    );
}

#[test]
fn one_works_at_a_time_with_no_more_than_its_rights() {
    let stage = Stage::new("");
    stage
        .server
        .ask("CREATE ROLE mailer LOGIN PASSWORD 'm' IN ROLE tcpw_mail");
    let url = stage.server.url("mailer");
    let run = || {
        let mut command = fleet(&["mail", "--once", "--database", &url, "--config"]);
        command.arg(stage.config()).env("PGPASSWORD", "m");
        said(&command.output().unwrap())
    };
    let (code, out, err) = run();
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let sleeps = |what: &str| {
        let asleep =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query ~ ";
        wait_until("the lock is held", || {
            stage.server.ask(&format!("{asleep} '{what}'")) == "1"
        });
    };
    // What every login could take, where no superuser has made the schema.
    let everybody = "SELECT pg_advisory_lock(hashtext('tcpw-fleet mail')), pg_sleep(4)";
    std::thread::scope(|scope| {
        scope.spawn(|| stage.server.ask(everybody));
        sleeps("advisory");
        let (code, out, err) = run();
        assert_eq!((code, out.as_str()), (0, ""), "{err}");
    });
    let holder = "SELECT pg_sleep(4) FROM (SELECT FROM tcpw.mail_state FOR UPDATE) AS held";
    std::thread::scope(|scope| {
        scope.spawn(|| stage.server.ask(holder));
        sleeps("mail_state FOR UPDATE");
        let (code, out, err) = run();
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("another tcpw-fleet mail"), "{out}");
    });
}

#[test]
fn what_is_too_old_is_dropped_and_counts_are_kept_longer() {
    let stage = Stage::new("[fleet]\nkeep = '30d'\nkeep_hourly = '300d'");
    stage.server.ask(
        "SELECT tcpw.make_day(now() - interval '50 days'), tcpw.make_month(now() - interval '50 days'),
            tcpw.make_month(now() - interval '400 days')",
    );
    for days in [50, 400, 1] {
        stage.server.ask(&format!(
            "INSERT INTO tcpw.event (host, seq, at, source, daemon, verdict) VALUES
                 ('web17', {days}, now() - interval '{days} days', 's', 'd', 'denied');
             INSERT INTO tcpw.hourly VALUES ('web17', 1,
                 date_trunc('hour', now() - interval '{days} days'), 's', 'd', 'denied', 1,
                 now() - interval '{days} days', now() - interval '{days} days')"
        ));
    }
    let url = stage.server.admin();
    let mut command = fleet(&["prune", "--database", &url, "--config"]);
    let (code, out, err) = said(&command.arg(stage.config()).output().unwrap());
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("dropped 2 partitions"), "{out}");
    // The event of 400 days ago was received now, by a clock that is wrong: it stays until that is old.
    assert_eq!(
        stage
            .server
            .ask("SELECT string_agg(seq::text, ' ' ORDER BY seq) FROM tcpw.event"),
        "1 400"
    );
    assert_eq!(stage.server.ask("SELECT count(*) FROM tcpw.hourly"), "2");
}
