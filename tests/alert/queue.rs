//! The queue as an operator sees it: what gathers, waits or was given up, why, and what can be
//! done about it.

use super::delivery::smtp;
use super::server::Server;
use super::stage::{Stage, wait_until};
use std::io::Read as _;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;

/// A stage whose mail server cannot be reached, and the port it would have.
fn cut_off(more: &str) -> (Stage, u16) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    (
        Stage::configured(&smtp(port, &format!("tls = 'none'\n{more}"))),
        port,
    )
}

/// A letter that waits, one that gathers, and the port of the server.
fn two_letters() -> (Stage, u16) {
    let (stage, port) = cut_off("[alert]\nquiet = '2h'\n");
    stage.run(&["queue"]).says(0, &["the queue is empty"]);
    stage.notify("visitor.example");
    wait_until("an attempt", || {
        stage.count("SELECT attempts FROM dispatches") == 1
    });
    stage.notify("visitor.example");
    wait_until("the digest", || {
        stage.count("SELECT count(*) FROM letters") == 2
    });
    (stage, port)
}

#[test]
fn letters_are_listed_explained_and_shown() {
    let (stage, _) = two_letters();
    stage.run(&["queue"]).says(
        0,
        &[
            "NUMBER",
            "waiting    alarm",
            "192.0.2.7/32",
            "mail",
            "Connection refused",
            "gathering  digest",
        ],
    );
    stage.run(&["queue", "--explain"]).says(
        0,
        &[
            "message 1 (alarm) about 192.0.2.7/32: waiting 1 event, by mail",
            "1 event: first alert for this source within the quiet time (2h), so it is sent \
             immediately",
            "it was tried once and will be tried again at ",
            "message 2 (digest) about 192.0.2.7/32: gathering 1 event",
            "1 event: repeats within the quiet time (2h) after the last message about the source",
            "it collects more of them until ",
        ],
    );
    let json = stage.run(&["queue", "list", "--format", "json"]).out;
    let rows: Vec<serde_json::Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["state"], "waiting");
    assert_eq!(rows[0]["reasons"]["now"], 1);
    assert_eq!(rows[1]["reasons"]["repeat"], 1);
    stage.run(&["queue", "show", "1"]).says(
        0,
        &[
            "message 1 (alarm)",
            "Message-ID: <",
            "all recipients  transient: connecting: ",
            "visitor.example",
        ],
    );
    stage
        .run(&["queue", "show", "9"])
        .says(2, &["the journal has no message 9", "tcpw queue --all"]);
}

#[test]
fn letters_are_dropped_and_retried() {
    let (stage, port) = two_letters();
    stage.run(&["queue", "drop", "2"]).says(
        0,
        &["message 2 will not be sent; its events stay in the journal"],
    );
    let server = Server::start(&["--port", &port.to_string()]);
    stage
        .run(&["queue", "retry", "--all"])
        .says(0, &["1 message will be tried now"]);
    wait_until("a mail", || server.mails().len() == 1);
    wait_until("the letter is settled", || {
        stage.count("SELECT count(*) FROM dispatches WHERE state = 'delivered'") == 1
    });
    stage
        .run(&["queue", "retry", "1"])
        .says(2, &["message 1 is already delivered"]);
    stage
        .run(&["queue", "--all"])
        .says(0, &["delivered", "dropped"]);
    assert_eq!(stage.count("SELECT count(*) FROM events"), 2);
}

#[test]
fn giving_up_is_loud_and_the_next_mail_says_so() {
    let (stage, port) = cut_off("[alert]\ngive_up = '60s'\nquiet = '0s'\n");
    let log = UnixDatagram::bind(stage.path("dev/log")).unwrap();
    log.set_nonblocking(true).unwrap();
    stage.notify("lost.example");
    wait_until("an attempt", || {
        stage.count("SELECT attempts FROM dispatches") == 1
    });
    // Two minutes pass.
    stage.change("UPDATE dispatches SET first_try = first_try - 120, next_due = 0");
    stage.run(&["deliver"]).says(1, &["waiting 0, given up 1"]);
    wait_until("the system log", || {
        let mut line = [0; 4096];
        let length = log.recv(&mut line).unwrap_or(0);
        String::from_utf8_lossy(&line[..length]).contains("by mail is given up")
    });
    stage
        .run(&["queue"])
        .says(1, &["failed     alarm", "Connection refused"]);
    let server = Server::start(&["--port", &port.to_string()]);
    stage.notify("seen.example");
    wait_until("alarm and notice", || server.mails().len() == 2);
    wait_until("both are settled", || {
        stage.count("SELECT count(*) FROM dispatches WHERE state = 'delivered'") == 2
    });
    assert_eq!(
        stage.count("SELECT count(*) FROM letters WHERE kind = 'notice'"),
        1
    );
    let bodies: Vec<String> = stage.query("SELECT body FROM letters WHERE kind = 'notice'");
    assert_eq!(
        bodies,
        [r#"{"notice":"given-up","letters":[1],"events":1}"#]
    );
    stage.run(&["queue"]).says(1, &["failed"]);
    stage.run(&["queue", "drop", "1"]).says(0, &[]);
    stage.run(&["queue"]).says(0, &["the queue is empty"]);
}

#[test]
fn a_damaged_journal_is_put_aside_and_told_of() {
    let stage = Stage::new();
    stage.notify("192.0.2.7");
    wait_until("a mail", || stage.mails().len() == 1);
    stage.run(&["deliver"]).says(0, &[]);
    let lock = stage.hold_lock();
    std::fs::write(stage.path("var/lib/tcpw/journal.db"), vec![b'!'; 9000]).unwrap();
    stage.run(&["queue"]).says(
        2,
        &[
            "journal.db",
            "run tcpw deliver: it moves the damaged journal aside",
        ],
    );
    stage.notify("192.0.2.8");
    drop(lock);
    stage
        .run(&["deliver"])
        .says(0, &["is damaged: it is now", "collected 1", "sent 2"]);
    assert_eq!(stage.count("SELECT count(*) FROM events"), 1);
    let aside = super::stage::files(&stage.path("var/lib/tcpw"), "db").len();
    assert_eq!(aside, 1);
    let kept = std::fs::read_dir(stage.path("var/lib/tcpw")).unwrap();
    let kept = kept.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
        name.starts_with("journal.db.damaged-")
    });
    assert_eq!(kept.count(), 1);
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let (stage, _) = cut_off("");
    stage.notify("x");
    wait_until("an attempt", || {
        stage.count("SELECT attempts FROM dispatches") == 1
    });
    let mut child = stage
        .command(&["queue", "--explain"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(err, "");
}
