//! Each step of SMTP has its own answer: another yes than that is none.

use super::delivery::smtp;
use super::rogue::{Act, Protection, Rogue, certified};
use super::server::Certificates;
use super::stage::Stage;
use super::wire::{login, send, server};
use tcpw::alert::transport::{Outcome, Step};
use tcpw::config::{Auth, Tls};

/// The only outcome for one recipient: it must be one for later.
fn put_off(rogue: &Rogue, tls: Tls, certificates: &Certificates) -> (Step, String) {
    let mut settings = server(rogue.port, tls);
    settings.ca_file = Some(certificates.path("ca.pem"));
    settings.login = Some(login(Auth::Offered));
    let outcome = send(&[settings], &["a@example.org"]).remove(0).outcome;
    let Outcome::Transient(step, fault) = &outcome else {
        return (Step::File, format!("not put off: {outcome:?}"));
    };
    (*step, fault.text.clone())
}

#[test]
fn another_yes_than_the_one_that_belongs_to_a_step_is_none() {
    let certificates = Certificates::new();
    let cases: [(&str, &[u8], Step, &str); 14] = [
        ("greeting", b"250 hello\r\n", Step::Greeting, "250 hello"),
        ("EHLO", b"220 hello\r\n", Step::Hello, "220 hello"),
        ("EHLO", b"354 hello\r\n", Step::Hello, "354 hello"),
        ("AUTH", b"250 fine\r\n", Step::Auth, "250 fine"),
        ("AUTH", b"200 fine\r\n", Step::Auth, "200 fine"),
        ("AUTH", b"221 bye\r\n", Step::Auth, "221 bye"),
        ("AUTH", b"354 go on\r\n", Step::Auth, "354 go on"),
        ("MAIL", b"220 x\r\n", Step::Conversation, "MAIL FROM: "),
        ("MAIL", b"354 x\r\n", Step::Conversation, "MAIL FROM: "),
        ("RCPT", b"220 x\r\n", Step::Conversation, "RCPT TO: "),
        ("RCPT", b"354 x\r\n", Step::Conversation, "RCPT TO: "),
        ("RCPT", b"235 x\r\n", Step::Conversation, "RCPT TO: "),
        ("DATA", b"250 x\r\n", Step::Conversation, "DATA: "),
        ("DATA", b"334 x\r\n", Step::Conversation, "DATA: "),
    ];
    for (verb, answer, step, words) in cases {
        let rogue = Rogue::at(Protection::None, verb, Act::Say(answer));
        let (at, text) = put_off(&rogue, Tls::None, &certificates);
        assert_eq!(at, step, "{verb}: {text}");
        assert!(text.contains(words), "{words:?} is missing in {text:?}");
        assert!(text.contains(" must come"), "{text}");
        assert!(rogue.mails().is_empty(), "{verb} {text}");
    }
}

#[test]
fn after_another_yes_to_starttls_nothing_is_sent_in_tls_or_plainly() {
    let certificates = Certificates::new();
    for answer in [b"250 fine\r\n".as_slice(), b"200 x\r\n", b"354 go on\r\n"] {
        let config = certified(&certificates, "leaf");
        let protection = Protection::StartTls(config);
        let rogue = Rogue::at(protection, "STARTTLS", Act::Say(answer));
        let (step, text) = put_off(&rogue, Tls::StartTls, &certificates);
        assert_eq!(step, Step::StartTls, "{text}");
        let heard = rogue.heard();
        assert_eq!(heard.last().map(String::as_str), Some("STARTTLS"));
    }
}

#[test]
fn relatives_of_250_are_a_yes_to_an_address() {
    for verb in ["MAIL", "RCPT"] {
        for answer in [b"251 will forward\r\n".as_slice(), b"252 will try\r\n"] {
            let rogue = Rogue::at(Protection::None, verb, Act::Say(answer));
            let outcome = &send(&[server(rogue.port, Tls::None)], &["a@x.org"])[0].outcome;
            assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
            assert_eq!(rogue.mails().len(), 1);
        }
    }
}

#[test]
fn a_recipient_that_is_answered_out_of_turn_takes_the_others_along() {
    let certificates = Certificates::new();
    let rogue = Rogue::at(Protection::None, "RCPT TO:<b@", Act::Say(b"354 go on\r\n"));
    let mut settings = server(rogue.port, Tls::None);
    settings.ca_file = Some(certificates.path("ca.pem"));
    let deliveries = send(&[settings], &["a@x.org", "b@x.org", "c@x.org"]);
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].recipient, None);
    assert!(matches!(
        deliveries[0].outcome,
        Outcome::Transient(Step::Conversation, _)
    ));
    assert!(rogue.mails().is_empty());
    assert!(rogue.heard().iter().all(|line| !line.starts_with("DATA")));
}

#[test]
fn the_greeting_line_of_ehlo_offers_nothing() {
    let certificates = Certificates::new();
    let greets = Act::Say(b"250-STARTTLS at your service\r\n250 SIZE 1000\r\n");
    let rogue = Rogue::at(Protection::None, "EHLO", greets);
    let (step, text) = put_off(&rogue, Tls::StartTls, &certificates);
    assert_eq!(step, Step::StartTls);
    assert!(text.contains("does not offer STARTTLS"), "{text}");
    let greets = Act::Say(b"250 AUTH PLAIN LOGIN\r\n");
    let rogue = Rogue::at(Protection::None, "EHLO", greets);
    let (step, text) = put_off(&rogue, Tls::None, &certificates);
    assert_eq!(step, Step::Auth);
    assert!(text.contains("no authentication at all"), "{text}");
    assert!(rogue.heard().iter().all(|line| !line.starts_with("AUTH")));
}

#[test]
fn no_help_suggests_to_do_without_tls() {
    for (verb, answer, keys) in [
        ("EHLO", "250 rogue", "tls = 'starttls'\n"),
        ("STARTTLS", "454 no TLS today", "tls = 'starttls'\n"),
        ("STARTTLS", "250 fine", "tls = 'starttls'\n"),
        ("STARTTLS", "502 not implemented", "tls = 'starttls'\n"),
        ("greeting", "220 plain", "tls = 'implicit'\n"),
        ("greeting", "554 no", "tls = 'starttls'\n"),
    ] {
        let line: &'static [u8] =
            Box::leak(format!("{answer}\r\n").into_bytes().into_boxed_slice());
        let offers = Rogue::start(Protection::None, move |at| match at {
            super::rogue::At::Greeting if verb == "greeting" => Some(Act::Say(line)),
            super::rogue::At::Command(command) if command.starts_with(verb) => Some(Act::Say(line)),
            super::rogue::At::Command(command) if command.starts_with("EHLO") => {
                Some(Act::Say(b"250-rogue\r\n250 STARTTLS\r\n"))
            }
            super::rogue::At::Greeting
            | super::rogue::At::Command(_)
            | super::rogue::At::Body
            | super::rogue::At::Dot => None,
        });
        let ran = Stage::configured(&smtp(offers.port, keys)).run(&["mail", "test"]);
        ran.says(1, &["not sent"]);
        let all = format!("{}{}", ran.out, ran.err);
        assert!(!all.contains("none"), "{verb} {answer}: {all}");
    }
}
