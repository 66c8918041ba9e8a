//! What a push does when something is wrong: nothing is lost, and it says what is in the way.

use super::host::Host;
use super::journal::{Given, NOON, SECOND, knock};
use super::push::many;
use super::run::{good, told};
use super::server::Server;
use rusqlite::Connection;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn an_outage_is_caught_up_and_tries_grow_rarer() {
    let mut server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 10_000);
    server.stop();
    for day in 0..7 {
        host.book
            .add(&many(300, NOON + day * 86_400 * SECOND, "203.0.113.9"));
        let (code, _, err) = host.pushed();
        assert_eq!(code, 1, "{err}");
        assert!(err.contains("the events stay in the journal"), "{err}");
    }
    let (code, _, err) = told(&host.push(&[]).output().unwrap());
    assert_eq!(code, 1);
    assert!(err.contains("the next try is in"), "{err}");
    let state = Connection::open(host.path("state/state.db")).unwrap();
    let failures = state.query_row("SELECT failures FROM place", [], |row| row.get::<_, i64>(0));
    assert_eq!(failures.unwrap(), 7);
    server.run();
    assert!(host.sent().starts_with("Sent 2100 events"));
    assert_eq!(
        server.ask("SELECT count(*), count(DISTINCT at::date) FROM tcpw.event"),
        "2100|7"
    );
    let (code, _, err) = told(&host.push(&[]).output().unwrap());
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_wrong_clock_poisons_no_batch() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    server.ask("SELECT tcpw.make_day('2026-11-20'), tcpw.make_day('2026-11-21')");
    let host = Host::add(&server, "web17", 100);
    let year = 365 * 86_400 * SECOND;
    host.book.add(&[
        knock(NOON, "203.0.113.9"),
        knock(NOON + year, "203.0.113.9"),
        knock(NOON - year, "203.0.113.9"),
        knock(0, "203.0.113.9"),
        knock(i64::MIN + SECOND, "203.0.113.9"),
        knock(i64::MAX - SECOND, "203.0.113.9"),
    ]);
    assert!(
        host.sent()
            .starts_with("Sent 6 events as web17, 6 of them in full")
    );
    assert_eq!(server.ask("SELECT count(*) FROM tcpw.event_default"), "5");
    assert_eq!(server.ask("SELECT sum(n) FROM tcpw.hourly"), "6");

    // When that day comes, its partition takes what is there.
    let day = "to_timestamp(1795176000) + interval '365 days'";
    assert_eq!(server.ask(&format!("SELECT tcpw.make_day({day})")), "t");
    assert_eq!(server.ask("SELECT count(*) FROM tcpw.event_default"), "4");
    assert_eq!(server.ask("SELECT count(*) FROM tcpw.event_20271120"), "1");
}

#[test]
fn hostile_text_arrives_escaped() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 100);
    let texts: [&[u8]; 7] = [
        b"a\0b",
        b"\xff\xfe",
        b"'; DROP TABLE tcpw.event; --",
        b"\x1b[2J\x07",
        b"<script>",
        b"$1 $$ \\ {a,b}\"NULL",
        "\u{202e}x".as_bytes(),
    ];
    let event = |bytes: &&[u8]| Given {
        addr: bytes.to_vec(),
        daemon: bytes.to_vec(),
        source: format!("name {}", String::from_utf8_lossy(bytes).replace('\0', "")),
        rule: String::from_utf8_lossy(bytes).replace('\0', ""),
        uid: 1000,
        ..knock(NOON, "203.0.113.9")
    };
    let events: Vec<Given> = texts.iter().map(event).collect();
    host.book.add(&events);
    host.sent();
    let shown = server.ask("SELECT daemon FROM tcpw.event WHERE addr IS NULL ORDER BY seq");
    assert_eq!(
        shown.lines().collect::<Vec<_>>(),
        [
            "a\\x00b",
            "\\xff\\xfe",
            "'; DROP TABLE tcpw.event; --",
            "\\x1b[2J\\x07",
            "<script>",
            "$1 $$ \\ {a,b}\"NULL",
            "\\u{202e}x",
        ]
    );
    let bad = "SELECT count(*) FROM tcpw.event WHERE concat(source, daemon, rule) ~ '[[:cntrl:]]'";
    assert_eq!(server.ask(bad), "0");
    assert_eq!(
        server.ask("SELECT DISTINCT reporter FROM tcpw.event"),
        "1000"
    );
}

#[test]
fn who_is_refused_hears_why() {
    let server = Server::start();
    let host = Host::of(&server, "web17", 5);
    fs::write(host.path("password"), "wrong\n").unwrap();
    fs::set_permissions(host.path("password"), Permissions::from_mode(0o600)).unwrap();
    let refused = |wanted: &str| {
        let (code, out, err) = host.pushed();
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert!(err.contains(wanted), "{err}");
    };
    refused("authentication failed");
    let admin = server.admin();
    fs::remove_file(host.path("password")).unwrap();
    let out = host.path("password").display().to_string();
    good(&["init", &admin]);
    good(&["add-host", "web17", "--database", &admin, "--out", &out]);
    host.sent();
    server.ask("ALTER FUNCTION tcpw.ingest RENAME TO ingest_2");
    refused("is not the one that this tcpw-fleet knows");
    server.ask("ALTER FUNCTION tcpw.ingest_2 RENAME TO ingest");
    server.ask("REVOKE tcpw_host FROM web17");
    refused("permission denied");
    server.ask("GRANT tcpw_host TO web17");
    host.sent();
    good(&["remove-host", "web17", "--database", &admin]);
    refused("authentication failed");
    assert_eq!(server.ask("SELECT removed IS NOT NULL FROM tcpw.host"), "t");
}

#[test]
fn a_host_waits_where_the_database_asks_for_it() {
    let server = Server::start();
    good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 1000);
    host.book.add(&many(30, NOON, "203.0.113.9"));
    server.ask("UPDATE tcpw.setting SET most = 10, rows_an_hour = 5");
    // The first batch may have more than its share: what counts is what was there before.
    let (code, _, err) = host.pushed();
    assert_eq!(code, 0, "{err}");
    host.book.add(&many(30, NOON + 60 * SECOND, "203.0.113.9"));
    let (code, _, err) = host.pushed();
    assert_eq!(code, 1, "{err}");
    assert!(
        err.contains("0 events were sent; the database asks to wait"),
        "{err}"
    );
    let (code, _, err) = told(&host.push(&[]).output().unwrap());
    assert_eq!(code, 1, "{err}");
    assert_eq!(server.ask("SELECT count(*) FROM tcpw.event"), "30");

    // No slot is free for a while.
    server.ask("UPDATE tcpw.setting SET rows_an_hour = 1000000");
    let mut hold = server.begin("SELECT * FROM tcpw.slot FOR UPDATE; SELECT pg_sleep(2)");
    let out = host.sent();
    assert!(out.starts_with("Sent 30 events"), "{out}");
    hold.wait().unwrap();
    assert_eq!(server.ask("SELECT count(*) FROM tcpw.event"), "60");
}
