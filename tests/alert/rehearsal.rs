//! `tcpw doctor --mail`: every step up to the mail itself, and no mail.

use super::delivery::{protected, smtp};
use super::server::{Certificates, Server};
use super::stage::Stage;
use std::fs;
use std::net::TcpListener;

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
