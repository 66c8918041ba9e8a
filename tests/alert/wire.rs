//! Mail servers that misbehave on the wire: what is said about each, and that nothing hangs.

use super::rogue::{Act, At, Protection, Rogue, certified};
use super::server::Certificates;
use std::thread;
use std::time::{Duration, Instant};
use tcpw::alert::Delivery;
use tcpw::alert::transport::{Mail, Outcome, SmtpTransport, Step, Transport as _};
use tcpw::config::{Auth, Login, Password, Secret, Smtp, Tls};

/// How long a server has for one answer that it will not give; a conversation has ten times that.
pub(super) const SHORT: Duration = Duration::from_millis(600);
/// How long it has for one that it will give, on a busy machine.
const LONG: Duration = Duration::from_secs(6);
/// More than a conversation may take in which one answer is missing.
const ENOUGH: Duration = Duration::from_secs(20);

pub(super) fn mail(recipients: &[&str]) -> Mail {
    Mail {
        from: "tcpw@example.org".to_owned(),
        recipients: recipients.iter().map(|&who| who.to_owned()).collect(),
        bytes: b"Subject: x\r\nMessage-ID: <1@x>\r\n\r\n.\r\n..two\r\nend\r\n".to_vec(),
        name: "1".to_owned(),
    }
}

pub(super) fn server(port: u16, tls: Tls) -> Smtp {
    Smtp {
        host: "127.0.0.1".to_owned(),
        port,
        tls,
        login: None,
        ca_file: None,
        fingerprint: None,
        hello: None,
        timeout: LONG,
    }
}

pub(super) fn login(auth: Auth) -> Login {
    Login {
        username: "u".to_owned(),
        password: Password::Literal(Secret("geheim".to_owned())),
        auth,
    }
}

/// Sends to `recipients`, in time, and without a control character in what is said.
pub(super) fn send(servers: &[Smtp], recipients: &[&str]) -> Vec<Delivery> {
    let begin = Instant::now();
    let deliveries = SmtpTransport::new(servers, "bastion", None).send(&mail(recipients));
    let longest = ENOUGH * u32::try_from(servers.len()).unwrap();
    assert!(begin.elapsed() < longest, "{:?}", begin.elapsed());
    for delivery in &deliveries {
        let text = text(&delivery.outcome);
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(text.len() < 2000, "{text}");
    }
    deliveries
}

fn text(outcome: &Outcome) -> &str {
    parts(outcome).2
}

/// What kind it is, at which step it failed, and the words.
fn parts(outcome: &Outcome) -> (&'static str, Option<Step>, &str) {
    match outcome {
        Outcome::Delivered { answer } => ("delivered", None, answer),
        Outcome::Transient(step, text) => ("transient", Some(*step), text),
        Outcome::Permanent(step, text) => ("permanent", Some(*step), text),
    }
}

#[track_caller]
fn transient(outcome: &Outcome, step: Step, words: &str) {
    failed(outcome, "transient", step, words);
}

#[track_caller]
fn permanent(outcome: &Outcome, step: Step, words: &str) {
    failed(outcome, "permanent", step, words);
}

#[track_caller]
fn failed(outcome: &Outcome, kind: &str, step: Step, words: &str) {
    let (got, at, text) = parts(outcome);
    assert_eq!((got, at), (kind, Some(step)), "{text}");
    assert!(text.contains(words), "{words:?} is missing in {text:?}");
}

#[track_caller]
fn delivered(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
}

/// The only outcome with a server that does `act` at `verb`.
fn with(verb: &'static str, act: Act, recipients: &[&str]) -> (Rogue, Vec<Delivery>) {
    let is_missing = matches!(act, Act::Stall);
    let rogue = Rogue::at(Protection::None, verb, act);
    let mut settings = server(rogue.port, Tls::None);
    settings.timeout = if is_missing { SHORT } else { LONG };
    settings.login = Some(login(Auth::Offered));
    let deliveries = send(&[settings], recipients);
    (rogue, deliveries)
}

