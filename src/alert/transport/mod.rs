//! The ways out for a mail, behind one trait; each says exactly at which step it failed.

pub(super) mod channel;
pub(super) mod command;
pub(super) mod conversation;
pub(super) mod cryptography;
pub(super) mod file;
pub(super) mod open;
pub(super) mod password;
pub(super) mod pinned;
pub(super) mod program;
pub(super) mod secrets;
pub(super) mod sendmail;
pub(super) mod smtp;
pub(super) mod tls;
pub(super) mod webhook;
pub(super) mod wire;

pub use channel::{Channel, Transport};
pub use file::FileTransport;
pub use open::{open, open_channel};
pub use password::fetch_secret;
pub use secrets::read_secrets;
pub use sendmail::SendmailTransport;
pub use smtp::SmtpTransport;

pub use crate::alert::model::answer::{Answer, Sense, Status};
pub use crate::alert::model::fault::{Cause, CertificateFault, Fault};
pub use crate::alert::model::outcome::{Delivery, Mail, Outcome, Rehearsal, ServerAttempt, Step};
