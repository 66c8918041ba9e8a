//! The rule that fired an alert, as whoever knows the tables tells it.

use crate::alert::event::Event;

/// A rule of a table, and what it decided.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FiredRule {
    /// The table.
    pub file: String,
    /// The line, as libwrap numbers it (F-LINE-02); 0 where a journal of an older version tells
    /// the rule.
    pub line: u32,
    /// The rule itself, free of control characters.
    pub text: String,
    /// The beginning of the table's SHA-256, in hexadecimal; empty if it is not known.
    pub digest: String,
}

/// What became of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verdict {
    /// The tables have changed since, or cannot be read.
    #[default]
    Unknown,
    /// Turned away.
    Denied,
    /// Admitted: the alert rule only reports.
    Granted,
}

impl Verdict {
    /// As the journal has it.
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Unknown => 0,
            Self::Denied => 1,
            Self::Granted => 2,
        }
    }

    /// What the number in the journal means.
    pub(crate) fn of_code(code: i64) -> Self {
        match code {
            1 => Self::Denied,
            2 => Self::Granted,
            _ => Self::Unknown,
        }
    }

    /// One word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Denied => "denied",
            Self::Granted => "granted",
        }
    }
}

/// Names the rule that fired for an event; `alert` itself knows no tables.
pub trait RuleFinder {
    /// Looks up what will be asked about these events, all at once.
    fn prepare(&self, events: &mut dyn Iterator<Item = &Event>) {
        // Nothing to prepare where each answer is at hand.
        _ = events;
    }
    /// The rule, if it can be determined, and what it decided.
    fn find(&self, event: &Event) -> (Option<FiredRule>, Verdict);
}

impl<F: Fn(&Event) -> (Option<FiredRule>, Verdict)> RuleFinder for F {
    fn find(&self, event: &Event) -> (Option<FiredRule>, Verdict) {
        self(event)
    }
}
