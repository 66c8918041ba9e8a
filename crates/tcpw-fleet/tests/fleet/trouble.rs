//! A database that is slow, full or not the right one, and a host whose clock was wrong: the events wait
//! in the journal and are sent once.

use super::host::Host;
use super::journal::{NOON, SECOND};
use super::push::many;
use super::run::{good, told};
use super::server::Server;
use super::toolkit::wait_until;
use nix::sys::signal::Signal;
use rusqlite::Connection;
use std::fs;
use std::io::Write as _;

/// Changes the URL of the database in the configuration of a host.
pub(crate) fn change(host: &Host, from: &str, to: &str) {
    let path = host.path("tcpw.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

/// A push that does not succeed, and says this.
fn refused(host: &Host, wanted: &str) {
    let (code, out, err) = host.pushed();
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.contains(wanted), "{err}");
    assert!(err.contains("the events stay in the journal"), "{err}");
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 100);
    host.book.add(&many(10, NOON, "203.0.113.9"));
    change(&host, "hostaddr=", "connect_timeout=1&hostaddr=");
    server.signal(Signal::SIGSTOP);
    refused(&host, "it does not answer for 3 s");
    // All others, too: whoever runs them waits for them.
    let url = format!("{}&connect_timeout=1", server.url("admin"));
    for words in [
        &["mail", "--once", "--database"][..],
        &["sum", "--database"],
        &["prune", "--database"],
        &["init"],
    ] {
        let mut command = super::run::fleet(words);
        let (code, _, err) = told(
            &command
                .arg(&url)
                .env("PGPASSWORD", "admin's own")
                .output()
                .unwrap(),
        );
        assert_eq!(code, 2, "{err}");
        assert!(err.contains("it does not answer for 3 s"), "{err}");
    }
    server.signal(Signal::SIGCONT);
    assert!(host.sent().starts_with("Sent 10 events"));
    assert_eq!(server.ask("SELECT count(*) FROM tcpw.event"), "10");
}

#[test]
fn a_certificate_of_somebody_else_gets_nothing() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 100);
    host.book.add(&many(10, NOON, "203.0.113.9"));
    change(&host, "/ca.pem", "/other.pem");
    refused(&host, "certificate");
    change(&host, "/other.pem", "/ca.pem");
    // The right authority, and another name than the one that was asked for.
    change(&host, "@localhost", "@db.example.org");
    refused(&host, "certificate");
    change(&host, "@db.example.org", "@localhost");
    assert!(host.sent().starts_with("Sent 10 events"));
    assert_eq!(server.ask("SELECT count(*) FROM tcpw.event"), "10");
}

#[test]
fn a_full_disk_keeps_nothing_of_a_batch() {
    let server = Server::start_with_small_disk();
    good(&["init", &server.admin()]);
    let small = server.path("run/small");
    server.ask(&format!(
        "CREATE TABLESPACE small LOCATION '{}'",
        small.display()
    ));
    let host = Host::add(&server, "web17", 10_000);
    host.book.add(&many(10, NOON, "203.0.113.9"));
    host.sent();
    server.ask("SELECT tcpw.make_day('2026-11-20')");
    server.ask("ALTER TABLE tcpw.event_20261120 SET TABLESPACE small");
    let filler = server.on_small_disk("filler");
    let mut file = fs::File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);
    host.book
        .add(&many(3000, NOON + 60 * SECOND, "203.0.113.9"));
    for _ in 0..2 {
        refused(&host, "No space left on device");
    }
    let totals = "SELECT count(*), count(DISTINCT seq), (SELECT sum(n) FROM tcpw.hourly)
        FROM tcpw.event";
    assert_eq!(server.ask(totals), "10|10|10");
    fs::remove_file(filler).unwrap();
    assert!(host.sent().starts_with("Sent 3000 events"));
    assert_eq!(server.ask(totals), "3010|3010|3010");
}

#[test]
fn a_stolen_login_that_takes_both_connections_is_named_and_rotated_away() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 100);
    host.book.add(&many(10, NOON, "203.0.113.9"));
    let password = fs::read_to_string(host.path("password")).unwrap();
    let stolen = || server.try_as("web17", password.trim(), "SELECT pg_sleep(55)");
    std::thread::scope(|scope| {
        let thieves = [scope.spawn(stolen), scope.spawn(stolen)];
        let asleep = "SELECT count(*) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'";
        wait_until("both are there", || server.ask(asleep) == "2");
        refused(&host, "too many connections for role");
        fs::remove_file(host.path("password")).unwrap();
        let (admin, out) = (server.admin(), host.path("password"));
        let out = out.display().to_string();
        good(&["rotate", "web17", "--database", &admin, "--out", &out]);
        for thief in thieves {
            thief.join().unwrap().unwrap_err();
        }
    });
    assert!(server.try_as("web17", password.trim(), "SELECT 1").is_err());
    assert!(host.sent().starts_with("Sent 10 events"));
    assert_eq!(server.ask("SELECT count(*) FROM tcpw.event"), "10");
}

#[test]
fn a_clock_that_was_a_year_ahead_keeps_no_host_waiting() {
    let mut server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 100);
    host.book.add(&many(10, NOON, "203.0.113.9"));
    server.stop();
    let (code, _, err) = told(&host.push(&[]).output().unwrap());
    assert_eq!(code, 1, "{err}");
    // As if the clock had been a year ahead at that failure.
    let state = Connection::open(host.path("state/state.db")).unwrap();
    let year = 365 * 86_400;
    let ahead = format!("UPDATE place SET not_before = not_before + {year}");
    assert_eq!(state.execute(&ahead, []).unwrap(), 1);
    drop(state);
    server.run();
    let (code, out, err) = told(&host.push(&[]).output().unwrap());
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("Sent 10 events"), "{out}");
    host.book.add(&many(1, NOON + 60 * SECOND, "203.0.113.9"));
    host.sent();
    assert_eq!(server.ask("SELECT count(*) FROM tcpw.event"), "11");
}
