//! One letter on one of its ways out.

use super::compose;
use super::journal::{Delivery, Dispatch, Letter};
use super::message::People;
use super::transport::{Outcome, Step, Transport};
use crate::config::Config;
use crate::system::random_u64;
use chrono::{DateTime, Utc};

/// The name of the way that every letter goes.
pub(super) const MAIL: &str = "mail";

/// The names of all ways out that are configured.
pub(super) fn channels(_config: &Config) -> Vec<String> {
    vec![MAIL.to_owned()]
}

/// Sends a letter that tells of nothing to everybody configured, past the journal.
pub fn send_test(
    config: &Config,
    host: &str,
    transport: &dyn Transport,
    now: DateTime<Utc>,
) -> Vec<Delivery> {
    let domain = People::new(&config.mail, host).from.domain;
    let time = now.format("%Y%m%d%H%M%S");
    let message_id = format!("<{time}.{:016x}@{domain}>", random_u64());
    let dispatch = Dispatch {
        letter: 0,
        channel: MAIL.to_owned(),
        attempts: 0,
        first_try: None,
        delivered_to: Vec::new(),
        refused: Vec::new(),
    };
    let letter = Letter::test(message_id, now);
    send(config, host, transport, &dispatch, &letter, &|_| ())
}

/// Writes one letter and sends it to everybody who does not have it yet; `warn` hears what is
/// wrong with the templates.
pub(super) fn send(
    config: &Config,
    host: &str,
    transport: &dyn Transport,
    dispatch: &Dispatch,
    letter: &Letter,
    warn: &dyn Fn(&str),
) -> Vec<Delivery> {
    if dispatch.channel != MAIL {
        let text = format!("{} is not configured any more", dispatch.channel);
        return vec![failed(Outcome::Permanent(Step::Message, text))];
    }
    let people = People::for_audience(&config.mail, host, &letter.audience);
    let mut recipients = people.recipients();
    let settled = |address: &String| {
        dispatch.delivered_to.contains(address) || dispatch.refused.contains(address)
    };
    recipients.retain(|address| !settled(address));
    if recipients.is_empty() {
        return Vec::new();
    }
    match compose::mail(config, host, letter, recipients, &compose::system_names) {
        Ok((mail, texts)) => {
            for problem in &texts.problems {
                warn(&format!("a template of the letters failed: {problem}"));
            }
            transport.send(&mail)
        }
        Err(text) => vec![failed(Outcome::Transient(Step::Prepare, text))],
    }
}

fn failed(outcome: Outcome) -> Delivery {
    Delivery {
        recipient: None,
        outcome,
    }
}

/// What went wrong with one delivery, if something did.
pub fn problem(delivery: &Delivery) -> Option<String> {
    let (step, text) = match &delivery.outcome {
        Outcome::Delivered { .. } => return None,
        Outcome::Transient(step, text) | Outcome::Permanent(step, text) => (step, text),
    };
    Some(match &delivery.recipient {
        Some(recipient) => format!("{step} {recipient}: {text}"),
        None => format!("{step}: {text}"),
    })
}

/// What the other side said, if it took the letter.
pub(super) fn answer(delivery: Delivery) -> Option<String> {
    match delivery.outcome {
        Outcome::Delivered { answer } => Some(answer),
        Outcome::Transient(..) | Outcome::Permanent(..) => None,
    }
}

/// Whether the outcome says something about the letter, and not about the way.
pub(super) fn is_about_letter(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Delivered { .. } => true,
        Outcome::Transient(step, _) | Outcome::Permanent(step, _) => step.concerns_letter(),
    }
}
