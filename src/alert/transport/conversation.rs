//! One mail and one server: SMTP, one step after another, so that what fails has a name
//! (RFC 5321, 3207, 4954, 8314), and so that it is always known whether the mail may have been
//! taken.

use crate::alert::model::answer::Answer;
use crate::alert::model::fault::{Cause, Fault};
use crate::alert::model::outcome::Delivery;
use crate::alert::model::outcome::{Mail, Outcome, Step};
use crate::alert::transport::tls;
use crate::alert::transport::wire::{Broken, Reply, Wire};
use crate::config::{Auth, Login, Smtp, Tls};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::Auth as AuthCommand;
use lettre::transport::smtp::response::Response;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

/// How much of an answer is kept.
const MOST_SAID: usize = 500;
/// Once the mail is settled, a server has this long to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);
/// A server that said nothing has this long to answer to TLS.
const SECOND_TRY: Duration = Duration::from_secs(2);
/// The server is about to close the connection (RFC 5321, 4.2.3).
const CLOSING: u16 = 421;
/// The service is ready: the answer to a connection and to STARTTLS (RFC 5321, 4.2.3; RFC 3207, 4).
const READY: u16 = 220;
/// The login is accepted (RFC 4954, 6).
const LOGGED_IN: u16 = 235;
/// The login goes on with a question.
const CHALLENGE: u16 = 334;
/// What was asked for is done: 250, and its relatives (RFC 5321, 4.2.3).
const DONE: RangeInclusive<u16> = 250..=259;
/// The message may follow (RFC 5321, 4.1.1.4).
const GO_ON: RangeInclusive<u16> = 354..=354;
/// LOGIN asks for a name and a password; who asks for more will never be satisfied.
const MOST_CHALLENGES: usize = 3;

/// What is needed to speak to a server.
pub(super) struct Setting<'a> {
    pub(super) server: &'a Smtp,
    /// How we call ourselves.
    pub(super) hello: &'a str,
    pub(super) tls: Option<tls::Client>,
    pub(super) credentials: Option<Credentials>,
    pub(super) addresses: Vec<SocketAddr>,
    /// When everything must be over.
    pub(super) end: Instant,
}

/// What one server made of a mail.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// What is settled for this attempt: taken, refused for good, to be tried later, or unknown.
    pub(super) settled: Vec<Delivery>,
    /// What another server may do now: this one has certainly not taken it.
    pub(super) open: Vec<Delivery>,
}

impl Progress {
    /// Nothing was sent.
    pub(super) fn nothing(outcome: Outcome) -> Self {
        Self {
            settled: Vec::new(),
            open: crate::alert::transport::channel::for_all(outcome),
        }
    }
}

/// A connection that is protected and logged in as the settings demand.
///
/// # Errors
/// The step that failed. Nothing of the mail was sent.
pub(super) fn connect(setting: &Setting<'_>) -> Result<Wire, Outcome> {
    let Setting { server, tls, .. } = setting;
    let at = |step: Step| move |broken: Broken| Outcome::Transient(step, broken.into());
    let mut wire = Wire::connect(&setting.addresses, server.timeout, setting.end)
        .map_err(at(Step::Connect))?;
    if let (Tls::Implicit, Some(tls)) = (server.tls, tls) {
        wire = wire.protect(tls, &server.host).map_err(at(Step::Tls))?;
    }
    match wire.greeting() {
        Err(Broken::Silent) if !wire.is_protected() => return Err(silent(wire)),
        greeting => expected(greeting, Step::Greeting, READY..=READY)?,
    };
    let mut offers = hello(&mut wire, setting.hello)?;
    if let (Tls::StartTls, Some(tls)) = (server.tls, tls) {
        if !offers.starttls {
            let text = "the server does not offer STARTTLS; nothing was sent";
            let fault = Fault::new(Cause::NoStartTls, text);
            return Err(Outcome::Transient(Step::StartTls, fault));
        }
        expected(wire.command("STARTTLS\r\n"), Step::StartTls, READY..=READY)?;
        wire = wire.protect(tls, &server.host).map_err(|broken| {
            let step = if matches!(broken, Broken::Injected) {
                Step::StartTls
            } else {
                Step::Tls
            };
            Outcome::Transient(step, broken.into())
        })?;
        // What was offered before is forgotten: nobody vouches for it.
        offers = hello(&mut wire, setting.hello)?;
    }
    if let (Some(login), Some(credentials)) = (&server.login, &setting.credentials) {
        log_in(&mut wire, login, credentials, &offers)?;
    }
    Ok(wire)
}

