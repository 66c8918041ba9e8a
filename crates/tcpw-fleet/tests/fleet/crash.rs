//! The database is killed in the middle of pushes, again and again.

use super::host::Host;
use super::journal::{NOON, SECOND, knock};
use super::run::good;
use super::server::Server;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

const EVENTS: i64 = 12_000;
const KILLS: u64 = 10;

#[test]
fn ten_kills_during_pushes_leave_every_event_once() {
    let mut server = Server::start();
    good(&["init", &server.admin()]);
    // Small batches, so that each push is cut in the middle.
    server.ask("UPDATE tcpw.setting SET most = 100, pause = 5");
    let host = Host::add(&server, "web17", 1_000_000);
    let address = |one: i64| format!("203.0.113.{}", one % 200);
    let events: Vec<_> = (0..EVENTS)
        .map(|one| knock(NOON + one * SECOND / 10, &address(one)))
        .collect();
    host.book.add(&events);
    let mut cut = 0;
    for round in 0..KILLS {
        let before: i64 = server
            .ask("SELECT count(*) FROM tcpw.event")
            .parse()
            .unwrap();
        let mut push = host
            .push(&["--now"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Once something of it is there, and a little later each time.
        let count = "SELECT count(*) FROM tcpw.event";
        while push.try_wait().unwrap().is_none()
            && server.ask(count).parse::<i64>().unwrap() == before
        {
            sleep(Duration::from_millis(5));
        }
        sleep(Duration::from_millis(3 * round));
        server.kill();
        let ended = push.wait().unwrap();
        server.run();
        let after: i64 = server
            .ask("SELECT count(*) FROM tcpw.event")
            .parse()
            .unwrap();
        if ended.code() == Some(1) && after > before {
            cut += 1;
        }
    }
    host.sent();
    let totals = server.ask(
        "SELECT count(*), count(DISTINCT seq), (SELECT sum(n) FROM tcpw.hourly),
             (SELECT forks FROM tcpw.chain) FROM tcpw.event",
    );
    assert_eq!(totals, format!("{EVENTS}|{EVENTS}|{EVENTS}|0"));
    assert!(cut >= 3, "only {cut} pushes were cut while they sent");
    crate::proof::say(&format!(
        "fleet: the database was killed {KILLS} times during pushes, {cut} of them in the middle: {EVENTS} of {EVENTS} events are there once, 0 twice"
    ));
}
