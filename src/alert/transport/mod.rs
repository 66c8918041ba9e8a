//! The ways out for a mail, behind one trait; each says exactly at which step it failed.

mod file;
mod password;
mod sendmail;
mod smtp;

pub use file::FileTransport;
pub use sendmail::SendmailTransport;
pub use smtp::SmtpTransport;

use super::journal::Delivery;
use crate::config;
use std::fmt;
use std::path::Path;

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
    /// Running a local program.
    Program,
    /// Writing a file.
    File,
}

impl Step {
    /// Whether a refusal at this step is about the letter and not about the way to the server.
    pub fn concerns_letter(self) -> bool {
        matches!(self, Self::Sender | Self::Recipient | Self::Message)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prepare => "preparing",
            Self::Resolve => "looking up the server's name",
            Self::Connect => "connecting",
            Self::Greeting => "waiting for the server's greeting",
            Self::StartTls => "STARTTLS",
            Self::Tls => "TLS handshake",
            Self::Auth => "authentication",
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Message => "sending the message",
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
    Transient(Step, String),
    /// It will not work as it is.
    Permanent(Step, String),
}

/// A way out.
pub trait Transport {
    /// Sends one mail. Gives one delivery for each recipient, or one for all of them.
    fn send(&self, mail: &Mail) -> Vec<Delivery>;
    /// Which way and where to, for people.
    fn describe(&self) -> String;
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
        config::Transport::Smtp(smtp) => Box::new(SmtpTransport::new(smtp, host, credentials)),
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
