//! How much of the journal users other than root may fill: each a part, and all of them together a
//! larger one. Over it, the user's own oldest events go, never root's or another user's, and it is
//! counted. Where all together have too much, those go first who have most.

use crate::alert::journal::database::{Journal, JournalError};
use crate::alert::journal::forget::{Scope, events_of, forget, forget_letters_of};
use crate::alert::journal::room::OTHERS;
use crate::alert::journal::values::{count, number, small};
use rusqlite::{OptionalExtension as _, Transaction, params};
use std::collections::{BTreeMap, BTreeSet};

/// One user may fill this part of the journal.
const ONE: u64 = 64;
/// All together this part.
const ALL: u64 = 4;

/// Events of a user that were forgotten for lack of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::alert) struct Forgotten {
    /// The user.
    pub(in crate::alert) uid: u32,
    /// How many.
    pub(in crate::alert) events: u64,
}

/// Who is told of events that were forgotten; each hears of each event once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::alert) enum Listener {
    /// The system log.
    Log,
    /// The reader of a letter.
    Letter,
}

/// How many bytes one user other than root may fill of a journal of this size.
pub(in crate::alert) fn of_one(max_size: u64) -> u64 {
    max_size / ONE
}

/// Down to how many bytes is made room where `most` are too few: not at each event again.
fn three_quarters(most: u64) -> u64 {
    most - most / 4
}

/// Adds what users other than root have filled, and forgets the oldest events of those who have too
/// much. Gives the users of whom something was forgotten, in order.
///
/// # Errors
/// When the database cannot be written.
pub(super) fn keep(
    transaction: &Transaction<'_>,
    grown: &BTreeMap<u32, i64>,
    max_size: u64,
) -> rusqlite::Result<Vec<u32>> {
    let mut over = BTreeSet::new();
    for (uid, bytes) in grown {
        let bytes = transaction
            .prepare_cached(
                "INSERT INTO reporters (uid, bytes) VALUES (?1, ?2)
                 ON CONFLICT (uid) DO UPDATE SET bytes = bytes + ?2 RETURNING bytes",
            )?
            .query_row(params![uid, bytes], |row| count(row, 0))?;
        let most = of_one(max_size);
        if bytes > most && shrink(transaction, *uid, three_quarters(most))? > 0 {
            over.insert(*uid);
        }
    }
    if grown.is_empty() {
        return Ok(Vec::new());
    }
    let all = transaction
        .prepare_cached("SELECT coalesce(sum(bytes), 0) FROM reporters")?
        .query_row([], |row| count(row, 0))?;
    if all > max_size / ALL {
        over.extend(level(transaction, three_quarters(max_size / ALL))?);
    }
    if !over.is_empty() {
        forget_common_letters(transaction)?;
    }
    Ok(over.into_iter().collect())
}

/// Forgets the oldest events of users other than root until together they have at most so many
/// bytes: nobody loses any who has less than the others. Gives of whom some were forgotten.
///
/// # Errors
/// When the database cannot be written.
fn level(transaction: &Transaction<'_>, most: u64) -> rusqlite::Result<Vec<u32>> {
    let mut users: Vec<(u64, u32)> = {
        let mut query = transaction.prepare_cached("SELECT bytes, uid FROM reporters")?;
        let rows = query.query_map([], |row| Ok((count(row, 0)?, small(row, 1)?)))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    users.sort_unstable();
    let (mut left, mut open) = (most, u64::try_from(users.len()).unwrap_or(u64::MAX));
    let mut over = Vec::new();
    for (bytes, uid) in users {
        let part = left / open.max(1);
        if bytes > part && shrink(transaction, uid, part)? > 0 {
            over.push(uid);
        }
        left = left.saturating_sub(bytes.min(part));
        open = open.saturating_sub(1);
    }
    Ok(over)
}

/// Forgets half of what users other than root have in the journal, the oldest events first. Gives
/// how many events.
///
/// # Errors
/// When the database cannot be written.
pub(super) fn halve(transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
    measure_new(transaction)?;
    let before = events_of_others(transaction)?;
    let bytes = transaction
        .prepare_cached("SELECT coalesce(sum(bytes), 0) FROM reporters")?
        .query_row([], |row| count(row, 0))?;
    level(transaction, bytes / 2)?;
    forget_common_letters(transaction)?;
    Ok(before.saturating_sub(events_of_others(transaction)?))
}

/// Counts again what each user other than root fills.
///
/// # Errors
/// When the database cannot be written.
pub(super) fn measure_all(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "UPDATE reporters SET bytes = (SELECT bytes FROM shares WHERE shares.uid = reporters.uid);
         DELETE FROM reporters WHERE bytes = 0 AND unlogged = 0 AND untold = 0;",
    )
}

