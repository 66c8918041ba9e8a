//! The settings as types, and their defaults.

use super::alert::Alert;
use super::channel::ChannelSettings;
use super::fleet::Fleet;
use super::follow::Follow;
use super::letter::{Geo, LetterForm};
use super::lint_code::Lint;
use super::mailbox::Mailbox;
use super::smtp::Smtp;
use crate::values::Language;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tcpw_event::places::default_journal;
pub use tcpw_event::places::{DEFAULT_DROP, DEFAULT_JOURNAL, DEFAULT_ROOT_DROP, DELIVER_JOURNAL};

/// Where the `file` transport puts mails, when the configuration does not say.
pub const DEFAULT_MAIL: &str = "/var/lib/tcpw/mail";
/// The program of the `sendmail` transport, when the configuration names none.
pub const DEFAULT_SENDMAIL: &str = "/usr/sbin/sendmail";

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Who is alerted, and how.
    pub mail: MailSettings,
    /// The other ways to tell, in the order of the configuration.
    pub channels: Vec<ChannelSettings>,
    /// The journal, an SQLite database.
    pub journal: PathBuf,
    /// Whether the configuration says where the journal is.
    pub has_journal: bool,
    /// How long the journal keeps its events.
    pub retention: Retention,
    /// How often alerts are sent.
    pub alert: Alert,
    /// Where addresses are looked up.
    pub geo: Geo,
    /// The directory where everybody's `notify` puts its event files.
    pub drop: PathBuf,
    /// The directory where root's does.
    pub root_drop: PathBuf,
    /// Which findings of the linter count.
    pub lint: Lint,
    /// Who must still get in after a change of the tables.
    pub keep_in: Vec<IpAddr>,
    /// How names are followed.
    pub follow: Follow,
    /// This machine as one of many.
    pub fleet: Fleet,
    /// The group that may read the saved status.
    pub status_group: Option<String>,
    /// Whether a password or another secret stands in the configuration itself.
    pub holds_password: bool,
}

/// How long the journal keeps its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Events that are older are forgotten.
    pub keep: Duration,
    /// The oldest events are forgotten when the journal is larger, in bytes.
    pub max_size: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            keep: Duration::from_secs(180 * 86_400),
            max_size: 4 << 30,
        }
    }
}

/// Who is alerted, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// The sender; `tcpw@` this machine when absent.
    pub from: Option<Mailbox>,
    /// Named in the To header; `root@` this machine when nobody at all is named.
    pub to: Vec<Mailbox>,
    /// Named in the Cc header.
    pub cc: Vec<Mailbox>,
    /// Named nowhere.
    pub bcc: Vec<Mailbox>,
    /// In place of the default subject.
    pub subject: Option<String>,
    /// The language of the mails.
    pub language: Language,
    /// The way out.
    pub transport: TransportSettings,
    /// Whether the configuration says anything about the way out; mails are kept as files where it
    /// does not.
    pub has_way: bool,
    /// Files added to every mail.
    pub attachments: Vec<PathBuf>,
    /// How the letter is written.
    pub form: LetterForm,
}

/// How a mail leaves this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransportSettings {
    /// Written as an `.eml` file into this directory.
    File {
        /// The directory.
        directory: PathBuf,
    },
    /// Handed to a local program.
    Sendmail {
        /// The program, called as `PROGRAM -i -f FROM -- RECIPIENT...`.
        program: PathBuf,
        /// How long it may take.
        timeout: Duration,
    },
    /// Sent to the first of these mail servers that takes it; there is at least one.
    Smtp(Vec<Smtp>),
}

impl Config {
    /// What holds without a configuration; `place` as in [`super::load`].
    pub fn default_at(place: &dyn Fn(&Path) -> PathBuf) -> Self {
        Self {
            mail: MailSettings {
                from: None,
                to: Vec::new(),
                cc: Vec::new(),
                bcc: Vec::new(),
                subject: None,
                language: Language::default(),
                transport: TransportSettings::File {
                    directory: place(Path::new(DEFAULT_MAIL)),
                },
                has_way: false,
                attachments: Vec::new(),
                form: LetterForm::default(),
            },
            channels: Vec::new(),
            journal: default_journal(place),
            has_journal: false,
            retention: Retention::default(),
            alert: Alert::default(),
            geo: Geo::default(),
            drop: place(Path::new(DEFAULT_DROP)),
            root_drop: place(Path::new(DEFAULT_ROOT_DROP)),
            lint: Lint::default(),
            keep_in: Vec::new(),
            follow: Follow::default(),
            fleet: Fleet::default(),
            status_group: None,
            holds_password: false,
        }
    }
}
