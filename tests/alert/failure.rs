//! Each way in which mail can fail, and its remedy.

use super::delivery::{protected, smtp};
use super::server::{Certificates, Server};
use super::stage::{Stage, wait_until};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

#[test]
fn wrong_password() {
    let certificates = Certificates::new();
    let server = Server::protected("starttls", &certificates, &[]);
    let stage = protected(&server, &certificates, "starttls");
    fs::write(stage.path("etc/password"), "falsch\n").unwrap();
    stage
        .run(&["mail", "test"])
        .says(1, &["authentication: 535", "check mail.smtp.username"]);
    assert!(server.mails().is_empty());
}

#[test]
fn password_file_that_others_can_read() {
    let certificates = Certificates::new();
    let server = Server::protected("starttls", &certificates, &[]);
    let stage = protected(&server, &certificates, "starttls");
    let open = fs::Permissions::from_mode(0o644);
    fs::set_permissions(stage.path("etc/password"), open).unwrap();
    stage
        .run(&["mail", "test"])
        .says(1, &["etc/password can be read by others", "chmod 600"]);
    assert!(server.mails().is_empty());
}

#[test]
fn untrusted_certificate() {
    let certificates = Certificates::new();
    for kind in ["starttls", "implicit"] {
        let server = Server::protected(kind, &certificates, &[]);
        let stage = protected(&server, &certificates, kind);
        fs::copy(Certificates::new().path("ca.pem"), stage.path("etc/ca.pem")).unwrap();
        stage
            .run(&["mail", "test"])
            .says(1, &["TLS handshake", "certificate", "help:"]);
        assert!(server.mails().is_empty());
    }
}

#[test]
fn starttls_not_offered_is_never_downgraded() {
    let server = Server::start(&[]);
    let stage = Stage::configured(&smtp(server.port, "tls = 'starttls'\n"));
    stage
        .run(&["mail", "test"])
        .says(1, &["does not offer STARTTLS; nothing was sent"]);
    assert!(server.mails().is_empty());
}

#[test]
fn name_not_found_and_connection_refused() {
    let stage = Stage::configured(&smtp(25, "tls = 'none'\n").replace("127.0.0.1", "no.invalid"));
    stage
        .run(&["mail", "test"])
        .says(1, &["looking up the server's name: no.invalid"]);
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    stage.configure(&smtp(free, "tls = 'none'\n"));
    stage.run(&["mail", "test"]).says(
        1,
        &["connecting: Connection refused", "nothing listens there"],
    );
}

#[test]
fn a_server_that_never_speaks() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let stage =
        Stage::configured(&smtp(port, "tls = 'none'\n").replace("timeout = 5", "timeout = 1"));
    stage
        .run(&["mail", "test"])
        .says(1, &["waiting for the server's greeting: no answer within"]);
}

#[test]
fn sender_recipient_and_message_refused() {
    for (option, words) in [
        (
            "--refuse-sender",
            ["MAIL FROM: tcpw@example.org: 550", "check mail.from"],
        ),
        (
            "--refuse-message",
            [
                "sending the message a@example.org: 554",
                "refused this mail",
            ],
        ),
    ] {
        let server = Server::start(&[option]);
        let stage = Stage::configured(&smtp(server.port, "tls = 'none'\n"));
        stage.run(&["mail", "test"]).says(1, &words);
    }
    let server = Server::start(&["--refuse-recipient", "b@example.org"]);
    let stage = Stage::configured(&smtp(server.port, "tls = 'none'\n"));
    stage.run(&["mail", "test"]).says(
        1,
        &[
            "sent to a@example.org",
            "not sent to b@example.org: RCPT TO b@example.org: 550",
            "check mail.to",
        ],
    );
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn a_deferred_recipient_gets_it_later_and_the_others_only_once() {
    let server = Server::start(&["--defer-recipient", "b@example.org"]);
    let stage = Stage::configured(&smtp(server.port, "tls = 'none'\n"));
    stage.notify("x");
    wait_until("the first attempt", || {
        stage.count("SELECT attempts FROM dispatches") == 1
    });
    assert_eq!(server.mails().len(), 1);
    drop(server);
    let server = Server::start(&[]);
    stage.configure(&smtp(server.port, "tls = 'none'\n"));
    stage.run(&["deliver"]).says(0, &["sent 1"]);
    let mail = server.mails().remove(0);
    let envelope = mail.split_once("\n\n").unwrap().0;
    assert_eq!(envelope.matches("Rcpt:").count(), 1, "{envelope}");
    assert!(envelope.contains("Rcpt: b@example.org"));
}

#[test]
fn a_server_that_is_down_costs_the_visitor_nothing_and_gets_the_mail_once() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let stage = Stage::configured(&smtp(port, "tls = 'none'\n"));
    let ran = stage.notify("visitor.example");
    assert!(ran.time < Duration::from_millis(500), "{:?}", ran.time);
    wait_until("an attempt", || {
        stage.count("SELECT count(*) FROM deliveries") == 1
    });
    let states: Vec<String> = stage.query("SELECT state || ': ' || last_error FROM dispatches");
    assert!(
        states[0].starts_with("waiting: connecting: Connection refused"),
        "{states:?}"
    );
    stage
        .run(&["deliver"])
        .says(1, &["waiting 1", "Connection refused"]);
    let server = Server::start(&["--port", &port.to_string()]);
    stage.run(&["deliver"]).says(0, &["sent 1 by smtp"]);
    stage.run(&["deliver"]).says(0, &["sent 0"]);
    assert_eq!(server.mails().len(), 1);
    let ids: Vec<String> = stage.query("SELECT message_id FROM letters");
    assert!(server.mails()[0].contains(&format!("Message-ID: {}", ids[0])));
}

#[test]
fn events_enter_the_journal_while_a_server_keeps_silent() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let stage =
        Stage::configured(&smtp(port, "tls = 'none'\n").replace("timeout = 5", "timeout = 15"));
    stage.notify("first.example");
    let (connection, _) = silent.accept().unwrap();
    let begin = std::time::Instant::now();
    for number in 2..5 {
        stage.notify(format!("host{number}.example"));
        wait_until("the next event", || {
            stage.count("SELECT count(*) FROM events") == number
        });
    }
    assert!(
        begin.elapsed() < Duration::from_secs(15),
        "the server was waited for"
    );
    assert_eq!(stage.count("SELECT attempts FROM dispatches"), 0);
    drop((connection, silent));
    wait_until("the attempt", || {
        stage.count("SELECT attempts FROM dispatches") == 1
    });
}
