//! The ways out for a mail, behind one trait; each says exactly at which step it failed.

mod answer;
mod command;
mod conversation;
mod fault;
mod file;
mod password;
mod pinned;
mod program;
mod sendmail;
mod smtp;
mod tls;
mod webhook;
mod wire;

pub use answer::{Answer, Sense, Status};
pub use fault::{Cause, CertificateFault, Fault};
pub use file::FileTransport;
pub use sendmail::SendmailTransport;
pub use smtp::SmtpTransport;

use super::journal::Delivery;
use super::note::Note;
use crate::config;
use crate::system::full_host_name;
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// A mail as a transport needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The sender of the envelope.
    pub from: String,
    /// The recipients of the envelope: everybody who is to receive it, the Bcc too.
    pub recipients: Vec<String>,
    /// The message: ASCII, lines ending in CRLF.
    pub bytes: Vec<u8>,
    /// The part of the Message-ID in front of the `@`: safe as a file name.
    pub name: String,
}

/// Where in the sending of a mail something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Before anything was sent: password, certificates, the mail itself.
    Prepare,
    /// Looking up the server's name.
    Resolve,
    /// Connecting.
    Connect,
    /// The server's first words.
    Greeting,
    /// The EHLO command.
    Hello,
    /// The STARTTLS command.
    StartTls,
    /// The TLS handshake.
    Tls,
    /// Logging in.
    Auth,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA and the message.
    Message,
    /// The message is sent; whether it was taken is not known.
    Receipt,
    /// The connection broke, or nothing was heard, between the login and the message.
    Conversation,
    /// Posting to a service.
    Post,
    /// Running a local program.
    Program,
    /// Writing a file.
    File,
}

impl Step {
    /// Whether what failed at this step is about the letter and not about the way to the server,
    /// so that other letters may fare better. A message at which the connection breaks is one:
    /// a filter may break it each time.
    pub fn concerns_letter(self) -> bool {
        matches!(
            self,
            Self::Sender | Self::Recipient | Self::Message | Self::Receipt | Self::Post
        )
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prepare => "preparing",
            Self::Resolve => "looking up the server's name",
            Self::Connect => "connecting",
            Self::Greeting => "waiting for the server's greeting",
            Self::Hello => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Tls => "TLS handshake",
            Self::Auth => "authentication",
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Message => "sending the message",
            Self::Receipt => "waiting for the server to take the message",
            Self::Conversation => "the conversation broke off",
            Self::Post => "posting to the service",
            Self::Program => "running the program",
            Self::File => "writing the file",
        })
    }
}

/// What became of sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Delivered {
        /// What the other side said: its answer, or the path of the file.
        answer: String,
    },
    /// It may work later.
    Transient(Step, Fault),
    /// It will not work as it is.
    Permanent(Step, Fault),
}

/// What one server, of several, made of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The server.
    pub place: String,
    /// What became of it there.
    pub delivery: Delivery,
}

impl Attempt {
    /// What went wrong there, if something did.
    pub fn problem(&self) -> Option<String> {
        match &self.delivery.outcome {
            Outcome::Delivered { .. } => None,
            Outcome::Transient(step, text) | Outcome::Permanent(step, text) => {
                Some(format!("{}: {step}: {text}", self.place))
            }
        }
    }
}

/// A way out.
pub trait Transport: Sync {
    /// Sends one mail. Gives one delivery for each recipient, or one for all of them.
    fn send(&self, mail: &Mail) -> Vec<Delivery>;
    /// Which way and where to, for people.
    fn describe(&self) -> String;
    /// What the last [`send`](Self::send) met on its way, one server after another; nothing where
    /// there is only one way.
    fn attempts(&self) -> Vec<Attempt> {
        Vec::new()
    }
}

/// A way to tell beside mail.
pub trait Channel {
    /// Tells `note`, or says why not.
    fn send(&self, note: &Note) -> Outcome;
    /// Which way and where to, for people; never a secret.
    fn describe(&self) -> String;
    /// How long the other side has asked to be left alone. Until then [`send`](Self::send) fails
    /// without asking it.
    fn asked_to_wait(&self) -> Option<Duration> {
        None
    }
}

/// The channel that the configuration asks for; `credentials` as for [`open`].
pub fn open_channel(settings: &config::Channel, credentials: Option<&Path>) -> Box<dyn Channel> {
    match settings {
        config::Channel::Command(command) => Box::new(command::CommandWay::new(command)),
        config::Channel::Webhook(webhook) => {
            Box::new(webhook::WebhookWay::new(webhook, credentials))
        }
    }
}

/// The transport that the configuration asks for. `host` is this machine's name; `credentials`
/// the directory of systemd's credentials, if there is one.
pub fn open(
    settings: &config::Transport,
    host: &str,
    credentials: Option<&Path>,
) -> Box<dyn Transport> {
    match settings {
        config::Transport::File { directory } => Box::new(FileTransport::new(directory)),
        config::Transport::Sendmail { program, timeout } => {
            Box::new(SendmailTransport::new(program, *timeout))
        }
        config::Transport::Smtp(servers) => {
            Box::new(SmtpTransport::new(servers, host, credentials).with_full_name(full_host_name))
        }
    }
}

/// One delivery that speaks for all recipients.
fn for_all(outcome: Outcome) -> Vec<Delivery> {
    vec![Delivery {
        recipient: None,
        outcome,
    }]
}

/// One delivery for each recipient, all with the same outcome.
fn for_each(recipients: &[String], outcome: &Outcome) -> Vec<Delivery> {
    recipients
        .iter()
        .map(|recipient| Delivery {
            recipient: Some(recipient.clone()),
            outcome: outcome.clone(),
        })
        .collect()
}
