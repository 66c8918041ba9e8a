//! What letters that are not about events say; kept in the journal as JSON until they are written.

use crate::alert::model::fleet_notice::FleetNotice;
use serde::{Deserialize, Serialize};

/// A name that a rule follows and that cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverdueName {
    /// The name.
    pub name: String,
    /// For how many seconds.
    pub seconds: u64,
    /// What was wrong the last time, in English.
    pub trouble: String,
}

/// Something about the alerts themselves, or that tcpw cannot do what it was told to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "kebab-case")]
pub enum Notice {
    /// The journal could not be read and was put aside; a new one was started, with what could be
    /// read of it.
    JournalDamaged {
        /// Where the damaged one is.
        aside: String,
        /// How many letters that waited were carried over.
        #[serde(default)]
        letters: u64,
        /// How many events were carried over.
        #[serde(default)]
        events: u64,
        /// How many letters that waited could not be read.
        #[serde(default)]
        lost_letters: u64,
        /// How many events could not be read.
        #[serde(default)]
        lost_events: u64,
    },
    /// Letters were given up while they could not be delivered.
    GivenUp {
        /// Their numbers.
        letters: Vec<i64>,
        /// How many events they told of.
        events: u64,
    },
    /// Files in the drop directory were not events.
    Rejected {
        /// How many.
        count: u64,
        /// Some of them, and why.
        examples: Vec<String>,
    },
    /// Nothing is wrong: what the last day had.
    Heartbeat {
        /// How many events.
        events: u64,
        /// How many letters wait to be delivered.
        waiting: u64,
        /// How many letters were given up.
        failed: u64,
        /// How many files and directories could not be read: alerts may wait there.
        #[serde(default)]
        unread: u64,
    },
    /// Events that users other than root reported were removed from the journal, of which their
    /// share was full.
    OthersForgotten {
        /// How many.
        events: u64,
        /// Some of the users, those with most of them first, and how many were theirs.
        users: Vec<(Option<u32>, u64)>,
    },
    /// The journal has times that are still to come: the clock was ahead, or is slow now.
    ClockAhead {
        /// The latest of them, in UTC (RFC 3339).
        latest: String,
        /// How many events have such a time.
        events: u64,
    },
    /// Something that concerns many servers.
    Fleet(FleetNotice),
    /// Names that rules follow could not be resolved for longer than their grace.
    NamesOverdue {
        /// The names.
        names: Vec<OverdueName>,
        /// Whether their addresses were removed from the tables; else they stay.
        are_removed: bool,
    },
    /// A report, written when it was asked for.
    Report {
        /// Its subject.
        subject: String,
        /// As text.
        text: String,
        /// As HTML.
        html: String,
    },
}

impl Notice {
    /// As the journal keeps it.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What the journal has kept.
    pub(crate) fn of_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
