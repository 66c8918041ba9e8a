//! `tcpw doctor --mail`: every step up to the mail itself, and no mail.

use super::delivery::{protected, smtp};
use super::server::{Certificates, Server};
use super::stage::Stage;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn it_logs_in_and_sends_nothing() {
    let certificates = Certificates::new();
    for kind in ["starttls", "implicit"] {
        let server = Server::protected(kind, &certificates, &[]);
        let stage = protected(&server, &certificates, kind);
        let port = format!("127.0.0.1 port {}", server.port);
        stage
            .run(&["doctor", "--mail"])
            .says(0, &["ok: ", &port, "answers and logs", " in\n", "MiB free"]);
        fs::write(stage.path("etc/password"), "falsch\n").unwrap();
        stage.run(&["doctor", "--mail"]).says(
            1,
            &[
                "problem: ",
                &port,
                "authentication: 535",
                "help: check mail.smtp.username",
            ],
        );
        let told = stage.run(&["doctor", "--mail", "--format", "nagios"]);
        told.says(1, &["TCPW WARNING - ", "authentication: 535"]);
        assert!(server.mails().is_empty(), "{kind}");
    }
}

/// What stands between an alert and its mail on the machine itself.
#[test]
fn secrets_that_others_read_and_a_drop_directory_that_takes_nothing_are_named() {
    let certificates = Certificates::new();
    let server = Server::protected("starttls", &certificates, &[]);
    let stage = protected(&server, &certificates, "starttls");
    let password = stage.path("etc/password");
    stage.run(&["doctor", "--mail"]).says(
        0,
        &["nobody else reads the password in it", "ok: schedule: none"],
    );
    for (mode, said) in [
        (0o644, "every user can read the password in it"),
        (0o640, "group 54321 can read the password in it"),
    ] {
        std::os::unix::fs::chown(&password, None, Some(54321)).unwrap();
        fs::set_permissions(&password, fs::Permissions::from_mode(mode)).unwrap();
        stage.run(&["doctor", "--mail"]).says(1, &[said]);
    }
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
    let drop = stage.path("var/spool/tcpw/drop");
    fs::create_dir_all(&drop).unwrap();
    fs::set_permissions(&drop, fs::Permissions::from_mode(0o700)).unwrap();
    stage.run(&["doctor", "--mail"]).says(
        1,
        &["has mode 700", "needs mode 1733", "tcpw install-alert"],
    );
}

#[test]
fn what_does_not_answer_and_what_is_no_server() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let stage = Stage::configured(&smtp(port, "tls = 'none'\n"));
    stage.run(&["doctor", "--mail"]).says(
        1,
        &["connecting: Connection refused", "nothing listens there"],
    );
    let json = ["doctor", "--mail", "--format", "json"];
    stage
        .run(&json)
        .says(1, &["\"problem\":\"connecting: Connection refused"]);
    stage.configure("[mail]\ntransport = 'nonsense'\n");
    stage
        .run(&["doctor", "--mail"])
        .says(2, &["mail.transport"]);
}
