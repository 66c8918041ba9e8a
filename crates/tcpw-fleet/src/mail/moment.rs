//! When a pass is made, and that it is made by one process alone.

use chrono::{DateTime, TimeDelta, Utc};
use postgres::Transaction;
use std::time::Duration;

/// When it is, by the clock of the database, and when the last pass was.
pub(super) struct Moment {
    pub(super) now: DateTime<Utc>,
    pub(super) passed: Option<DateTime<Utc>>,
    pub(super) grace: Option<DateTime<Utc>>,
}

/// Takes the row that keeps all other processes out until the transaction ends; it works through a
/// pooler too. Not an advisory lock: the login of every host could take that and end all mail.
pub(super) fn lock(transaction: &mut Transaction<'_>) -> Result<bool, postgres::Error> {
    // Whoever holds a table of the mail for long is named, and not waited for.
    transaction.batch_execute("SET LOCAL lock_timeout = '20s'")?;
    let row = "SELECT FROM tcpw.mail_state FOR UPDATE SKIP LOCKED";
    Ok(transaction.query_opt(row, &[])?.is_some())
}

/// A length of time; one that no calendar has is a day.
pub(super) fn length(seconds: f64) -> TimeDelta {
    let length = Duration::try_from_secs_f64(seconds).ok();
    length
        .and_then(|length| TimeDelta::from_std(length).ok())
        .unwrap_or(TimeDelta::days(1))
}
