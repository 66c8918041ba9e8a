//! What became of sending a mail, step by step.

use crate::alert::model::fault::Fault;
use std::fmt;

/// A mail as a transport needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The sender of the envelope.
    pub from: String,
    /// The recipients of the envelope: everybody who is to receive it, the Bcc too.
    pub recipients: Vec<String>,
    /// The message: ASCII, lines ending in CRLF.
    pub bytes: Vec<u8>,
    /// The part of the Message-ID before the `@`: safe as a file name.
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

/// How far one came with a server without sending anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// The server, and what protects the way to it.
    pub place: String,
    /// Who one logged in as; nothing where no login is configured.
    pub login: Option<String>,
    /// Where it ended, if not well.
    pub failure: Option<(Step, Fault)>,
}

/// What one server, of several, made of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAttempt {
    /// The server.
    pub place: String,
    /// What became of it there.
    pub delivery: Delivery,
}

impl ServerAttempt {
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

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The address; nothing when the mail as a whole is meant.
    pub recipient: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
}
