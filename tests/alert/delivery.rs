//! Mails reach everybody they should, by every transport.

use super::server::{Certificates, Server};
use super::stage::{Stage, wait_until};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

const PEOPLE: &str = "[mail]\nfrom = 'Tcpw <tcpw@example.org>'\nto = ['a@example.org', 'Bea <b@example.org>']\ncc = 'c@example.org'\nbcc = 'hidden@example.org'\n";

pub(super) fn smtp(port: u16, more: &str) -> String {
    format!("{PEOPLE}[mail.smtp]\nhost = '127.0.0.1'\nport = {port}\ntimeout = 5\n{more}")
}

/// A stage whose root holds the authority and the password file.
pub(super) fn protected(server: &Server, certificates: &Certificates, tls: &str) -> Stage {
    let stage = Stage::configured(&smtp(
        server.port,
        &format!(
            "tls = '{tls}'\nusername = 'u'\npassword_file = '/etc/password'\nca_file = '/etc/ca.pem'\n"
        ),
    ));
    fs::copy(certificates.path("ca.pem"), stage.path("etc/ca.pem")).unwrap();
    fs::write(stage.path("etc/password"), "geheim\n").unwrap();
    let private = fs::Permissions::from_mode(0o600);
    fs::set_permissions(stage.path("etc/password"), private).unwrap();
    stage
}

#[test]
fn to_cc_and_bcc_receive_it_and_bcc_is_not_named() {
    let server = Server::start(&[]);
    let stage = Stage::configured(&smtp(server.port, "tls = 'none'\n"));
    stage.notify("visitor.example");
    wait_until("a mail", || server.mails().len() == 1);
    let mail = server.mails().remove(0);
    let (envelope, message) = mail.split_once("\n\n").unwrap();
    for who in ["a", "b", "c", "hidden"] {
        assert!(
            envelope.contains(&format!("Rcpt: {who}@example.org")),
            "{envelope}"
        );
    }
    assert!(envelope.contains("From: tcpw@example.org"));
    assert!(!message.contains("hidden@example.org"));
    for fact in [
        "visitor.example",
        "192.0.2.7",
        "sshd",
        "sshd@192.0.2.1",
        "4711",
    ] {
        assert!(message.contains(fact), "{fact}: {message}");
    }
    wait_until("the letter is settled", || {
        stage.count("SELECT count(*) FROM dispatches WHERE state = 'delivered'") == 1
    });
    assert_eq!(stage.count("SELECT count(*) FROM deliveries"), 4);
    assert!(stage.drops().is_empty());
}

#[test]
fn starttls_and_implicit_tls_with_each_mechanism() {
    let certificates = Certificates::new();
    for (kind, mechanism) in [
        ("starttls", "PLAIN"),
        ("starttls", "LOGIN"),
        ("implicit", "PLAIN"),
    ] {
        let server = Server::protected(kind, &certificates, &["--mechanism", mechanism]);
        let stage = protected(&server, &certificates, kind);
        stage.run(&["mail", "test"]).says(
            0,
            &[
                "transport: smtp, to 127.0.0.1",
                "sent to a@example.org: 2.0.0 kept",
            ],
        );
        let mail = server.mails().remove(0);
        assert!(mail.starts_with("Tls: True\nUser: u\n"), "{mail}");
    }
}

#[test]
fn the_password_comes_from_a_command_or_a_credential() {
    let certificates = Certificates::new();
    let server = Server::protected("starttls", &certificates, &[]);
    let stage = protected(&server, &certificates, "starttls");
    let with = |source: &str| {
        smtp(
            server.port,
            &format!("username = 'u'\nca_file = '/etc/ca.pem'\n{source}\n"),
        )
    };
    let script = stage.path("etc/tell");
    fs::write(&script, "#!/bin/sh\n[ \"$1\" = 'a b' ] && echo geheim\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    stage.configure(&with("password_command = ['/etc/tell', 'a b']"));
    stage.run(&["mail", "test"]).says(0, &["sent to"]);
    stage.configure(&with("password_credential = 'password'"));
    let output = stage
        .command(&["mail", "test"])
        .env("CREDENTIALS_DIRECTORY", stage.path("etc"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    stage
        .run(&["mail", "test"])
        .says(1, &["CREDENTIALS_DIRECTORY is not set"]);
    stage.configure(&with("password = 'geheim'"));
    stage.run(&["mail", "test"]).says(0, &["sent to"]);
}

#[test]
fn a_local_mail_program_gets_envelope_and_message() {
    let stage = Stage::configured(&format!(
        "{PEOPLE}transport = 'sendmail'\nsendmail = '/etc/sendmail'\n"
    ));
    let script = stage.path("etc/sendmail");
    let taken = stage.path("taken");
    fs::write(
        &script,
        format!("#!/bin/sh\n{{ echo \"$*\"; cat; }} > {}\n", taken.display()),
    )
    .unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    stage
        .run(&["mail", "test"])
        .says(0, &["transport: sendmail, through", "taken by"]);
    let text = fs::read_to_string(taken).unwrap();
    assert!(text.starts_with(
        "-i -f tcpw@example.org -- a@example.org b@example.org c@example.org hidden@example.org\n"
    ));
    assert!(text.contains("Auto-Submitted: auto-generated\n") && !text.contains('\r'));
    fs::write(&script, "#!/bin/sh\necho queue full >&2; exit 75\n").unwrap();
    stage
        .run(&["mail", "test"])
        .says(1, &["exit code 75 queue full"]);
}

#[test]
fn without_a_configuration_mails_are_files_and_the_command_says_so() {
    let stage = Stage::new();
    stage.notify("192.0.2.7");
    wait_until("a mail", || stage.mails().len() == 1);
    stage
        .run(&["deliver"])
        .says(0, &["sent 0 by file, into the directory"]);
    let ran = stage.run(&["mail", "test"]);
    let words = ["transport: file, into the directory", ".eml", "NOT sent"];
    ran.says(1, &words);
    assert_eq!(stage.mails().len(), 2);
}

#[test]
fn korean_mail_with_attachment_and_a_missing_one() {
    let stage = Stage::configured(
        "[mail]\nlanguage = 'ko'\nsubject = '침입 {host}'\nattachments = ['/etc/plan.pdf', '/etc/absent']\n",
    );
    fs::write(stage.path("etc/plan.pdf"), [0, 1, 2]).unwrap();
    stage.notify("visitor.example");
    wait_until("a mail", || stage.mails().len() == 1);
    let mail = stage.mails().remove(0);
    assert!(mail.contains("Subject: =?utf-8?b?"), "{mail}");
    assert!(mail.contains("Content-Type: application/pdf"));
    assert!(mail.contains("plan.pdf"));
    assert!(mail.contains("lang=3D\"ko\""));
}

#[test]
fn the_rule_that_fired_is_named() {
    let stage = Stage::new();
    let rule = "ALL : UNKNOWN : spawn /bin/true %h : deny";
    fs::write(
        stage.path("etc/hosts.allow"),
        format!("sshd: .friend.example\n{rule}\n"),
    )
    .unwrap();
    stage.notify("192.0.2.7");
    wait_until("a mail", || stage.mails().len() == 1);
    let mail = stage.mails().remove(0).replace("=\r\n", "");
    assert!(
        mail.contains(&format!("etc/hosts.allow:2: {rule}")),
        "{mail}"
    );
}
