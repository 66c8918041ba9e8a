//! `tcpw-fleet push`: every event once, whatever is repeated, lost, restored or doubled.

use super::host::Host;
use super::journal::{Given, NOON, SECOND, knock};
use super::run::good;
use super::server::Server;
use std::fs;

/// Events of an address, one a second from `start` on.
pub(crate) fn many(count: i64, start: i64, addr: &str) -> Vec<Given> {
    (0..count)
        .map(|one| knock(start + one * SECOND, addr))
        .collect()
}

/// How many events and lives there are, and how many were counted.
fn totals(server: &Server) -> String {
    server.ask(
        "SELECT (SELECT count(*) FROM tcpw.event), (SELECT sum(n) FROM tcpw.hourly),
             (SELECT max(life) FROM tcpw.chain), (SELECT max(forks) FROM tcpw.chain)",
    )
}

#[test]
fn the_first_events_arrive_in_full_and_all_are_counted() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 5);
    assert!(host.sent().starts_with("Sent 0 events"));
    host.book.add(&many(12, NOON, "203.0.113.9"));
    assert!(
        host.sent()
            .starts_with("Sent 12 events as web17, 5 of them in full; 0 are left.")
    );
    assert_eq!(totals(&server), "5|12|1|0");
    assert!(host.sent().starts_with("Sent 0 events"));
    host.book.add(&many(3, NOON + 60 * SECOND, "203.0.113.9"));
    host.sent();
    assert_eq!(totals(&server), "5|15|1|0");
    assert_eq!(
        server.ask("SELECT host, seq, at, addr, source, daemon, verdict, rule, reporter FROM tcpw.event ORDER BY seq LIMIT 1"),
        "web17|1|2026-11-20 12:00:00+00|203.0.113.9|203.0.113.9|sshd|denied|/etc/hosts.deny:3: ALL: ALL|0"
    );
    assert_eq!(
        server.ask("SELECT host, hour, source, n, first, last FROM tcpw.hourly"),
        "web17|2026-11-20 12:00:00+00|203.0.113.9|15|2026-11-20 12:00:00+00|2026-11-20 12:01:02+00"
    );
    let seen = "SELECT version, backlog, seen > now() - interval '1 minute' FROM tcpw.host";
    assert_eq!(
        server.ask(seen),
        format!("{}|0|t", env!("CARGO_PKG_VERSION"))
    );
    server.ask("SELECT tcpw.make_day('2026-11-20')");
    let part = "SELECT count(*) FROM tcpw.event_20261120";
    assert_eq!(server.ask(part), "5", "the day gets its partition");
    assert!(host.path("state/succeeded").exists());

    // The state is lost: the database knows how far this journal was sent.
    fs::remove_file(host.path("state/state.db")).unwrap();
    host.book.add(&many(2, NOON + 90 * SECOND, "203.0.113.9"));
    host.sent();
    assert_eq!(totals(&server), "5|17|1|0");
}

/// What is neither sent in full nor counted is left out, and the host goes on all the same.
#[test]
fn without_counters_it_goes_on() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 5);
    super::trouble::change(&host, "full = 5", "full = 5\ncounters = false");
    server.ask("UPDATE tcpw.setting SET most = 1000");
    host.book.add(&many(6, NOON, "203.0.113.9"));
    assert!(host.sent().starts_with("Sent 6 events"));
    for round in 1..4 {
        host.book
            .add(&many(3, NOON + round * 60 * SECOND, "203.0.113.9"));
        let out = host.sent();
        assert!(out.starts_with("Sent 3 events"), "{out}");
    }
    host.book
        .add(&many(5500, NOON + 600 * SECOND, "203.0.113.9"));
    let out = host.sent();
    assert!(out.starts_with("Sent 5500 events"), "{out}");
    assert_eq!(server.ask("SELECT seq FROM tcpw.chain"), "5515");
    assert_eq!(
        totals(&server),
        "10||1|0",
        "of two hours each the first five"
    );
    assert!(host.sent().starts_with("Sent 0 events"));
}