/// Counts what each user other than root fills, also those who were never counted.
///
/// # Errors
/// When the database cannot be written.
pub(super) fn measure_new(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT OR IGNORE INTO reporters (uid) SELECT DISTINCT uid FROM events WHERE uid <> 0",
        [],
    )?;
    measure_all(transaction)
}

fn events_of_others(transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
    transaction
        .prepare_cached("SELECT count(*) FROM events WHERE uid <> 0")?
        .query_row([], |row| count(row, 0))
}

/// Forgets the oldest events of a user until his have at most so many bytes, or none is left that may
/// go. Gives how many went.
fn shrink(transaction: &Transaction<'_>, uid: u32, most: u64) -> rusqlite::Result<u64> {
    let mut gone = 0;
    loop {
        let bytes = transaction
            .prepare_cached(
                "UPDATE reporters SET bytes = (SELECT bytes FROM shares WHERE uid = ?1)
                 WHERE uid = ?1 RETURNING bytes",
            )?
            .query_row([uid], |row| count(row, 0))
            .optional()?
            .unwrap_or(0);
        let (events, spared) = events_of(transaction, uid)?;
        if bytes <= most || events <= spared {
            break;
        }
        let part = u128::from(events) * u128::from(bytes - most) / u128::from(bytes);
        let skip = u64::try_from(part).unwrap_or(events) + 1 + spared;
        let end: Option<i64> = transaction
            .prepare_cached(
                "SELECT id FROM events WHERE uid <> 0 AND uid = ?1 ORDER BY id LIMIT 1 OFFSET ?2",
            )?
            .query_row(
                params![uid, i64::try_from(skip).unwrap_or(i64::MAX)],
                |row| number(row, 0),
            )
            .optional()?;
        let went = forget(transaction, Scope::One(uid), end.unwrap_or(i64::MAX))?;
        if went == 0 {
            break;
        }
        gone += went;
    }
    transaction
        .prepare_cached(
            "UPDATE reporters SET unlogged = unlogged + ?2, untold = untold + ?2 WHERE uid = ?1",
        )?
        .execute(params![uid, i64::try_from(gone).unwrap_or(i64::MAX)])?;
    Ok(gone)
}

/// Letters about several users other than root of which nothing is left.
fn forget_common_letters(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let first: Option<i64> = transaction
        .prepare_cached("SELECT min(id) FROM events WHERE uid <> 0")?
        .query_row([], |row| row.get(0))?;
    forget_letters_of(transaction, OTHERS, first.unwrap_or(i64::MAX))
}

impl Journal {
    /// Of whom events were forgotten for lack of room since this was asked last for `listener`,
    /// those with most first.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(in crate::alert) fn take_forgotten(
        &mut self,
        listener: Listener,
    ) -> Result<Vec<Forgotten>, JournalError> {
        let column = match listener {
            Listener::Log => "unlogged",
            Listener::Letter => "untold",
        };
        self.run("write", |database| {
            let transaction = database.transaction()?;
            let sql = format!(
                "SELECT uid, {column} FROM reporters WHERE {column} > 0
                 ORDER BY {column} DESC, uid"
            );
            let found: Vec<Forgotten> = {
                let mut query = transaction.prepare_cached(&sql)?;
                let rows = query.query_map([], |row| {
                    Ok(Forgotten {
                        uid: small(row, 0)?,
                        events: count(row, 1)?,
                    })
                })?;
                rows.collect::<rusqlite::Result<_>>()?
            };
            if !found.is_empty() {
                let sql = format!("UPDATE reporters SET {column} = 0 WHERE {column} > 0");
                transaction.execute(&sql, [])?;
            }
            transaction.commit()?;
            Ok(found)
        })
    }
}
