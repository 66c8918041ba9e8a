//! Counts, and what they are of.

use serde::Serialize;

/// A name and its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Its events.
    pub events: u64,
}

/// A length as a number of the report.
pub(super) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
