//! What each line of the status says, as data.

use super::utc_time::UtcTime;
use serde::{Deserialize, Serialize};

/// What a look at something came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Looked<T> {
    /// It could not be looked at: nothing is known about it.
    Not {
        /// What was tried, and what the system said.
        cannot_read: String,
    },
    /// This is there.
    At(T),
}

impl<T> Looked<T> {
    /// A look that failed.
    pub fn failed(why: impl Into<String>) -> Self {
        Self::Not {
            cannot_read: why.into(),
        }
    }

    /// What is there, if it could be looked at.
    pub fn at(&self) -> Option<&T> {
        match self {
            Self::At(found) => Some(found),
            Self::Not { .. } => None,
        }
    }

    /// Why it could not be looked at, if so.
    pub fn why_not(&self) -> Option<&str> {
        match self {
            Self::At(_) => None,
            Self::Not { cannot_read } => Some(cannot_read),
        }
    }
}

/// What happens to clients and daemons that no rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StandardAccess {
    /// They are refused.
    Closed,
    /// They get in.
    Open,
}

/// Who gets in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLine {
    /// What happens to everybody who is not in `exceptions`.
    pub state: StandardAccess,
    /// Who gets in although it is closed, or is refused although it is open.
    pub exceptions: Vec<AccessRow>,
    /// How many more exceptions there are.
    pub more: usize,
    /// For whom it cannot be computed, in words.
    pub not_computed: Vec<String>,
}

/// Daemons for which the same clients are exceptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRow {
    /// Their names; with `all_but` those that are not meant, and none stands for every daemon.
    pub daemons: Vec<String>,
    /// Whether every daemon is meant but these.
    pub all_but: bool,
    /// Networks, names, and the words `everybody`, `loopback` and `clients without an address`.
    pub clients: Vec<String>,
    /// How many more clients there are.
    pub more: usize,
    /// Who of them is left out.
    pub except: Vec<String>,
}

/// Whether a program that waits for clients asks libwrap about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Asking {
    /// It asks.
    Asked,
    /// It could, and its configuration says no.
    #[serde(rename = "switched off")]
    SwitchedOff,
    /// It does not.
    #[serde(rename = "not asked")]
    NotAsked,
    /// What was found does not decide it.
    #[serde(rename = "cannot tell")]
    CannotTell,
}

/// A program that waits for clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedDaemon {
    /// What it is called here.
    pub daemon: String,
    /// Whether it asks.
    pub state: Asking,
    /// Under which names it asks, or would.
    pub names: Vec<String>,
    /// What shows it.
    pub evidence: Vec<String>,
}

/// Whom the tables bind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedLine {
    /// The programs, those that ask first.
    pub daemons: Vec<AskedDaemon>,
    /// Whether running programs could be seen: below another root only those that systemd starts for
    /// a client are known.
    pub has_running: bool,
}

/// Whose refusal raises an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Catches {
    /// Nobody's: no rule of either table raises one.
    Nobody,
    /// That of everybody on no list.
    Unlisted,
    /// That of those on no list who have no name.
    Nameless,
    /// That of some.
    Some,
}

/// Who delivers what daemons of every user report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivering {
    /// The units of systemd.
    Systemd,
    /// The lines of cron.
    Cron,
    /// Nobody but the deliverer that an alert of root's daemons starts.
    Alert,
}

/// The alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertLine {
    /// Whose refusal raises it.
    pub catches: Catches,
    /// The rules that raise it, as `file:line`.
    pub rules: Vec<String>,
    /// The first of the rules that refuse clients on no list and raise none, as `file:line`.
    #[serde(default)]
    pub silent: Vec<String>,
    /// How many more of those there are.
    #[serde(default)]
    pub more_silent: usize,
    /// Who delivers it.
    pub delivery: Delivering,
}

/// How mail fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailState {
    /// The last attempt succeeded.
    Ok,
    /// The last attempt failed.
    Failing,
    /// Nothing was sent yet, so that nobody knows.
    Untried,
    /// Mails are kept as files and not sent.
    Kept,
}

/// Mail, and what is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailLine {
    /// Where it goes: servers, a program or a directory.
    pub way: String,
    /// How it fares.
    pub state: MailState,
    /// When the last message was delivered.
    pub last_sent: Option<UtcTime>,
    /// Messages that will be tried again, each way counted.
    pub queue: u64,
    /// Messages that were given up, each way counted.
    pub given_up: u64,
    /// Messages that gather events until they are due.
    pub gathering: u64,
    /// Alerts in the drop directories, which nobody has collected yet.
    pub dropped: Looked<u64>,
}

/// A client that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastClient {
    /// When.
    pub time: UtcTime,
    /// Its address, or its name where there is none.
    pub client: String,
    /// The daemon that it asked for.
    pub daemon: String,
    /// The user who reported it, if that was not root.
    pub reported_by: Option<String>,
}

/// Who came today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientsLine {
    /// The beginning of today, by the clocks here.
    pub since: UtcTime,
    /// How many connections were refused.
    pub refused: u64,
    /// How many were admitted, with an alert.
    pub admitted: u64,
    /// How many raised an alert of which it is not known whether they were refused.
    pub unknown: u64,
    /// How many of all these were reported by users other than root, who may have made them up.
    pub not_by_root: u64,
    /// The last one that was refused, on whatever day.
    pub last: Option<LastClient>,
}

/// A change that is rolled back unless it is confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingChange {
    /// Its number.
    pub number: u64,
    /// When it is rolled back.
    pub due: UtcTime,
}

/// What waits to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingLine {
    /// The changes, the oldest first.
    pub changes: Vec<PendingChange>,
}
