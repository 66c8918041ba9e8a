//! Alerts that are left to the mail of many servers: each waits here until it was pushed, and is
//! mailed from here if that takes too long.

use crate::alert::journal::database::{Journal, JournalError};
use crate::alert::model::pushed::Pushed;
use chrono::{DateTime, Utc};
use rusqlite::params;
use std::time::Duration;

/// How long what is not pushed may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::alert) struct Hold {
    /// Until then, in seconds since the epoch, a new alert waits for a push.
    pub(in crate::alert) until: i64,
    /// No event waits for longer, in seconds.
    longest: i64,
    /// The last event that was pushed, and its time in microseconds.
    pushed: Option<(i64, i64)>,
}

impl Hold {
    /// After the push `last`: for `after` from then on, by a clock that may have been ahead.
    pub(in crate::alert) fn new(last: Option<Pushed>, after: Duration, now: DateTime<Utc>) -> Self {
        let longest = i64::try_from(after.as_secs()).unwrap_or(i64::MAX / 4);
        let now = now.timestamp();
        let at = last.map_or(i64::MIN / 4, |last| last.at.clamp(i64::MIN / 4, now));
        Self {
            until: at.saturating_add(longest),
            longest,
            pushed: last.map(|last| (last.event, last.time)),
        }
    }
}

impl Journal {
    /// Withdraws the letters whose events were all pushed: those about first sights at once,
    /// digests when they are due. A digest that is due waits for a push as long as its last event
    /// may.
    ///
    /// # Errors
    /// When the database cannot be written; nothing is then.
    pub(in crate::alert) fn leave_pushed(
        &mut self,
        hold: &Hold,
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        let now = now.timestamp();
        self.run("write", |database| {
            let transaction = database.transaction()?;
            if let Some((event, time)) = hold.pushed {
                // The number alone may be one of a journal that was put aside.
                transaction
                    .prepare_cached(
                        "UPDATE letters SET state = 'merged' WHERE state = 'open'
                             AND kind IN ('alarm', 'digest', 'overflow') AND last_event <= ?1
                             AND (kind = 'alarm' OR due <= ?3)
                             AND EXISTS (SELECT 1 FROM events WHERE id = ?1 AND time / 1000 = ?2)",
                    )?
                    .execute(params![event, time, now])?;
            }
            transaction
                .prepare_cached(
                    "UPDATE letters SET due = min(?1, events.collected / 1000000000 + ?2)
                     FROM events WHERE events.id = letters.last_event AND letters.state = 'open'
                         AND letters.kind IN ('digest', 'overflow') AND letters.due <= ?3
                         AND ?1 > ?3 AND events.collected / 1000000000 + ?2 > ?3",
                )?
                .execute([hold.until, hold.longest, now])?;
            transaction.commit()
        })
    }
}
