//! The two kinds of ways out: of mails, and of notes to services and programs.

use crate::alert::model::channel_note::ChannelNote;
use crate::alert::model::outcome::{Delivery, Mail, Outcome, Rehearsal, ServerAttempt};
use std::time::Duration;

/// A way out.
pub trait Transport: Sync {
    /// Sends one mail. Gives one delivery for each recipient, or one for all of them.
    fn send(&self, mail: &Mail) -> Vec<Delivery>;
    /// Which way and where to, for people.
    fn describe(&self) -> String;
    /// Connects to each server, protects the connection and logs in as for a mail, and sends none.
    /// Nothing where there is no server to connect to.
    fn rehearse(&self) -> Vec<Rehearsal> {
        Vec::new()
    }
    /// What the last [`send`](Self::send) met on its way, one server after another; nothing where
    /// there is only one way.
    fn attempts(&self) -> Vec<ServerAttempt> {
        Vec::new()
    }
}

/// A way to tell beside mail.
pub trait Channel {
    /// Tells `note`, or says why not.
    fn send(&self, note: &ChannelNote) -> Outcome;
    /// Which way and where to, for people; never a secret.
    fn describe(&self) -> String;
    /// How long the other side has asked to be left alone. Until then [`send`](Self::send) fails
    /// without asking it.
    fn asked_to_wait(&self) -> Option<Duration> {
        None
    }
}

/// One delivery that speaks for all recipients.
pub(crate) fn for_all(outcome: Outcome) -> Vec<Delivery> {
    vec![Delivery {
        recipient: None,
        outcome,
    }]
}

/// One delivery for each recipient, all with the same outcome.
pub(crate) fn for_each(recipients: &[String], outcome: &Outcome) -> Vec<Delivery> {
    recipients
        .iter()
        .map(|recipient| Delivery {
            recipient: Some(recipient.clone()),
            outcome: outcome.clone(),
        })
        .collect()
}