/// A server that said nothing first waits for TLS, or is not a mail server.
fn silent(wire: Wire) -> Outcome {
    let fault = if wire.speaks_tls(SECOND_TRY) {
        let text = "the server says nothing first: it speaks TLS from the first byte";
        Fault::new(Cause::SpeaksTls, text)
    } else {
        Broken::Silent.into()
    };
    Outcome::Transient(Step::Greeting, fault)
}

/// What a server says it can do.
#[derive(Debug, Default)]
struct Offers {
    starttls: bool,
    /// The ways of AUTH, in capitals.
    auth: Vec<String>,
}

fn hello(wire: &mut Wire, name: &str) -> Result<Offers, Outcome> {
    let reply = expected(wire.command(&format!("EHLO {name}\r\n")), Step::Hello, DONE)?;
    let mut offers = Offers::default();
    // The first line is the server's name and greeting, whatever it looks like (RFC 5321, 4.1.1.1).
    for line in reply.lines.iter().skip(1) {
        let line = String::from_utf8_lossy(line).to_ascii_uppercase();
        let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
        match words.next() {
            Some("STARTTLS") => offers.starttls = true,
            Some("AUTH") => offers.auth.extend(words.map(str::to_owned)),
            _ => {}
        }
    }
    Ok(offers)
}

fn log_in(
    wire: &mut Wire,
    login: &Login,
    credentials: &Credentials,
    offers: &Offers,
) -> Result<(), Outcome> {
    let failed = |fault: Fault| Outcome::Transient(Step::Auth, fault);
    if !wire.is_protected() && !wire.is_local() {
        let text = "the password would cross the network readable; it was not sent";
        return Err(failed(Fault::new(Cause::NoProtection, text)));
    }
    let wanted: &[Mechanism] = match login.auth {
        Auth::Offered => &[Mechanism::Plain, Mechanism::Login],
        Auth::Plain => &[Mechanism::Plain],
        Auth::Login => &[Mechanism::Login],
        Auth::Xoauth2 => &[Mechanism::Xoauth2],
    };
    let is_offered = |mechanism: &&Mechanism| {
        let name = mechanism.to_string();
        offers.auth.contains(&name)
    };
    let Some(&mechanism) = wanted.iter().find(is_offered) else {
        let text = no_common_way(wanted, offers);
        return Err(failed(Fault::new(Cause::NoCommonLogin, text)));
    };
    let odd =
        |error: &dyn std::fmt::Display| failed(visible(&format!("{mechanism}: {error}")).into());
    let command = AuthCommand::new(mechanism, credentials.clone(), None).map_err(|e| odd(&e))?;
    let mut reply = wire.command(&command.to_string());
    for _ in 0..MOST_CHALLENGES {
        let challenge = match &reply {
            Ok(reply) if reply.code == CHALLENGE => reply.text(MOST_SAID),
            Ok(_) | Err(_) => break,
        };
        let answer = if mechanism == Mechanism::Login {
            let challenge: Response = format!("334 {challenge}\r\n")
                .parse()
                .map_err(|e| odd(&e))?;
            AuthCommand::new_from_response(mechanism, credentials.clone(), &challenge)
                .map_err(|e| odd(&e))?
                .to_string()
        } else {
            // The others have said everything: the challenge tells why it is not enough, and the
            // refusal follows an empty answer.
            "\r\n".to_owned()
        };
        reply = wire.command(&answer);
    }
    if reply.as_ref().is_ok_and(|reply| reply.code == CHALLENGE) {
        return Err(failed("the server asks again and again".into()));
    }
    expected(reply, Step::Auth, LOGGED_IN..=LOGGED_IN).map(drop)
}

fn no_common_way(wanted: &[Mechanism], offers: &Offers) -> String {
    let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    let offered = if offers.auth.is_empty() {
        "no authentication at all here".to_owned()
    } else {
        visible(&offers.auth.join(", "))
    };
    let wanted = wanted.join(" or ");
    format!(
        "the server offers {offered}; {wanted} is needed (mail.smtp.auth); no password was sent"
    )
}