/// Verb, step, words; and whether the server may have the mail.
const STALLS: [(&str, Step, &str, bool); 8] = [
    ("greeting", Step::Greeting, "no answer within", false),
    ("EHLO", Step::Hello, "no answer within", false),
    ("AUTH", Step::Auth, "no answer within", false),
    (
        "MAIL",
        Step::Conversation,
        "MAIL FROM: no answer within",
        false,
    ),
    (
        "RCPT",
        Step::Conversation,
        "RCPT TO: no answer within",
        false,
    ),
    ("DATA", Step::Conversation, "DATA: no answer within", false),
    (
        "dot",
        Step::Receipt,
        "may have been taken all the same",
        true,
    ),
    ("QUIT", Step::Message, "", true),
];

#[test]
fn a_server_that_stalls_after_each_verb() {
    thread::scope(|scope| {
        for (verb, step, words, is_taken) in STALLS {
            scope.spawn(move || {
                let (rogue, deliveries) = with(verb, Act::Stall, &["a@example.org"]);
                if verb == "QUIT" {
                    delivered(&deliveries[0].outcome);
                } else {
                    transient(&deliveries[0].outcome, step, words);
                }
                assert_eq!(rogue.mails().len(), usize::from(is_taken), "{verb}");
            });
        }
    });
}

#[test]
fn a_server_that_hangs_up_after_each_verb() {
    for (verb, step, _, is_taken) in STALLS {
        let (rogue, deliveries) = with(verb, Act::Close, &["a@example.org"]);
        if verb == "QUIT" {
            delivered(&deliveries[0].outcome);
        } else {
            transient(
                &deliveries[0].outcome,
                step,
                "the server closed the connection",
            );
        }
        assert_eq!(rogue.mails().len(), usize::from(is_taken), "{verb}");
    }
}

#[test]
fn a_server_that_hangs_up_in_the_message() {
    let rogue = Rogue::at(Protection::None, "body", Act::Close);
    let mut long = mail(&["a@example.org"]);
    long.bytes = b"x: 0123456789012345678901234567890123456789\r\n".repeat(1_000_000);
    let deliveries =
        SmtpTransport::new(&[server(rogue.port, Tls::None)], "bastion", None).send(&long);
    transient(
        &deliveries[0].outcome,
        Step::Message,
        "closed the connection before the message was complete",
    );
}

#[test]
fn a_server_that_does_not_read_the_message() {
    let rogue = Rogue::start(Protection::None, |at| {
        let pause = Duration::from_secs(60);
        (at == At::Body).then_some(Act::Drip(b"\r\n", pause))
    });
    let mut long = mail(&["a@example.org"]);
    long.bytes = b"x: 0123456789012345678901234567890123456789\r\n".repeat(1_000_000);
    let mut settings = server(rogue.port, Tls::None);
    settings.timeout = SHORT;
    let begin = Instant::now();
    let deliveries = SmtpTransport::new(&[settings], "bastion", None).send(&long);
    assert!(begin.elapsed() < ENOUGH);
    transient(
        &deliveries[0].outcome,
        Step::Message,
        "no answer within the time limit before the message was complete",
    );
}

#[test]
fn refusals_of_the_whole_mail() {
    let cases: [(&str, &[u8], Step, bool, &str); 9] = [
        (
            "greeting",
            b"554 go away\r\n",
            Step::Greeting,
            true,
            "554 go away",
        ),
        (
            "greeting",
            b"421 busy\r\n",
            Step::Greeting,
            false,
            "421 busy",
        ),
        ("EHLO", b"502 what\r\n", Step::Hello, true, "502 what"),
        (
            "MAIL",
            b"451-no\r\n451 later\r\n",
            Step::Sender,
            false,
            "tcpw@example.org: 451 no later",
        ),
        (
            "MAIL",
            b"550 no\r\n",
            Step::Sender,
            true,
            "tcpw@example.org: 550 no",
        ),
        ("DATA", b"452 full\r\n", Step::Message, false, "452 full"),
        ("DATA", b"554 spam\r\n", Step::Message, true, "554 spam"),
        ("dot", b"451 later\r\n", Step::Message, false, "451 later"),
        ("dot", b"550 spam\r\n", Step::Message, true, "550 spam"),
    ];
    for (verb, answer, step, is_permanent, words) in cases {
        let (rogue, deliveries) = with(verb, Act::Say(answer), &["a@example.org"]);
        assert_eq!(deliveries.len(), 1, "{verb}");
        let check = if is_permanent { permanent } else { transient };
        check(&deliveries[0].outcome, step, words);
        assert!(rogue.mails().is_empty(), "{verb}");
    }
}

