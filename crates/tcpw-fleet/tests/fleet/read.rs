//! `tcpw report --from` and `tcpw events --from`: the numbers of the counts, hostile text, and a
//! database that cannot be read.

use super::run::good;
use super::server::{Server, done};
use super::toolkit::{said, tcpw, toolkit};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

/// What a stranger, or a host, may have written: for a terminal, a page, a sheet and SQL.
const EVIL: &str = "E'\\x1b[31m<b onclick=x>''; DROP TABLE tcpw.event;--\\n=1+1'";

/// Three hosts and one scanner; a fourth is silent, and a name is hostile.
fn stage() -> Server {
    let server = Server::start();
    good(&["init", &server.admin()]);
    server.ask(
        "INSERT INTO tcpw.host (name, seen, version, backlog) VALUES
            ('web1', now(), '1', 0), ('web2', now(), '1', 0), ('web3', now(), '1', 7),
            ('gone', now() - interval '1 day', '1', 0)",
    );
    server.ask(&format!(
        "INSERT INTO tcpw.hourly SELECT 'web' || one, 1, date_trunc('hour', now()), '203.0.113.9/32',
             'sshd', 'denied', 1000 * one, now() - interval '4 minutes', now()
             FROM generate_series(1, 3) one;
         INSERT INTO tcpw.hourly VALUES ('web1', 2, date_trunc('hour', now()), '203.0.113.9/32',
             'sshd', 'denied', 5, now(), now()),
             ('web1', 1, date_trunc('hour', now()), 'name ' || {EVIL}, {EVIL}, 'granted', 1, now(), now()),
             ('web1', 1, date_trunc('hour', now() - interval '40 days'), '198.51.100.1/32', 'sshd',
             'denied', 9, now() - interval '40 days', now() - interval '40 days');
         INSERT INTO tcpw.event (host, seq, at, addr, source, daemon, verdict, rule, reporter) VALUES
             ('web1', 1, now() - interval '4 minutes', '203.0.113.9', '203.0.113.9/32', 'sshd',
             'denied', '/etc/hosts.deny:1: ALL: ALL', 0),
             ('web2', 1, now() - interval '3 minutes', '203.0.113.9', '203.0.113.9/32', 'sshd',
             'denied', NULL, 0),
             ('web1', 2, now() - interval '1 minute', NULL, 'name ' || {EVIL}, {EVIL}, 'granted',
             {EVIL}, 1000)"
    ));
    server
}

fn run(words: &[&str]) -> (i32, String, String) {
    said(&tcpw(words).output().unwrap())
}

#[test]
fn a_report_has_the_exact_numbers_of_all_hosts() {
    let server = stage();
    let url = server.admin();
    let (code, out, err) = run(&["report", "--from", &url]);
    assert_eq!(code, 1, "a host is silent: {err}");
    for part in [
        "Report for 4 servers (/tcpw)",
        "Server gone has been silent since",
        "events 7, of servers 1",
        "Events: 6,006. Refused: 6,005, admitted: 1, not known: 0.",
        "Servers with events: 3 of 4.",
        "Sources seen on most servers",
    ] {
        assert!(out.contains(part), "{part}: {out}{err}");
    }
    let (_, out, err) = run(&["report", "--from", &url, "--format", "json"]);
    for part in [
        "\"events\": 6006",
        "\"sources\": 2",
        "\"new_sources\": 2",
        "\"not_by_root\": null",
        "\"reporting\": 3",
        "\"hosts\": 3,\n        \"events\": 6005",
        "\"problem\": \"silent-host\"",
        "\"problem\": \"behind\"",
    ] {
        assert!(out.contains(part), "{part}: {out}{err}");
    }
    // An earlier time is not part of it, and what was there before is not new.
    let (_, out, _) = run(&[
        "report", "--from", &url, "--since", "50d", "--format", "csv",
    ]);
    assert!(out.contains("summary,events,,6015"), "{out}");
    let viewer = "CREATE ROLE viewer LOGIN PASSWORD 'v' IN ROLE tcpw_reader";
    server.ask(viewer);
    let mut command = tcpw(&["report", "--from", &server.url("viewer"), "--format", "csv"]);
    let (code, out, err) = said(&command.env("PGPASSWORD", "v").output().unwrap());
    assert_eq!(code, 1, "{err}");
    assert!(out.contains("host,web3,events,3000"), "{out}");
}

