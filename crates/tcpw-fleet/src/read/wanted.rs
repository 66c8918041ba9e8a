//! What a report is about, and how its numbers are read.

use chrono::{DateTime, Utc};
use postgres::Row;

/// What a report is about.
pub(super) struct Wanted {
    pub(super) since: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
    /// How many of a kind are named.
    pub(super) top: i64,
    /// A host is silent after so many seconds.
    pub(super) silent: u64,
    /// A mail program that did not look for events for so many seconds mails of none.
    pub(super) own_after: u64,
    /// The database, for people.
    pub(super) database: String,
}

/// A count; the database has none below 0.
pub(super) fn count(row: &Row, column: usize) -> Result<u64, postgres::Error> {
    let count: Option<i64> = row.try_get(column)?;
    Ok(count
        .and_then(|count| u64::try_from(count).ok())
        .unwrap_or(0))
}
