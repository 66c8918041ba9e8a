//! A clock that was ahead. Times that were stored then lie in the future, and would hold back
//! alerts until the clock comes there. No pause is longer than what stands here: a stored time that
//! is later than now and the longest pause counts as now. Nothing is rewritten, because it may as
//! well be that the clock is behind now, as on a machine that has just booted.

use crate::alert::journal::database::{Journal, JournalError, stamp, time_of};
use crate::alert::journal::values::{count, optional_number};
use crate::config::Alert;
use chrono::{DateTime, Utc};
use rusqlite::params;

/// The longest pause, in seconds.
pub(super) const LONGEST_PAUSE: i64 = 3600;
/// The longest pause before a mail is tried again, in seconds: what spreads machines apart is up
/// to a fifth of it.
pub(super) const RETRY: i64 = LONGEST_PAUSE + LONGEST_PAUSE / 5;
/// The same for what a service has asked for: a day, and the pause after it.
pub(super) const ASKED: i64 = 24 * 3600 + RETRY;

/// The longest pause for which `alert` holds anything back, in seconds.
pub(super) fn longest(alert: &Alert) -> i64 {
    let quiet = i64::try_from(alert.quiet.as_secs()).unwrap_or(i64::MAX / 2);
    quiet.max(RETRY)
}

/// Whether a time that holds something back is later than now, and believable: seconds since the
/// epoch.
pub(super) fn holds_back(until: i64, now: i64, longest: i64) -> bool {
    until > now && until <= now.saturating_add(longest)
}

/// When something that is due at `due` leaves, in seconds since the epoch.
pub(super) fn due_at(due: i64, now: i64, longest: i64) -> i64 {
    if due > now.saturating_add(longest) {
        now
    } else {
        due
    }
}

/// What the journal has from a time that is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// The latest time of an event or a letter.
    pub latest: DateTime<Utc>,
    /// How many events have such a time, hour by hour.
    pub events: u64,
}

impl Journal {
    /// Whether events or letters have times that are later than now and the longest pause.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn ahead(
        &mut self,
        alert: &Alert,
        now: DateTime<Utc>,
    ) -> Result<Option<Ahead>, JournalError> {
        let limit = now.timestamp().saturating_add(longest(alert));
        self.run("read", |database| {
            let (events, first, last): (u64, Option<i64>, Option<i64>) = database
                .prepare_cached(
                    "SELECT coalesce(sum(count), 0), min(first_event), max(last_event)
                     FROM hours WHERE hour > ?1",
                )?
                .query_row([limit.div_euclid(3600)], |row| {
                    Ok((
                        count(row, 0)?,
                        optional_number(row, 1)?,
                        optional_number(row, 2)?,
                    ))
                })?;
            let time: Option<i64> = database
                .prepare_cached(
                    "SELECT max(time) FROM events WHERE id BETWEEN ?1 AND ?2 AND time > ?3",
                )?
                .query_row(params![first, last, limit_stamp(limit)], |row| row.get(0))?;
            let released: Option<i64> = database
                .prepare_cached("SELECT max(released) FROM letters WHERE released > ?1")?
                .query_row([limit], |row| row.get(0))?;
            let released = released
                .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
                .map(stamp);
            let latest = time.into_iter().chain(released).max();
            Ok(latest.map(|latest| Ahead {
                latest: time_of(latest),
                events,
            }))
        })
    }
}

/// Seconds since the epoch as a time of the journal.
fn limit_stamp(seconds: i64) -> i64 {
    DateTime::from_timestamp(seconds, 0).map_or(i64::MAX, stamp)
}
