//! `tcpw mail test` passes only where an alert would: with `--as-alert` it has no more than an alert
//! has; and a deliverer that lacks something makes room for one that has it.

use super::delivery::smtp;
use super::server::{Certificates, Server};
use super::stage::{Ran, Stage, wait_until};
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::{Duration, Instant};

const TEST: [&str; 2] = ["mail", "test"];
const AS_ALERT: [&str; 3] = ["mail", "test", "--as-alert"];

/// A stage with a server that wants a password, which `source` gives.
fn stage(server: &Server, certificates: &Certificates, source: &str) -> Stage {
    let keys = format!("username = 'u'\nca_file = '/etc/ca.pem'\n{source}\n");
    let stage = Stage::configured(&smtp(server.port, &keys));
    fs::copy(certificates.path("ca.pem"), stage.path("etc/ca.pem")).unwrap();
    fs::create_dir(stage.path("home")).unwrap();
    fs::write(stage.path("home/password"), "geheim\n").unwrap();
    stage
}

/// With an environment that no alert has.
fn run_with(stage: &Stage, args: &[&str], name: &str, value: &Path) -> Ran {
    let begin = Instant::now();
    let output = stage.command(args).env(name, value).output().unwrap();
    Ran::new(&output, begin.elapsed())
}

fn script(stage: &Stage, path: &str, text: &str) {
    fs::write(stage.path(path), format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(stage.path(path), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_password_that_only_this_command_has_is_not_said_to_do() {
    let certificates = Certificates::new();
    let server = Server::protected("starttls", &certificates, &[]);
    for (source, name, words) in [
        (
            "password_credential = 'password'",
            "CREDENTIALS_DIRECTORY",
            "no systemd credential \"password\"",
        ),
        (
            "password_command = ['/etc/tell']",
            "HOME",
            "/etc/tell failed",
        ),
    ] {
        let stage = stage(&server, &certificates, source);
        script(&stage, "etc/tell", "cat \"$HOME/password\"");
        let home = stage.path("home");
        let before = server.mails().len();
        run_with(&stage, &TEST, name, &home).says(0, &["sent to a@example.org", "--as-alert"]);
        assert_eq!(server.mails().len(), before + 1);
        let ran = run_with(&stage, &AS_ALERT, name, &home);
        ran.says(
            1,
            &["not sent to a@example.org", words, "removed from the queue"],
        );
        assert!(ran.time < Duration::from_secs(15), "{:?}", ran.time);
        assert_eq!(server.mails().len(), before + 1);
        assert_eq!(
            stage.query::<String>("SELECT DISTINCT state FROM dispatches"),
            ["dropped"]
        );
    }
}

#[test]
fn everybody_of_every_rule_gets_it_and_who_does_not_is_named() {
    let server = Server::start(&["--refuse-recipient", "night@example.org"]);
    let rules = "[[alert.rule]]\ndaemon = 'sshd'\nto = ['Day <day@example.org>', 'night@example.org']\n\
                 [[alert.rule]]\ndaemon = 'vsftpd'\nto = 'ftp@example.org'\n\
                 [[alert.command]]\nname = 'pager'\nargv = ['/etc/page']\n";
    let stage = Stage::configured(&format!("{}{rules}", smtp(server.port, "tls = 'none'\n")));
    script(&stage, "etc/page", "cat >/dev/null; echo paged");
    let ran = stage.run(&AS_ALERT);
    let sent =
        ["a", "b", "c", "hidden", "day", "ftp"].map(|who| format!("sent to {who}@example.org: "));
    let mut words: Vec<&str> = sent.iter().map(String::as_str).collect();
    words.extend([
        "not sent to night@example.org: RCPT TO: 550 5.1.1 no such user",
        "sent to command:pager: paged",
    ]);
    ran.says(1, &words);
    assert_eq!(server.mails().len(), 3);
    drop(server);
    let server = Server::start(&[]);
    stage.configure(&format!("{}{rules}", smtp(server.port, "tls = 'none'\n")));
    let ran = stage.run(&AS_ALERT);
    ran.says(0, &["sent to night@example.org"]);
    assert!(!ran.out.contains("not sent"), "{}", ran.out);
    stage.run(&["queue"]).says(0, &["queue is empty"]);
}

#[test]
fn the_wait_has_a_bound() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let stage =
        Stage::configured(&smtp(port, "tls = 'none'\n").replace("timeout = 5", "timeout = 60"));
    let ran = stage.run(&["mail", "test", "--as-alert", "--wait=1"]);
    ran.says(1, &["not sent to a@example.org within 1 s"]);
    assert!(ran.time < Duration::from_secs(15), "{:?}", ran.time);
    drop(silent);
}

#[test]
fn a_deliverer_that_lacks_a_credential_says_so_and_makes_room() {
    let certificates = Certificates::new();
    let server = Server::protected("starttls", &certificates, &[]);
    let stage = stage(&server, &certificates, "password_credential = 'password'");
    let log = UnixDatagram::bind(stage.path("dev/log")).unwrap();
    stage.notify("visitor.example");
    wait_until("an attempt", || {
        stage.count("SELECT attempts FROM dispatches") == 1
    });
    let lock = File::open(stage.path("var/lib/tcpw/journal.db.lock")).unwrap();
    wait_until("the lock is free", || {
        let is_free = lock.try_lock().is_ok();
        lock.unlock().unwrap();
        is_free
    });
    let mut logged = String::new();
    let mut line = [0; 4096];
    log.set_nonblocking(true).unwrap();
    wait_until("it is told in the system log", || {
        while let Ok(length) = log.recv(&mut line) {
            logged.push_str(&String::from_utf8_lossy(&line[..length]));
        }
        logged.contains("no systemd credential \"password\"") && logged.contains("it makes room")
    });
    let explained = stage.run(&["queue", "--explain"]);
    explained.says(
        1,
        &[
            "no systemd credential \"password\"",
            "no deliverer is running",
        ],
    );
    // Another one, as the unit starts it, need not wait for the pause after a failure.
    let home = stage.path("home");
    run_with(
        &stage,
        &["deliver", "--background"],
        "CREDENTIALS_DIRECTORY",
        &home,
    )
    .says(0, &[]);
    assert_eq!(server.mails().len(), 1);
    assert_eq!(
        stage.query::<String>("SELECT state FROM dispatches"),
        ["delivered"]
    );
}

#[test]
fn without_a_transport_a_test_does_not_pass() {
    let stage = Stage::configured("[mail]\nto = 'a@example.org'\n");
    for command in [TEST.as_slice(), &AS_ALERT] {
        stage
            .run(command)
            .says(1, &["no mail.transport in", "NOT sent"]);
    }
    stage.configure("[mail]\ntransport = 'file'\nto = 'a@example.org'\n");
    let ran = stage.run(&TEST);
    ran.says(0, &[".eml"]);
    assert!(!ran.err.contains("no mail.transport"), "{}", ran.err);
}
