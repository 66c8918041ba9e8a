//! What is said about mail servers that refuse, and about TLS that does not come about; and what
//! to do then.

use super::delivery::smtp;
use super::rogue::{Act, Protection, Rogue, certified};
use super::server::Certificates;
use super::stage::Stage;
use super::wire;
use std::fs;
use std::time::Duration;
use tcpw::alert::transport::{Cause, Outcome, Sense, SmtpTransport, Transport as _};
use tcpw::config::Tls;

/// The debug forms of the TLS library, which are nobody's language.
const DEBUG: [&str; 6] = ["(", "Context", "Invalid", "Unknown", "::", "Error"];

/// What `tcpw mail test` says with these keys in `[mail.smtp]`.
fn told(port: u16, keys: &str, words: &[&str]) {
    let stage = Stage::configured(&smtp(port, keys).replace("timeout = 5", "timeout = 3"));
    let ran = stage.run(&["mail", "test"]);
    ran.says(1, words);
    let line = ran.out.lines().find(|line| line.starts_with("not sent"));
    let line = line.unwrap().split("(its fingerprint").next().unwrap();
    for form in &DEBUG[1..] {
        assert!(!line.contains(form), "{line}");
    }
}

/// A refusal at a verb: the help, and whether the mail is kept for another server or another time.
const REFUSALS: [(&str, &str, &str, bool); 15] = [
    ("greeting", "421 4.7.0 too many connections", "busy", true),
    (
        "EHLO",
        "504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname",
        "mail.smtp.hello",
        true,
    ),
    (
        "RCPT",
        "504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname",
        "mail.smtp.hello",
        true,
    ),
    (
        "RCPT",
        "450 4.2.0 Greylisted, try again in 300 seconds",
        "greylisting",
        true,
    ),
    (
        "RCPT",
        "451 4.7.1 Greylisting in action, please come back later",
        "greylisting",
        true,
    ),
    (
        "MAIL",
        "530 5.7.0 Must issue a STARTTLS command first",
        "mail.smtp.tls = \"starttls\"",
        true,
    ),
    (
        "MAIL",
        "530 5.7.1 Authentication required",
        "mail.smtp.username",
        true,
    ),
    (
        "MAIL",
        "530 5.7.57 Client not authenticated to send mail",
        "mail.smtp.username",
        true,
    ),
    (
        "dot",
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        "mail.from",
        true,
    ),
    (
        "dot",
        "554 5.2.252 SendAsDenied; u@x not allowed to send as y@x",
        "mail.from",
        true,
    ),
    (
        "RCPT",
        "554 5.7.1 <a@b>: Relay access denied",
        "log in",
        true,
    ),
    (
        "RCPT",
        "550 5.1.1 no such user here",
        "no such mailbox",
        false,
    ),
    // exim gives no status.
    ("RCPT", "550 relay not permitted", "log in", true),
    (
        "DATA",
        "552 5.3.4 message size exceeds limit",
        "attach less",
        false,
    ),
    (
        "MAIL",
        "550 5.7.26 unauthenticated mail (DMARC)",
        "SPF, DKIM, DMARC",
        true,
    ),
];

#[test]
fn a_refusal_has_its_own_help_and_one_about_the_way_is_kept() {
    for (verb, answer, help, is_kept) in REFUSALS {
        let line: &'static [u8] =
            Box::leak(format!("{answer}\r\n").into_bytes().into_boxed_slice());
        let rogue = Rogue::at(Protection::None, verb, Act::Say(line));
        told(rogue.port, "tls = 'none'\n", &[answer, help]);
        // Another server gets it, where the first one has refused the way and not the mail.
        let second = Rogue::start(Protection::None, |_| None);
        let servers = [rogue.port, second.port].map(|port| wire::server(port, Tls::None));
        let deliveries =
            SmtpTransport::new(&servers, "bastion", None).send(&wire::mail(&["a@example.org"]));
        let is_delivered = matches!(deliveries[0].outcome, Outcome::Delivered { .. });
        assert_eq!(is_delivered, is_kept, "{answer}: {deliveries:?}");
        assert_eq!(second.mails().len(), usize::from(is_kept), "{answer}");
    }
}

#[test]
fn an_outcome_has_the_code_and_the_status() {
    let rogue = Rogue::at(Protection::None, "MAIL", Act::Say(b"530 5.7.57 log in\r\n"));
    let deliveries = wire::send(&[wire::server(rogue.port, Tls::None)], &["a@example.org"]);
    let Outcome::Transient(_, fault) = &deliveries[0].outcome else {
        panic!("{deliveries:?}");
    };
    let Cause::Refused(answer) = fault.cause else {
        panic!("{fault:?}");
    };
    assert_eq!(
        (
            answer.code,
            answer.status.unwrap().to_string(),
            answer.sense
        ),
        (530, "5.7.57".to_owned(), Sense::NeedsLogin)
    );
}

#[test]
fn logins_that_are_refused_have_their_own_help() {
    for (answer, help) in [
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled",
            "xoauth2",
        ),
        (
            "534 5.7.9 Application-specific password required",
            "app password",
        ),
        (
            "535 5.7.8 authentication failed",
            "check mail.smtp.username",
        ),
    ] {
        let line: &'static [u8] =
            Box::leak(format!("{answer}\r\n").into_bytes().into_boxed_slice());
        let rogue = Rogue::at(Protection::None, "AUTH", Act::Say(line));
        let keys = "tls = 'none'\nusername = 'u'\npassword_file = '/etc/password'\n";
        let stage = Stage::configured(&smtp(rogue.port, keys));
        private(&stage, "etc/password", "x\n");
        stage.run(&["mail", "test"]).says(1, &[answer, help]);
    }
}