#[test]
fn one_recipient_of_three_is_refused_or_put_off_and_the_others_have_it() {
    for (answer, is_permanent) in [
        (b"450 later\r\n".as_slice(), false),
        (b"550 nobody\r\n", true),
    ] {
        let all = ["a@example.org", "b@example.org", "c@example.org"];
        let (rogue, deliveries) = with("RCPT TO:<b@", Act::Say(answer), &all);
        assert_eq!(deliveries.len(), 3);
        for delivery in &deliveries {
            let is_b = delivery.recipient.as_deref() == Some("b@example.org");
            match is_b {
                true if is_permanent => permanent(&delivery.outcome, Step::Recipient, "550 nobody"),
                true => transient(&delivery.outcome, Step::Recipient, "450 later"),
                false => delivered(&delivery.outcome),
            }
        }
        assert_eq!(rogue.mails().len(), 1);
    }
    let (rogue, deliveries) = with("RCPT", Act::Say(b"421 closing\r\n"), &["a@x", "b@x"]);
    transient(
        &deliveries[0].outcome,
        Step::Conversation,
        "RCPT TO: 421 closing",
    );
    assert_eq!(deliveries[0].recipient, None);
    assert!(rogue.mails().is_empty());
}

#[test]
fn answers_without_an_end() {
    let flood = vec![b'x'; 1 << 20];
    let line: &'static [u8] = Box::leak(flood.into_boxed_slice());
    for bytes in [line, b"250-and\r\n"] {
        let (_, deliveries) = with("EHLO", Act::Flood(bytes), &["a@example.org"]);
        transient(
            &deliveries[0].outcome,
            Step::Hello,
            "the answer does not end",
        );
    }
}

#[test]
fn answers_that_are_none_or_hostile() {
    let (_, deliveries) = with("greeting", Act::Say(b"HTTP/1.1 400 \x1b[2J\r\n"), &["a@x"]);
    transient(
        &deliveries[0].outcome,
        Step::Greeting,
        "not an answer of a mail server: HTTP/1.1 400 \\x1b[2J",
    );
    let (_, deliveries) = with("MAIL", Act::Say(b"250-a\r\n550 b\r\n"), &["a@x"]);
    transient(&deliveries[0].outcome, Step::Conversation, "550 b");
    let hostile = b"550 \x1b]0;owned\x07\xff\xfe \xe2\x80\xae\r\n";
    let (_, deliveries) = with("RCPT", Act::Say(hostile), &["a@x"]);
    permanent(
        &deliveries[0].outcome,
        Step::Recipient,
        "550 \\x1b]0;owned\\x07\\xff\\xfe \\u{202e}",
    );
    let (_, deliveries) = with("dot", Act::Say(b"250 \x1b[31mkept \xff\r\n"), &["a@x"]);
    delivered(&deliveries[0].outcome);
    assert_eq!(text(&deliveries[0].outcome), "\\x1b[31mkept \\xff");
}

#[test]
fn a_byte_at_a_time_is_fine_while_it_is_in_time() {
    let quick = Act::Drip(b"250-rogue\r\n250 AUTH PLAIN\r\n", Duration::from_millis(2));
    let (rogue, deliveries) = with("EHLO", quick, &["a@example.org"]);
    delivered(&deliveries[0].outcome);
    assert_eq!(
        rogue.mails(),
        ["Subject: x\nMessage-ID: <1@x>\n\n..\n...two\nend\n"]
    );
    let slow = Act::Drip(
        b"250-rogue\r\n250 AUTH PLAIN\r\n",
        Duration::from_millis(100),
    );
    let rogue = Rogue::at(Protection::None, "EHLO", slow);
    let mut settings = server(rogue.port, Tls::None);
    settings.timeout = SHORT;
    let deliveries = send(&[settings], &["a@example.org"]);
    transient(&deliveries[0].outcome, Step::Hello, "no answer within");
}