/// MAIL, RCPT for each, DATA for those that were accepted.
pub(super) fn hand_over(wire: &mut Wire, mail: &Mail) -> Progress {
    let sender = wire.command(&format!("MAIL FROM:<{}>\r\n", mail.from));
    if let Err(outcome) = answered(sender, "MAIL FROM", Step::Sender, DONE) {
        return match with_address(outcome, &mail.from) {
            refusal @ Outcome::Permanent(..) => Progress {
                settled: crate::alert::transport::channel::for_all(refusal),
                open: Vec::new(),
            },
            open @ (Outcome::Transient(..) | Outcome::Delivered { .. }) => Progress::nothing(open),
        };
    }
    let mut accepted = Vec::new();
    let mut refused = Vec::new();
    for recipient in &mail.recipients {
        let reply = wire.command(&format!("RCPT TO:<{recipient}>\r\n"));
        let is_over = reply
            .as_ref()
            .map_or(true, |reply| reply.code == CLOSING || reply.is_positive());
        match answered(reply, "RCPT TO", Step::Recipient, DONE) {
            Ok(_) => accepted.push(recipient.clone()),
            // The connection is gone, or nobody knows any more what the server answers; and with
            // it what was accepted.
            Err(outcome) if is_over => return Progress::nothing(outcome),
            Err(outcome) => refused.push(Delivery {
                recipient: Some(recipient.clone()),
                outcome,
            }),
        }
    }
    let mut progress = Progress::default();
    if !accepted.is_empty() {
        let (outcome, is_open) = send_message(wire, &mail.bytes);
        let deliveries = crate::alert::transport::channel::for_each(&accepted, &outcome);
        if is_open {
            progress.open = deliveries;
        } else {
            progress.settled = deliveries;
        }
    }
    // Whom this server does not take now another one may, unless this one has taken the rest:
    // then it has promised to be the one for this mail, and is asked again later.
    let is_for_others = progress.settled.is_empty();
    for delivery in refused {
        let is_transient = matches!(delivery.outcome, Outcome::Transient(..));
        if is_transient && is_for_others {
            progress.open.push(delivery);
        } else {
            progress.settled.push(delivery);
        }
    }
    progress
}

/// DATA and the message. The second value: whether the server has certainly not taken it, and
/// another may be tried.
fn send_message(wire: &mut Wire, message: &[u8]) -> (Outcome, bool) {
    if let Err(outcome) = answered(wire.command("DATA\r\n"), "DATA", Step::Message, GO_ON) {
        let is_transient = matches!(outcome, Outcome::Transient(..));
        return (outcome, is_transient);
    }
    wire.begin_long_step();
    if let Err(broken) = wire.send(&stuffed(message)) {
        // Without its end no server takes a message (RFC 5321, 4.1.1.4).
        let text = format!("{broken} before the message was complete");
        return (Outcome::Transient(Step::Message, text.into()), true);
    }
    // From here on the server may have taken it, whatever we hear or do not hear; it has all the
    // time that is left, for a mail that is sent twice is worse than one that is slow.
    let reply = wire.send(b".\r\n").and_then(|()| wire.reply());
    match reply {
        Ok(reply) if (200..300).contains(&reply.code) => {
            let answer = reply.text(MOST_SAID);
            (Outcome::Delivered { answer }, false)
        }
        Ok(reply) if reply.is_positive() => {
            unknown(&format!("{} {}", reply.code, reply.text(MOST_SAID)))
        }
        Ok(reply) => {
            let outcome = refusal(&reply, Step::Message);
            let is_transient = matches!(outcome, Outcome::Transient(..));
            (outcome, is_transient)
        }
        Err(broken) => unknown(&broken.to_string()),
    }
}

fn unknown(what: &str) -> (Outcome, bool) {
    let text = format!(
        "{what}; the mail may have been taken all the same: it is sent again later, with the same Message-ID"
    );
    (Outcome::Transient(Step::Receipt, text.into()), false)
}