fn private(stage: &Stage, path: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(stage.path(path), text).unwrap();
    fs::set_permissions(stage.path(path), fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn the_name_in_ehlo_is_the_full_one_or_the_configured_one() {
    let rogue = Rogue::start(Protection::None, |_| None);
    let stage = Stage::configured(&smtp(
        rogue.port,
        "tls = 'none'\nhello = 'out.example.org'\n",
    ));
    stage.run(&["mail", "test"]).says(0, &[]);
    assert!(
        rogue.heard().contains(&"EHLO out.example.org".to_owned()),
        "{:?}",
        rogue.heard()
    );
    let found = |host: &str| Some(format!("{host}.example.org"));
    let server = [wire::server(rogue.port, Tls::None)];
    let way = SmtpTransport::new(&server, "bastion", None).with_full_name(found);
    way.send(&wire::mail(&["a@example.org"]));
    assert!(
        rogue
            .heard()
            .contains(&"EHLO bastion.example.org".to_owned()),
        "{:?}",
        rogue.heard()
    );
    let unknown = SmtpTransport::new(&server, "bastion", None).with_full_name(|_| None);
    unknown.send(&wire::mail(&["a@example.org"]));
    assert!(
        rogue.heard().contains(&"EHLO bastion".to_owned()),
        "{:?}",
        rogue.heard()
    );
}

#[test]
fn the_wrong_kind_of_port_is_named() {
    let certificates = Certificates::new();
    let config = certified(&certificates, "leaf");
    let plain = Rogue::start(Protection::StartTls(config.clone()), |_| None);
    told(
        plain.port,
        "tls = 'implicit'\n",
        &["does not speak TLS here", "tls = \"starttls\""],
    );
    let implicit = Rogue::start(Protection::Implicit(config), |_| None);
    for tls in ["starttls", "none"] {
        let words = ["speaks TLS from the first byte", "tls = \"implicit\""];
        told(implicit.port, &format!("tls = '{tls}'\n"), &words);
    }
    // One that says nothing to either is not called one of them.
    let silent = Rogue::at(Protection::None, "greeting", Act::Stall);
    let mut settings = wire::server(silent.port, Tls::None);
    settings.timeout = Duration::from_millis(600);
    let deliveries = wire::send(&[settings], &["a@example.org"]);
    assert!(
        matches!(&deliveries[0].outcome, Outcome::Transient(_, fault) if fault.cause == Cause::Silent)
    );
}

#[test]
fn certificates_that_are_not_accepted_are_called_what_they_are() {
    let certificates = Certificates::new();
    certificates.add_self_signed("self", Some("IP:127.0.0.1"));
    certificates.add_self_signed("nameless", None);
    certificates.add_leaf("wrong", "DNS:other.example", 2);
    certificates.add_leaf("old", "IP:127.0.0.1", -1);
    certificates.add_leaf("bare", "email:x@y", 2);
    for (name, words) in [
        (
            "self",
            [
                "signed by itself (its fingerprint is sha256:",
                "mail.smtp.fingerprint",
            ],
        ),
        ("nameless", ["signed by itself", "mail.smtp.ca_file"]),
        (
            "wrong",
            ["not for 127.0.0.1, but for other.example", "mail.smtp.host"],
        ),
        ("old", ["has expired", "date -u"]),
        ("bare", ["has no subjectAltName", "mail.smtp.fingerprint"]),
    ] {
        let rogue = Rogue::start(Protection::Implicit(certified(&certificates, name)), |_| {
            None
        });
        let stage = Stage::configured(&smtp(
            rogue.port,
            "tls = 'implicit'\nca_file = '/etc/ca.pem'\n",
        ));
        fs::copy(certificates.path("ca.pem"), stage.path("etc/ca.pem")).unwrap();
        let ran = stage.run(&["mail", "test"]);
        ran.says(1, &words);
        assert!(
            !ran.out.contains("UnknownIssuer") && !ran.out.contains("Context"),
            "{}",
            ran.out
        );
    }
}

#[test]
fn exactly_the_certificate_that_is_given_is_accepted() {
    let certificates = Certificates::new();
    certificates.add_self_signed("self", None);
    certificates.add_self_signed("other", None);
    for protection in [Protection::Implicit, Protection::StartTls] {
        let rogue = Rogue::start(protection(certified(&certificates, "self")), |_| None);
        let is_implicit = matches!(
            protection(certified(&certificates, "self")),
            Protection::Implicit(_)
        );
        let tls = if is_implicit { "implicit" } else { "starttls" };
        let run = |name: &str, code, words: &[&str]| {
            let keys = format!("tls = '{tls}'\nca_file = '/etc/ca.pem'\n");
            let stage = Stage::configured(&smtp(rogue.port, &keys));
            fs::copy(
                certificates.path(&format!("{name}.pem")),
                stage.path("etc/ca.pem"),
            )
            .unwrap();
            stage.run(&["mail", "test"]).says(code, words);
        };
        run("self", 0, &["sent to a@example.org"]);
        run("other", 1, &["signed by itself"]);
        let run = |name: &str, code, words: &[&str]| {
            let print = certificates.fingerprint(name);
            let keys = format!("tls = '{tls}'\nfingerprint = 'sha256:{print}'\n");
            let stage = Stage::configured(&smtp(rogue.port, &keys));
            let ran = stage.run(&["mail", "test"]);
            ran.says(code, words);
            ran.out
        };
        run("self", 0, &["sent to a@example.org"]);
        let said = run("other", 1, &["is not the one of mail.smtp.fingerprint"]);
        let print = certificates.fingerprint("self");
        assert!(said.contains(&format!("sha256:{print}")), "{said}");
    }
}