#[test]
fn bad_certificates_and_protection_that_is_not_there() {
    let certificates = Certificates::new();
    certificates.add_leaf("wrong", "DNS:other.example", 2);
    certificates.add_leaf("old", "IP:127.0.0.1", -1);
    let ca = certificates.path("ca.pem");
    let strange = Certificates::new();
    let (namesake, stranger) = (strange.path("ca.pem"), strange.path("leaf.pem"));
    for (name, ca_file, words) in [
        (
            "wrong",
            &ca,
            "the certificate is not for 127.0.0.1, but for other.example",
        ),
        ("old", &ca, "the certificate has expired"),
        ("leaf", &namesake, "not signed by a trusted authority"),
        ("leaf", &stranger, "not signed by a trusted authority"),
    ] {
        let config = certified(&certificates, name);
        for (protection, tls) in [
            (Protection::StartTls(config.clone()), Tls::StartTls),
            (Protection::Implicit(config), Tls::Implicit),
        ] {
            let rogue = Rogue::start(protection, |_| None);
            let mut settings = server(rogue.port, tls);
            settings.ca_file = Some(ca_file.clone());
            settings.login = Some(login(Auth::Offered));
            let deliveries = send(&[settings], &["a@example.org"]);
            transient(&deliveries[0].outcome, Step::Tls, words);
            let heard = rogue.heard().join("\n");
            assert!(
                !heard.contains("AUTH") && !heard.contains("MAIL"),
                "{heard}"
            );
        }
    }
    let rogue = Rogue::start(Protection::None, |_| None);
    let mut settings = server(rogue.port, Tls::StartTls);
    settings.ca_file = Some(ca);
    settings.login = Some(login(Auth::Offered));
    let deliveries = send(&[settings.clone()], &["a@example.org"]);
    transient(
        &deliveries[0].outcome,
        Step::StartTls,
        "does not offer STARTTLS; nothing was sent",
    );
    settings.tls = Tls::Implicit;
    let deliveries = send(&[settings.clone()], &["a@example.org"]);
    transient(&deliveries[0].outcome, Step::Tls, "");
    settings.port = Rogue::at(Protection::None, "greeting", Act::Stall).port;
    settings.timeout = SHORT;
    let deliveries = send(&[settings], &["a@example.org"]);
    transient(&deliveries[0].outcome, Step::Tls, "no answer within");
}

#[test]
fn words_slipped_in_before_tls_are_not_believed() {
    let certificates = Certificates::new();
    let config = certified(&certificates, "leaf");
    let rogue = Rogue::at(
        Protection::StartTls(config.clone()),
        "STARTTLS",
        Act::Say(b"220 go ahead\r\n250-forged\r\n250 AUTH LOGIN\r\n"),
    );
    let mut settings = server(rogue.port, Tls::StartTls);
    settings.ca_file = Some(certificates.path("ca.pem"));
    settings.login = Some(login(Auth::Offered));
    let deliveries = send(&[settings.clone()], &["a@example.org"]);
    transient(
        &deliveries[0].outcome,
        Step::StartTls,
        "sent data between STARTTLS and the TLS handshake",
    );
    assert!(rogue.heard().iter().all(|line| !line.starts_with("AUTH")));
    for (act, words) in [
        (Act::Stall, "no answer within"),
        (Act::Say(b"454 no TLS today\r\n"), "454 no TLS today"),
    ] {
        let rogue = Rogue::at(Protection::StartTls(config.clone()), "STARTTLS", act);
        settings.port = rogue.port;
        settings.timeout = SHORT;
        let deliveries = send(&[settings.clone()], &["a@example.org"]);
        transient(&deliveries[0].outcome, Step::StartTls, words);
    }
    let honest = Rogue::start(Protection::StartTls(config), |_| None);
    settings.port = honest.port;
    settings.timeout = LONG;
    delivered(&send(&[settings], &["a@example.org"])[0].outcome);
    assert!(
        honest
            .heard()
            .iter()
            .any(|line| line.starts_with("AUTH PLAIN"))
    );
}