/// The message with a second dot before each line that begins with one (RFC 5321, 4.5.2), and
/// with no line end but CRLF: servers that take another one for the end of the message are the
/// door of smuggled mails.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + message.len() / 64 + 2);
    let mut is_start = true;
    let mut last = 0;
    for &byte in message {
        match byte {
            b'\n' if last == b'\r' => {}
            b'\r' | b'\n' => {
                out.extend_from_slice(b"\r\n");
                is_start = true;
            }
            _ => {
                if is_start && byte == b'.' {
                    out.push(b'.');
                }
                is_start = false;
                out.push(byte);
            }
        }
        last = byte;
    }
    if !is_start {
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// The mail is settled; a server that cannot say goodbye changes nothing.
pub(super) fn leave(wire: &mut Wire) {
    if !wire.is_broken() {
        wire.hurry(FAREWELL);
        drop(wire.command("QUIT\r\n"));
    }
}

/// The answer that must come at a step on the way to the server: any other yes says that the two
/// sides do not speak about the same thing.
fn expected(
    reply: Result<Reply, Broken>,
    step: Step,
    codes: RangeInclusive<u16>,
) -> Result<Reply, Outcome> {
    match reply {
        Err(broken) => Err(Outcome::Transient(step, broken.into())),
        Ok(reply) if codes.contains(&reply.code) => Ok(reply),
        Ok(reply) if reply.is_positive() => {
            Err(Outcome::Transient(step, out_of_turn(&reply, &codes).into()))
        }
        Ok(reply) => Err(refusal(&reply, step)),
    }
}

fn out_of_turn(reply: &Reply, codes: &RangeInclusive<u16>) -> String {
    let (code, said) = (reply.code, reply.text(MOST_SAID));
    format!(
        "the server answered {code} {said} where {} must come",
        codes.start()
    )
}

/// What is not a yes to a command about the mail: a refusal is about the mail, a broken
/// connection is not.
fn answered(
    reply: Result<Reply, Broken>,
    verb: &str,
    step: Step,
    codes: RangeInclusive<u16>,
) -> Result<Reply, Outcome> {
    match reply {
        Err(broken) => Err(Outcome::Transient(
            Step::Conversation,
            Fault::from(broken).reworded(|text| format!("{verb}: {text}")),
        )),
        Ok(reply) if codes.contains(&reply.code) => Ok(reply),
        Ok(reply) if reply.is_positive() => Err(Outcome::Transient(
            Step::Conversation,
            format!("{verb}: {}", out_of_turn(&reply, &codes)).into(),
        )),
        Ok(reply) if reply.code == CLOSING => Err(Outcome::Transient(
            Step::Conversation,
            refused(&reply).reworded(|text| format!("{verb}: {text}")),
        )),
        Ok(reply) => Err(refusal(&reply, step)),
    }
}

/// What is about the way and not about the mail may be repaired, or another server may do better:
/// it is not for good, whatever the code says.
fn refusal(reply: &Reply, step: Step) -> Outcome {
    let fault = refused(reply);
    let is_for_later = step.concerns_letter() && fault.concerns_way();
    if reply.is_transient() || is_for_later {
        Outcome::Transient(step, fault)
    } else {
        Outcome::Permanent(step, fault)
    }
}

fn refused(reply: &Reply) -> Fault {
    let said = reply.text(MOST_SAID);
    let answer = Answer::of(reply.code, &said);
    Fault::new(Cause::Refused(answer), format!("{} {said}", reply.code))
}

fn with_address(outcome: Outcome, address: &str) -> Outcome {
    match outcome {
        Outcome::Transient(step, fault) if step == Step::Sender => {
            Outcome::Transient(step, fault.reworded(|text| format!("{address}: {text}")))
        }
        Outcome::Permanent(step, fault) => {
            Outcome::Permanent(step, fault.reworded(|text| format!("{address}: {text}")))
        }
        other @ (Outcome::Transient(..) | Outcome::Delivered { .. }) => other,
    }
}

fn visible(text: &str) -> String {
    crate::escape::visible_short(text.as_bytes(), MOST_SAID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_message_is_its_end() {
        assert_eq!(stuffed(b".\r\n..x\r\na.\r\n"), b"..\r\n...x\r\na.\r\n");
        assert_eq!(
            stuffed(b"a\n.\nb\r.\r\r\nc"),
            b"a\r\n..\r\nb\r\n..\r\n\r\nc\r\n"
        );
    }
}
