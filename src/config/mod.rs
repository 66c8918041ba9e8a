//! `/etc/tcpw.toml`: read once, checked whole, passed down by value (tcpw.toml(5)).

mod alert;
mod build;
mod channel;
mod endpoint;
mod error;
mod fleet;
mod follow;
mod keys;
mod letter;
mod lint_code;
mod load;
mod mailbox;
mod mute;
mod revise;
mod secret;
mod section;
mod settings;
mod smtp;

pub use crate::values::Language;
pub use alert::{Alert, AlertRule, Grouping, MailChoice};
pub use build::parse;
pub use channel::{ChannelSettings, CommandChannel, SECRET_PLACE, WebhookChannel};
pub use endpoint::{Endpoint, Tls};
pub use error::{ConfigError, ConfigProblem};
pub(crate) use fleet::url_holds_password;
pub use fleet::{Fleet, FleetMail};
pub use follow::Follow;
pub use keys::KEYS;
pub use letter::{Geo, LetterForm};
pub use lint_code::{Lint, LintCode};
pub use load::load;
pub use mailbox::{Mailbox, MailboxError};
pub use mute::{canonical_network, muted_client, shown_client, with_mute, without_mute};
pub use revise::{ReviseError, Setting, Wanted, revise, says, smtp_says, without_passwords};
pub use secret::{Password, Secret};
pub use settings::{
    Config, DEFAULT_DROP, DEFAULT_JOURNAL, DEFAULT_MAIL, DEFAULT_ROOT_DROP, DEFAULT_SENDMAIL,
    DELIVER_JOURNAL, MailSettings, Retention, TransportSettings,
};
pub use smtp::{Auth, Login, Smtp};

#[cfg(test)]
mod tests;
