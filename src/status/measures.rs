//! Numbers for monitoring that no line of the status has.

use super::line::Looked;
use super::utc_time::UtcTime;

/// Events of one daemon with one verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventCount {
    /// The daemon, or `other`; never an address.
    pub daemon: String,
    /// `denied`, `granted` or `unknown`.
    pub verdict: &'static str,
    /// How many there have been.
    pub count: u64,
}

/// Messages in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateCount {
    /// The state.
    pub state: &'static str,
    /// How many there are.
    pub count: u64,
}

/// The numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measures {
    /// All events that ever entered the journal.
    pub events: Looked<Vec<EventCount>>,
    /// The messages that are not delivered.
    pub outbox: Looked<Vec<StateCount>>,
    /// Alerts in the drop directories.
    pub dropped: Looked<u64>,
    /// When the last event happened; nothing where there was none.
    pub last_event: Looked<Option<UtcTime>>,
    /// Since when the oldest alert or message waits; nothing where none does.
    pub oldest_waiting: Looked<Option<UtcTime>>,
    /// The findings of the linter: a severity and how many.
    pub findings: Looked<Vec<(&'static str, u64)>>,
}
