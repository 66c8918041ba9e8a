//! Several mail servers, and the ways to log in.

use super::delivery::smtp;
use super::rogue::{Act, At, Protection, Rogue};
use super::stage::Stage;
use super::wire::{SHORT, login, send, server};
use std::net::TcpListener;
use tcpw::alert::transport::{Outcome, Step};
use tcpw::config::{Auth, Smtp, Tls};

const WHO: [&str; 1] = ["a@example.org"];

fn unprotected(port: u16) -> Smtp {
    server(port, Tls::None)
}

fn nowhere() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn good() -> Rogue {
    Rogue::start(Protection::None, |_| None)
}

#[test]
fn the_next_server_gets_what_the_first_has_certainly_not_taken() {
    let acts: [(&str, Act); 8] = [
        ("greeting", Act::Close),
        ("EHLO", Act::Say(b"421 busy\r\n")),
        ("AUTH", Act::Say(b"535 no\r\n")),
        ("MAIL", Act::Say(b"451 later\r\n")),
        ("RCPT", Act::Say(b"450 later\r\n")),
        ("DATA", Act::Close),
        ("dot", Act::Say(b"452 full\r\n")),
        ("STARTTLS", Act::Close),
    ];
    for (verb, act) in acts {
        let bad = Rogue::at(Protection::None, verb, act);
        let next = good();
        let mut first = unprotected(bad.port);
        first.login = Some(login(Auth::Offered));
        if verb == "STARTTLS" {
            first.tls = Tls::StartTls;
        }
        let deliveries = send(&[first, unprotected(next.port)], &WHO);
        assert_eq!(deliveries.len(), 1, "{verb}: {deliveries:?}");
        let outcome = &deliveries[0].outcome;
        assert!(
            matches!(outcome, Outcome::Delivered { .. }),
            "{verb}: {outcome:?}"
        );
        assert_eq!((bad.mails().len(), next.mails().len()), (0, 1), "{verb}");
    }
    let next = good();
    let deliveries = send(&[unprotected(nowhere()), unprotected(next.port)], &WHO);
    assert!(matches!(deliveries[0].outcome, Outcome::Delivered { .. }));
}

#[test]
fn the_next_server_never_gets_what_the_first_may_have_or_has_refused_for_good() {
    for (verb, act, step) in [
        ("dot", Act::Close, Step::Receipt),
        ("dot", Act::Stall, Step::Receipt),
        ("dot", Act::Say(b"what?\r\n"), Step::Receipt),
        ("dot", Act::Say(b"354 more\r\n"), Step::Receipt),
        ("dot", Act::Say(b"554 spam\r\n"), Step::Message),
        ("MAIL", Act::Say(b"550 no\r\n"), Step::Sender),
    ] {
        let bad = Rogue::at(Protection::None, verb, act);
        let next = good();
        let mut first = unprotected(bad.port);
        first.timeout = SHORT;
        let deliveries = send(&[first, unprotected(next.port)], &WHO);
        let (Outcome::Transient(at, _) | Outcome::Permanent(at, _)) = &deliveries[0].outcome else {
            panic!("{verb}: {deliveries:?}");
        };
        assert_eq!(*at, step, "{verb}");
        assert!(next.heard().is_empty(), "{verb}: {:?}", next.heard());
    }
}

#[test]
fn each_recipient_is_settled_once() {
    // a is refused for good, b and c are put off: only those two go on.
    let first = Rogue::start(Protection::None, |at| match at {
        At::Command(line) if line.starts_with("RCPT TO:<a@") => Some(Act::Say(b"550 nobody\r\n")),
        At::Command(line) if line.starts_with("RCPT") => Some(Act::Say(b"450 later\r\n")),
        At::Greeting | At::Command(_) | At::Body | At::Dot => None,
    });
    let second = Rogue::at(
        Protection::None,
        "RCPT TO:<c@",
        Act::Say(b"451 not now\r\n"),
    );
    let servers = [unprotected(first.port), unprotected(second.port)];
    let mut deliveries = send(&servers, &["a@x.org", "b@x.org", "c@x.org"]);
    deliveries.sort_by(|a, b| a.recipient.cmp(&b.recipient));
    let who: Vec<_> = deliveries
        .iter()
        .map(|d| d.recipient.clone().unwrap())
        .collect();
    assert_eq!(who, ["a@x.org", "b@x.org", "c@x.org"]);
    assert!(matches!(
        deliveries[0].outcome,
        Outcome::Permanent(Step::Recipient, _)
    ));
    assert!(matches!(deliveries[1].outcome, Outcome::Delivered { .. }));
    assert!(matches!(
        deliveries[2].outcome,
        Outcome::Transient(Step::Recipient, _)
    ));
    assert_eq!(second.mails().len(), 1);
    assert!(!second.heard().iter().any(|line| line.contains("a@x.org")));
}

#[test]
fn no_server_takes_it_and_all_are_named() {
    let refusing = Rogue::at(Protection::None, "greeting", Act::Say(b"554 no\r\n"));
    let servers = [unprotected(nowhere()), unprotected(refusing.port)];
    let deliveries = send(&servers, &WHO);
    let Outcome::Transient(step, text) = &deliveries[0].outcome else {
        panic!("{deliveries:?}");
    };
    assert_eq!(*step, Step::Greeting);
    for words in [
        format!(
            "no server took it: 127.0.0.1 port {}: connecting: ",
            servers[0].port
        ),
        format!(
            "; 127.0.0.1 port {}: waiting for the server's greeting: 554 no",
            refusing.port
        ),
    ] {
        assert!(text.contains(&words), "{words:?} in {text:?}");
    }
}