/// Events that nobody mails of are not pushed for whoever holds back his own mail.
#[test]
fn where_nobody_mails_the_host_does() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 5);
    super::trouble::change(&host, "full = 5", "full = 5\nmail = \"fleet\"");
    let pushed = host.path("state/pushed");
    host.book.add(&many(3, NOON, "203.0.113.9"));
    for (passed, is_mailed) in [
        ("NULL", false),
        ("now()", true),
        ("now() - interval '9 minutes'", true),
        ("now() - interval '11 minutes'", false),
    ] {
        server.ask(&format!("UPDATE tcpw.mail_state SET passed = {passed}"));
        drop(fs::remove_file(&pushed));
        let (code, out, err) = host.pushed();
        assert_eq!(code, 0, "{out}{err}");
        assert_eq!(pushed.exists(), is_mailed, "{passed}");
        assert_eq!(
            err.contains("mails about its alerts itself"),
            !is_mailed,
            "{err}"
        );
    }
    let url = server.admin();
    let words = ["report", "--from", &url];
    let (code, out, err) = super::toolkit::said(&super::toolkit::tcpw(&words).output().unwrap());
    assert_eq!(code, 1, "{err}");
    assert!(out.contains("has not looked for alerts since"), "{out}");
    crate::proof::say(
        "fleet: a host whose fleet mail had stopped was told so, and its own mail held nothing back",
    );
}

#[test]
fn a_journal_that_was_restored_loses_nothing() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 1000);
    host.book.add(&many(10, NOON, "203.0.113.9"));
    host.sent();
    let saved = host.book.save();
    host.book.add(&many(5, NOON + 60 * SECOND, "203.0.113.9"));
    host.sent();
    assert_eq!(totals(&server), "15|15|1|0");

    host.book.restore(&saved);
    host.book.add(&many(4, NOON + 120 * SECOND, "203.0.113.9"));
    let (code, out, err) = host.pushed();
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("Sent 4 events"), "{out}");
    assert!(err.contains("life 2"), "{err}");
    assert_eq!(totals(&server), "19|19|2|1");

    // Restored with more events than were sent, so that only their times differ.
    host.book.restore(&saved);
    host.book.add(&many(30, NOON + 240 * SECOND, "203.0.113.9"));
    host.sent();
    assert_eq!(totals(&server), "49|49|3|2");
    assert!(host.sent().starts_with("Sent 0 events"));
    assert_eq!(totals(&server), "49|49|3|2");
}

#[test]
fn a_machine_that_was_restored_with_its_state_loses_nothing() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 1000);
    host.book.add(&many(10, NOON, "203.0.113.9"));
    host.sent();
    let (saved, state) = (host.book.save(), host.path("state/state.db"));
    let copy = host.path("state.saved");
    fs::copy(&state, &copy).unwrap();
    host.book.add(&many(5, NOON + 60 * SECOND, "203.0.113.9"));
    host.sent();
    host.book.restore(&saved);
    fs::copy(&copy, &state).unwrap();
    host.book.add(&many(7, NOON + 120 * SECOND, "203.0.113.9"));
    host.sent();
    assert_eq!(totals(&server), "22|22|2|1");
}

#[test]
fn two_machines_with_one_name_are_noticed_and_lose_nothing() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let one = Host::add(&server, "web17", 1000);
    let other = one.double(&server, 1000);
    let mut said = String::new();
    for round in 0..3 {
        for (host, start, addr) in [
            (&one, NOON, "203.0.113.9"),
            (&other, NOON + SECOND / 3, "203.0.113.10"),
        ] {
            host.book.add(&many(4, start + round * 60 * SECOND, addr));
            let (code, out, err) = host.pushed();
            assert_eq!(code, 0, "{out}{err}");
            said += &err;
        }
    }
    assert!(
        said.contains("another machine sends under this name"),
        "{said}"
    );
    assert!(totals(&server).starts_with("24|24|"), "{}", totals(&server));
    let forks: i32 = server.ask("SELECT forks FROM tcpw.chain").parse().unwrap();
    assert!(forks >= 3, "{forks}");
}

#[test]
fn a_database_that_was_restored_gets_the_rest_again() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 1000);
    host.book.add(&many(10, NOON, "203.0.113.9"));
    host.sent();
    server.ask(
        "CREATE TABLE public.events AS TABLE tcpw.event; CREATE TABLE public.hours AS TABLE tcpw.hourly;
         CREATE TABLE public.links AS TABLE tcpw.chain",
    );
    host.book.add(&many(5, NOON + 60 * SECOND, "203.0.113.9"));
    host.sent();
    server.ask(
        "DELETE FROM tcpw.event; DELETE FROM tcpw.hourly; DELETE FROM tcpw.chain;
         INSERT INTO tcpw.event TABLE public.events; INSERT INTO tcpw.hourly TABLE public.hours;
         INSERT INTO tcpw.chain TABLE public.links",
    );
    host.book.add(&many(2, NOON + 90 * SECOND, "203.0.113.9"));
    host.sent();
    assert_eq!(totals(&server), "17|17|1|0");
}
