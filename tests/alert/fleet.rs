//! A host whose alerts are left to the mail of all servers: it mails by itself what was not pushed in
//! time, and nothing else.

use super::delivery::smtp;
use super::server::Server;
use super::stage::{Stage, wait_until};
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

fn stage(server: &Server, own_after: &str) -> Stage {
    let fleet = format!("[fleet]\nmail = 'fleet'\nown_after = '{own_after}'\n");
    let stage = Stage::configured(&format!("{}{fleet}", smtp(server.port, "tls = 'none'\n")));
    fs::create_dir_all(stage.path("var/lib/tcpw-fleet")).unwrap();
    stage
}

/// What a push leaves: when it succeeded, and the last event that it pushed.
fn push(stage: &Stage, at: u64, event: i64) {
    let time: i64 = match event {
        0 => 0,
        event => stage.count(&format!(
            "SELECT time / 1000 FROM events WHERE id = {event}"
        )),
    };
    let text = format!("{at} {event} {time}\n");
    fs::write(stage.path("var/lib/tcpw-fleet/pushed"), text).unwrap();
}

fn collected(stage: &Stage, events: i64) {
    wait_until("the events are collected", || {
        stage.count("SELECT count(*) FROM events") == events
    });
}

#[test]
fn what_is_pushed_in_time_is_not_mailed_and_what_is_not_is() {
    let server = Server::start(&[]);
    let stage = stage(&server, "3s");
    push(&stage, now(), 0);
    stage.notify("one.example");
    collected(&stage, 1);
    push(&stage, now(), 1);
    wait_until("it is left to others", || {
        stage.count("SELECT count(*) FROM letters WHERE state = 'merged' AND merged_into IS NULL")
            == 1
    });
    assert!(server.mails().is_empty());
    stage
        .run(&["queue", "show", "1"])
        .says(0, &["tcpw-fleet mail tells of them"]);
    // Another client; the database does not answer any more.
    push(&stage, now(), 1);
    let other = [
        "notify",
        "--addr=192.0.2.8",
        "--daemon=sshd",
        "--",
        "two.example",
    ];
    assert_eq!(stage.run(&other).code, 0);
    wait_until("the mail of the host itself", || server.mails().len() == 1);
    assert!(server.mails()[0].contains("192.0.2.8"));
    // From now on there is nothing to wait for.
    let begin = std::time::Instant::now();
    let third = [
        "notify",
        "--addr=192.0.2.9",
        "--daemon=sshd",
        "--",
        "three.example",
    ];
    assert_eq!(stage.run(&third).code, 0);
    wait_until("another mail", || server.mails().len() == 2);
    assert!(begin.elapsed().as_secs() < 3, "{:?}", begin.elapsed());
    // The database is back.
    push(&stage, now(), 3);
    let fourth = [
        "notify",
        "--addr=192.0.2.10",
        "--daemon=sshd",
        "--",
        "four.example",
    ];
    assert_eq!(stage.run(&fourth).code, 0);
    collected(&stage, 4);
    push(&stage, now(), 4);
    wait_until("it is left to others too", || {
        stage.count("SELECT count(*) FROM letters WHERE state = 'merged' AND merged_into IS NULL")
            == 2
    });
    assert_eq!(server.mails().len(), 2);
}

/// A number of another journal is not one of this journal, and a push that never was is none.
#[test]
fn a_push_of_another_journal_and_none_at_all_withhold_nothing() {
    let server = Server::start(&[]);
    let stage = stage(&server, "2s");
    stage.notify("one.example");
    wait_until("a mail without any push", || server.mails().len() == 1);
    // The event with this number has another time.
    let text = format!("{} 2 12345\n", now());
    fs::write(stage.path("var/lib/tcpw-fleet/pushed"), text).unwrap();
    let other = [
        "notify",
        "--addr=192.0.2.8",
        "--daemon=sshd",
        "--",
        "two.example",
    ];
    assert_eq!(stage.run(&other).code, 0);
    wait_until("a mail all the same", || server.mails().len() == 2);
    // A clock that was ahead holds back for no longer.
    push(&stage, now() + 86_400, 2);
    let third = [
        "notify",
        "--addr=192.0.2.9",
        "--daemon=sshd",
        "--",
        "three.example",
    ];
    assert_eq!(stage.run(&third).code, 0);
    wait_until("and once more", || server.mails().len() == 3);
}