#[test]
fn nothing_hostile_leaves_the_database_alive() {
    let server = stage();
    let url = server.admin();
    for words in [
        &["report", "--from", &url][..],
        &["report", "--from", &url, "--format", "html"],
        &["report", "--from", &url, "--format", "json"],
        &["report", "--from", &url, "--format", "csv"],
        &["events", "--from", &url],
        &["events", "--from", &url, "--format", "json"],
        &["events", "--from", &url, "--format", "csv"],
    ] {
        let (code, out, err) = run(words);
        assert!(code < 2, "{words:?}: {err}");
        assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "{out}");
        assert!(out.contains("DROP TABLE"), "it is shown: {out}");
        if words.contains(&"html") {
            assert!(!out.contains("<b onclick"), "{out}");
        }
    }
    assert_eq!(server.ask("SELECT count(*) FROM tcpw.event"), "3");
}

#[test]
fn events_are_filtered_in_the_database() {
    let server = stage();
    let url = server.admin();
    let (code, out, err) = run(&["events", "--from", &url, "--addr", "203.0.113.0/24"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.lines().count(), 3, "{out}");
    assert!(out.starts_with("TIME") && out.contains("web2"), "{out}");
    let (_, out, _) = run(&["events", "--from", &url, "--limit", "1", "--format", "json"]);
    assert!(
        out.contains("\"machine\":\"web1\"") && out.contains("\"uid 1000\""),
        "{out}"
    );
    let (_, out, err) = run(&["events", "--from", &url, "-d", "vsftpd"]);
    assert!(
        out.is_empty() && err.contains("no such events"),
        "{out}{err}"
    );
}

#[test]
fn what_cannot_be_read_is_never_empty() {
    let mut server = stage();
    let url = server.admin();
    let refused = |url: &str, part: &str| {
        for words in [&["report", "--from", url][..], &["events", "--from", url]] {
            let (code, out, err) = run(words);
            assert_eq!((code, out.as_str()), (2, ""), "{err}");
            assert!(
                err.contains("cannot read") && err.contains(part),
                "{part}: {err}"
            );
        }
    };
    server.ask("INSERT INTO tcpw.version (number) VALUES (99)");
    refused(&url, "version 99");
    server.ask("DELETE FROM tcpw.version WHERE number > 1");
    refused(&url, "tcpw-fleet init");
    server.ask("DELETE FROM tcpw.version");
    refused(&url, "tcpw-fleet init");
    server.sql("postgres", "CREATE DATABASE other");
    refused(&url.replace("/tcpw?", "/other?"), "no schema");
    refused(&server.url("nobody"), "");
    server.stop();
    refused(&url, "connect");
}

/// The program that speaks to PostgreSQL gets the URL on its standard input, and is missed by name.
#[test]
fn the_url_is_no_argument() {
    let place = tempfile::tempdir().unwrap();
    let own = place.path().join("tcpw");
    done(Command::new("cp").arg(toolkit()).arg(&own));
    let ask = || {
        let mut command = Command::new(&own);
        command.args([
            "report",
            "--from",
            "postgres://viewer:s3cret@localhost/tcpw",
        ]);
        said(&command.env("PATH", place.path()).output().unwrap())
    };
    let (code, out, err) = ask();
    // Root looks where the system has programs: there may be one.
    if code == 2 && err.contains("not installed") {
        assert!(
            out.is_empty() && err.contains("install tcpw-fleet"),
            "{err}"
        );
    }
    let double = place.path().join("tcpw-fleet");
    let script = format!(
        "#!/bin/sh\nexec >{0}/seen\necho \"$@\"\ntr '\\0' ' ' </proc/$$/cmdline\ncat\nexit 3\n",
        place.path().display()
    );
    fs::write(&double, script).unwrap();
    fs::set_permissions(&double, fs::Permissions::from_mode(0o755)).unwrap();
    let (code, out, err) = ask();
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(
        err.contains("PGPASSWORD") && !err.contains("s3cret"),
        "{err}"
    );
    let seen = fs::read_to_string(place.path().join("seen")).unwrap();
    let (words, rest) = seen.split_once('\n').unwrap();
    assert_eq!(words, "read");
    let (command, question) = rest.split_once('{').unwrap();
    assert!(!command.contains("s3cret"), "{command}");
    assert!(question.contains("s3cret"), "{question}");
}
