//! One letter on one of its ways out.

use crate::alert::deliver::compose;
use crate::alert::journal::Dispatch;
use crate::alert::letter::mime::People;
use crate::alert::model::channel_note::ChannelNote;
use crate::alert::model::fault::Cause;
use crate::alert::model::letter::Letter;
use crate::alert::model::outcome::Delivery;
use crate::alert::model::outcome::{Outcome, Step};
use crate::alert::transport::channel::Transport;
use crate::alert::transport::open::open_channel;
use crate::config::{ChannelSettings, Config};
use crate::system::random_u64;
use chrono::{DateTime, Utc};
use std::iter;
use std::path::Path;
use std::time::Duration;

/// The name of the way that every letter goes.
pub(crate) const MAIL: &str = "mail";

/// What is needed to send letters.
pub(crate) struct Sender<'a> {
    pub(crate) config: &'a Config,
    /// This machine's name.
    pub(crate) host: &'a str,
    /// The way of mails.
    pub(crate) transport: &'a dyn Transport,
    /// The directory of systemd's credentials, if there is one.
    pub(crate) credentials: Option<&'a Path>,
}

/// The names of all ways out that are configured.
pub(crate) fn channels(config: &Config) -> Vec<String> {
    let others = config.channels.iter().map(way);
    iter::once(MAIL.to_owned()).chain(others).collect()
}

/// How a channel is called in the queue.
fn way(channel: &ChannelSettings) -> String {
    match channel {
        ChannelSettings::Command(command) => format!("command:{}", command.name),
        ChannelSettings::Webhook(webhook) => format!("webhook:{}", webhook.name),
    }
}

/// What became of a letter on one of its ways.
pub(crate) struct Sent {
    pub(crate) deliveries: Vec<Delivery>,
    /// How long the other side has asked to be left alone.
    pub(crate) wait: Option<Duration>,
    /// What is wrong with the templates.
    pub(crate) complaints: Vec<String>,
}

impl Sent {
    fn failed(outcome: Outcome) -> Self {
        Self {
            deliveries: vec![failed(outcome)],
            wait: None,
            complaints: Vec::new(),
        }
    }
}

/// Sends a letter that tells of nothing to everybody configured, past the journal; gives its
/// Message-ID too.
pub fn send_test(
    config: &Config,
    host: &str,
    transport: &dyn Transport,
    now: DateTime<Utc>,
) -> (String, Vec<Delivery>) {
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
    let letter = Letter::test(message_id.clone(), now);
    (
        message_id,
        send(
            &Sender {
                config,
                host,
                transport,
                credentials: None,
            },
            &dispatch,
            &letter,
        )
        .deliveries,
    )
}

/// Writes one letter and sends it to everybody who does not have it yet.
pub(crate) fn send(sender: &Sender<'_>, dispatch: &Dispatch, letter: &Letter) -> Sent {
    if dispatch.channel == MAIL {
        return send_mail(sender, dispatch, letter);
    }
    let mut channels = sender.config.channels.iter();
    let Some(channel) = channels.find(|channel| way(channel) == dispatch.channel) else {
        let text = format!("{} is not configured any more", dispatch.channel);
        return Sent::failed(Outcome::Permanent(Step::Message, text.into()));
    };
    let names = &compose::system_names;
    match compose::texts(sender.config, sender.host, letter, &[], names) {
        Ok(texts) => {
            let note = ChannelNote::of(letter, &texts, sender.host);
            let channel = open_channel(channel, sender.credentials);
            let outcome = channel.send(&note);
            Sent {
                wait: channel.asked_to_wait(),
                complaints: texts.problems,
                ..Sent::failed(outcome)
            }
        }
        Err(error) => Sent::failed(Outcome::Transient(Step::Prepare, error.to_string().into())),
    }
}

fn send_mail(sender: &Sender<'_>, dispatch: &Dispatch, letter: &Letter) -> Sent {
    let config = sender.config;
    let people = People::for_audience(&config.mail, sender.host, &letter.audience);
    let mut recipients = people.recipients();
    let settled = |address: &String| {
        dispatch.delivered_to.contains(address) || dispatch.refused.contains(address)
    };
    recipients.retain(|address| !settled(address));
    if recipients.is_empty() {
        return Sent {
            deliveries: Vec::new(),
            wait: None,
            complaints: Vec::new(),
        };
    }
    match compose::mail(
        config,
        sender.host,
        letter,
        recipients,
        &compose::system_names,
    ) {
        Ok((mail, texts)) => Sent {
            deliveries: sender.transport.send(&mail),
            wait: None,
            complaints: texts.problems,
        },
        Err(text) => Sent::failed(Outcome::Transient(Step::Prepare, text.into())),
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
pub(crate) fn answer(delivery: Delivery) -> Option<String> {
    match delivery.outcome {
        Outcome::Delivered { answer } => Some(answer),
        Outcome::Transient(..) | Outcome::Permanent(..) => None,
    }
}

/// Whether the outcome says something about the letter, and not about the way.
pub(crate) fn is_about_letter(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Delivered { .. } => true,
        Outcome::Transient(step, fault) | Outcome::Permanent(step, fault) => {
            step.concerns_letter() && !fault.concerns_way()
        }
    }
}

/// Whether it failed for want of something that another process may have.
pub(crate) fn lacks_surroundings(delivery: &Delivery) -> bool {
    match &delivery.outcome {
        Outcome::Delivered { .. } => false,
        Outcome::Transient(_, fault) | Outcome::Permanent(_, fault) => {
            fault.cause == Cause::Surroundings
        }
    }
}