#[test]
fn mail_test_shows_each_server_that_was_tried() {
    let (away, next) = (nowhere(), good());
    let text = smtp(away, "tls = 'none'\n").replace("[mail.smtp]", "[[mail.smtp]]");
    let more = format!(
        "[[mail.smtp]]\nhost = 'localhost'\nport = {}\ntls = 'none'\n",
        next.port
    );
    let stage = Stage::configured(&format!("{text}{more}"));
    stage.run(&["mail", "test"]).says(
        0,
        &[
            &format!("transport: smtp, to 127.0.0.1 port {away} (unprotected), else to localhost"),
            &format!("tried 127.0.0.1 port {away}: connecting: Connection refused"),
            &format!("tried localhost port {}: accepted", next.port),
            &format!(
                "sent to a@example.org: localhost port {}: 2.0.0 kept",
                next.port
            ),
        ],
    );
}

/// A server that offers `offered`, and answers AUTH as planned.
fn offering(
    offered: &'static [u8],
    answer: impl Fn(&str) -> Option<&'static [u8]> + Send + Sync + 'static,
) -> Rogue {
    Rogue::start(Protection::None, move |at| match at {
        At::Command(line) if line.starts_with("EHLO") => Some(Act::Say(offered)),
        At::Command(line) => answer(line).map(Act::Say),
        At::Greeting | At::Body | At::Dot => None,
    })
}

fn try_login(rogue: &Rogue, auth: Auth) -> Outcome {
    let mut settings = unprotected(rogue.port);
    settings.login = Some(login(auth));
    send(&[settings], &WHO).remove(0).outcome
}

#[test]
fn what_the_server_offers_decides_how_to_log_in() {
    // "u" and "geheim" in the way of each.
    for (offered, auth, wanted) in [
        (
            b"250-x\r\n250 AUTH LOGIN PLAIN\r\n".as_slice(),
            Auth::Offered,
            "AUTH PLAIN AHUAZ2VoZWlt",
        ),
        (
            b"250-x\r\n250 auth=plain\r\n",
            Auth::Plain,
            "AUTH PLAIN AHUAZ2VoZWlt",
        ),
        (
            b"250-x\r\n250 AUTH GSSAPI XOAUTH2\r\n",
            Auth::Xoauth2,
            "AUTH XOAUTH2 dXNlcj11AWF1dGg9QmVhcmVyIGdlaGVpbQEB",
        ),
    ] {
        let rogue = offering(offered, |_| None);
        let outcome = try_login(&rogue, auth);
        assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
        assert!(
            rogue.heard().iter().any(|line| line == wanted),
            "{:?}",
            rogue.heard()
        );
    }
    let rogue = offering(b"250-x\r\n250 AUTH LOGIN\r\n", |line| match line {
        "AUTH LOGIN" => Some(b"334 VXNlcm5hbWU6\r\n"),
        "dQ==" => Some(b"334 UGFzc3dvcmQ6\r\n"),
        "Z2VoZWlt" => Some(b"235 welcome\r\n"),
        _ => None,
    });
    let outcome = try_login(&rogue, Auth::Offered);
    assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
}

#[test]
fn no_common_way_to_log_in_is_told_and_no_password_is_sent() {
    for (offered, auth, words) in [
        (
            b"250-x\r\n250 AUTH CRAM-MD5 \x1b[2J\r\n".as_slice(),
            Auth::Offered,
            "the server offers CRAM-MD5, \\x1b[2J; PLAIN or LOGIN is needed",
        ),
        (
            b"250-x\r\n250 AUTH PLAIN\r\n",
            Auth::Xoauth2,
            "offers PLAIN; XOAUTH2 is needed",
        ),
        (
            b"250 x\r\n",
            Auth::Offered,
            "offers no authentication at all",
        ),
    ] {
        let rogue = offering(offered, |_| None);
        let Outcome::Transient(Step::Auth, text) = try_login(&rogue, auth) else {
            panic!("{words}");
        };
        assert!(text.contains(words), "{words:?} in {text:?}");
        assert!(!rogue.heard().iter().any(|line| line.starts_with("AUTH")));
    }
}

#[test]
fn a_token_that_is_refused_is_told_in_the_servers_words() {
    let rogue = offering(b"250-x\r\n250 AUTH XOAUTH2\r\n", |line| match line {
        "" => Some(b"535 5.7.8 token expired\r\n"),
        _ if line.starts_with("AUTH") => Some(b"334 eyJzdGF0dXMiOiI0MDEifQ==\r\n"),
        _ => None,
    });
    let Outcome::Permanent(Step::Auth, text) = try_login(&rogue, Auth::Xoauth2) else {
        panic!("it was refused");
    };
    assert_eq!(text.text, "535 5.7.8 token expired");
    let endless = offering(b"250-x\r\n250 AUTH PLAIN\r\n", |line| {
        let is_login = line.is_empty() || line.starts_with("AUTH");
        is_login.then_some(b"334 more\r\n")
    });
    let Outcome::Transient(Step::Auth, text) = try_login(&endless, Auth::Plain) else {
        panic!("it never ends");
    };
    assert_eq!(text.text, "the server asks again and again");
}
