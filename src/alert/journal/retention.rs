//! The journal forgets its oldest events when they are too old, or when it has grown too large: then
//! those that users other than root reported go before any of root's.

use crate::alert::journal::clock::RETRY;
use crate::alert::journal::database::{Journal, JournalError, stamp};
use crate::alert::journal::forget::{Scope, bounds, forget};
use crate::alert::journal::memory::Memory;
use crate::alert::journal::shares::{halve, measure_all};
use crate::config::Retention;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

/// How many events are forgotten in one transaction: readers and the clients of a flood wait
/// for it.
const STEP: i64 = 20_000;
/// How many pages are given back to the file system at a time.
const PAGES: u32 = 20_000;

impl Journal {
    /// Forgets what `retention` does not keep: events from the oldest on, letters about them that
    /// nobody waits for, and names and sources that no event has any more. Gives how many events
    /// were forgotten.
    ///
    /// # Errors
    /// When the database cannot be written; what was forgotten until then stays forgotten.
    pub(in crate::alert) fn prune(
        &mut self,
        retention: &Retention,
        now: DateTime<Utc>,
    ) -> Result<u64, JournalError> {
        let keep = TimeDelta::from_std(retention.keep).unwrap_or(TimeDelta::MAX);
        let believable = now + TimeDelta::seconds(RETRY);
        let kept = Kept {
            oldest: now.checked_sub_signed(keep).map_or(i64::MIN, stamp),
            latest: stamp(believable),
        };
        let mut forgotten = 0;
        loop {
            let step = self.run("prune", |database| step(database, retention, &kept))?;
            if step == 0 {
                break;
            }
            forgotten += step;
        }
        if forgotten > 0 {
            // What is remembered may name rows that are gone.
            self.memory = Memory::default();
            self.run("prune", |database| {
                // Each step gives back one page.
                let mut vacuum =
                    database.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
                let mut rows = vacuum.query([])?;
                while rows.next()?.is_some() {}
                Ok(())
            })?;
        }
        Ok(forgotten)
    }
}

/// The times of the events that stay. A later one is from a time when the clock was ahead, and
/// says nothing: such an event goes with those that entered the journal after it.
struct Kept {
    oldest: i64,
    latest: i64,
}

/// Up to where the events go from `first` on, at most [`STEP`] of them, because of their time.
fn too_old(
    transaction: &Transaction<'_>,
    first: i64,
    kept: &Kept,
) -> rusqlite::Result<Option<i64>> {
    let end = first + STEP;
    // Events that were reported late keep those after them a little longer.
    let stays: Option<i64> = transaction
        .query_row(
            "SELECT id FROM events WHERE id >= ?1 AND id < ?2 AND time BETWEEN ?3 AND ?4
             ORDER BY id LIMIT 1",
            params![first, end, kept.oldest, kept.latest],
            |row| row.get(0),
        )
        .optional()?;
    let limit = stays.unwrap_or(end);
    let last_old: Option<i64> = transaction.query_row(
        "SELECT max(id) FROM events WHERE id >= ?1 AND id < ?2 AND time < ?3",
        params![first, limit, kept.oldest],
        |row| row.get(0),
    )?;
    if last_old.is_some() || stays.is_some() {
        return Ok(last_old.map(|id| id + 1));
    }
    // All of them are from the future: the next one that is not says how old they are.
    let next: Option<i64> = transaction
        .query_row(
            "SELECT time FROM events WHERE id >= ?1 AND time <= ?2 ORDER BY id LIMIT 1",
            params![end, kept.latest],
            |row| row.get(0),
        )
        .optional()?;
    Ok(next.filter(|time| *time < kept.oldest).map(|_| end))
}

/// Forgets the oldest events that may go, at most [`STEP`] of them.
fn step(database: &mut Connection, retention: &Retention, kept: &Kept) -> rusqlite::Result<u64> {
    let transaction = database.transaction()?;
    let Some((first, last)) = bounds(&transaction)? else {
        return Ok(0);
    };
    let is_too_large = used(&transaction)? > retention.max_size;
    if is_too_large {
        let gone = halve(&transaction)?;
        if gone > 0 {
            transaction.commit()?;
            return Ok(gone);
        }
    }
    let end = if is_too_large {
        (first + STEP).min(last)
    } else {
        too_old(&transaction, first, kept)?
            .unwrap_or(first)
            .min(last + 1)
    };
    let end = end.min(needed(&transaction)?.unwrap_or(i64::MAX));
    if end <= first {
        return Ok(0);
    }
    let gone = forget(&transaction, Scope::All, end)?;
    measure_all(&transaction)?;
    transaction.commit()?;
    Ok(gone)
}

/// The first event that root reported and of which a letter must still tell.
fn needed(transaction: &Transaction<'_>) -> rusqlite::Result<Option<i64>> {
    transaction.query_row(
        "SELECT min(first_event) FROM letters WHERE reporter = 0 AND (state = 'open' OR id IN
             (SELECT letter FROM dispatches WHERE state = 'waiting'))",
        [],
        |row| row.get(0),
    )
}

/// How many bytes of the file are in use.
fn used(transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
    let pragma = |name: &str| -> rusqlite::Result<u64> {
        let value: i64 = transaction.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))?;
        Ok(u64::try_from(value).unwrap_or(0))
    };
    let pages = pragma("page_count")?.saturating_sub(pragma("freelist_count")?);
    Ok(pages.saturating_mul(pragma("page_size")?))
}
