//! What an overview of the alerts needs of the journal: the last event, the last mail, and what waits.

use crate::alert::journal::database::{Journal, JournalError, stamp, time_of};
use crate::alert::journal::search::Range;
use crate::alert::journal::values::{bytes, count, number, small, text};
use crate::alert::model::reporter::Reporter;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

/// As many events back the last refusal is looked for.
const BACK: i64 = 200_000;

/// The journal at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JournalOverview {
    /// When the newest event happened.
    pub last_event: Option<DateTime<Utc>>,
    /// The newest event of a client that was refused.
    pub last_refused: Option<RefusedClient>,
    /// When a mail was delivered last.
    pub last_sent: Option<DateTime<Utc>>,
    /// What the newest attempt to send a mail came to, if it failed.
    pub last_failure: Option<String>,
    /// When the oldest message was begun that waits to be tried again.
    pub oldest_waiting: Option<DateTime<Utc>>,
}

/// A client that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedClient {
    /// When.
    pub time: DateTime<Utc>,
    /// Its address, as it was reported.
    pub addr: Vec<u8>,
    /// Its name, as it was reported.
    pub host: Vec<u8>,
    /// The daemon.
    pub daemon: Vec<u8>,
    /// Who reported it.
    pub reporter: Reporter,
}

/// How many events of a time have which verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VerdictCounts {
    /// Clients that were refused.
    pub refused: u64,
    /// Clients that were admitted.
    pub admitted: u64,
    /// Clients of whom it is not known.
    pub unknown: u64,
    /// How many of all these were reported by users other than root.
    pub not_by_root: u64,
}

impl Journal {
    /// The journal at a glance.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn overview(&mut self) -> Result<JournalOverview, JournalError> {
        self.run("read", |database| {
            let time = |sql: &str| -> rusqlite::Result<Option<DateTime<Utc>>> {
                let found = database
                    .prepare_cached(sql)?
                    .query_row([], |row| row.get::<_, Option<i64>>(0))
                    .optional()?;
                Ok(found.flatten().map(time_of))
            };
            Ok(JournalOverview {
                last_event: time("SELECT time FROM events ORDER BY id DESC LIMIT 1")?,
                last_refused: last_refused(database)?,
                last_sent: time(
                    "SELECT time FROM deliveries WHERE channel = 'mail' AND outcome = 'delivered'
                     ORDER BY id DESC LIMIT 1",
                )?,
                last_failure: last_failure(database)?,
                oldest_waiting: time(
                    "SELECT min(created) FROM letters WHERE id IN
                         (SELECT letter FROM dispatches WHERE state = 'waiting')",
                )?,
            })
        })
    }

    /// How many events there were between two times, by verdict.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn verdicts(
        &mut self,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<VerdictCounts, JournalError> {
        self.run("read", |database| {
            let range = Range::of(database, Some(since), Some(until))?;
            database
                .prepare_cached(
                    "SELECT coalesce(sum(verdict = 1), 0), coalesce(sum(verdict = 2), 0),
                         coalesce(sum(verdict NOT IN (1, 2)), 0), coalesce(sum(uid <> 0), 0)
                     FROM events WHERE id BETWEEN ?1 AND ?2 AND time >= ?3 AND time < ?4",
                )?
                .query_row(
                    params![range.first, range.last, stamp(since), stamp(until)],
                    |row| {
                        Ok(VerdictCounts {
                            refused: count(row, 0)?,
                            admitted: count(row, 1)?,
                            unknown: count(row, 2)?,
                            not_by_root: count(row, 3)?,
                        })
                    },
                )
        })
    }
}

/// The newest event of a client that was refused, if it is not too long ago.
fn last_refused(database: &Connection) -> rusqlite::Result<Option<RefusedClient>> {
    let id: Option<i64> = database
        .prepare_cached(
            "SELECT id FROM events WHERE verdict = 1
                 AND id > (SELECT coalesce(max(id), 0) FROM events) - ?1
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row([BACK], |row| number(row, 0))
        .optional()?;
    let Some(id) = id else { return Ok(None) };
    database
        .prepare_cached(
            "SELECT time, addr.bytes, host.bytes, daemon.bytes, events.uid FROM events
             LEFT JOIN texts addr ON addr.id = events.addr
             LEFT JOIN texts host ON host.id = events.host
             LEFT JOIN texts daemon ON daemon.id = events.daemon
             WHERE events.id = ?1",
        )?
        .query_row([id], |row| {
            Ok(RefusedClient {
                time: time_of(number(row, 0)?),
                addr: bytes(row, 1)?,
                host: bytes(row, 2)?,
                daemon: bytes(row, 3)?,
                reporter: Reporter::of(small(row, 4)?),
            })
        })
        .optional()
}

/// What the newest attempt to send a mail came to, if it failed.
fn last_failure(database: &Connection) -> rusqlite::Result<Option<String>> {
    let newest = database
        .prepare_cached(
            "SELECT outcome, text FROM deliveries WHERE channel = 'mail' ORDER BY id DESC LIMIT 1",
        )?
        .query_row([], |row| Ok((text(row, 0)?, text(row, 1)?)))
        .optional()?;
    Ok(newest
        .filter(|(outcome, _)| outcome != "delivered")
        .map(|(_, text)| text))
}
