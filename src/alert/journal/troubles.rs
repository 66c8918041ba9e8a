//! How the alerts themselves fared: letters that wait or were given up, damage, rejected files.

use crate::alert::journal::database::{Journal, JournalError, stamp, time_of};
use crate::alert::journal::outbox::State;
use crate::alert::journal::values::{count, number, optional_number, text};
use crate::alert::model::letter::LetterKind;
use crate::alert::model::system_letter::Notice;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

/// How many letters in trouble, and how many notices, are named one by one.
const MOST_NAMED: u32 = 20;

/// A letter that did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// Its number.
    pub letter: i64,
    /// What it tells of.
    pub kind: LetterKind,
    /// Its way.
    pub channel: String,
    /// Whether it was given up, or is tried again.
    pub is_given_up: bool,
    /// How often it was tried.
    pub attempts: u64,
    /// How many events it tells of.
    pub events: u64,
    /// When it was begun.
    pub created: DateTime<Utc>,
    /// What went wrong last.
    pub error: String,
}

/// Letters of one kind on their ways, by where they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What they tell of.
    pub kind: LetterKind,
    /// Where they stand.
    pub state: State,
    /// How many there are.
    pub letters: u64,
    /// How many events they tell of.
    pub events: u64,
}

/// How the alerts fared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Troubles {
    /// Letters that were given up, each way counted.
    pub failed: u64,
    /// Letters that were tried in vain and will be tried again, each way counted.
    pub waiting: u64,
    /// Some of both, the newest first.
    pub stuck: Vec<Stuck>,
    /// What notices of the time said.
    pub notices: Vec<(DateTime<Utc>, Notice)>,
    /// Letters of the time.
    pub sent: Vec<Sent>,
    /// Letters that gather events.
    pub gathering: u64,
    /// The events in them.
    pub gathered: u64,
    /// When the first of them is due, in seconds since the epoch.
    pub due: Option<i64>,
}

impl Journal {
    /// How the alerts fared between two times; what waits or failed is reported whenever it was.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn troubles(
        &mut self,
        since: Option<DateTime<Utc>>,
        until: DateTime<Utc>,
    ) -> Result<Troubles, JournalError> {
        let since = since.map_or(i64::MIN, stamp);
        let until = stamp(until);
        self.run("read", |database| {
            let mut found = database.query_row(
                "SELECT (SELECT count(*) FROM dispatches WHERE state = 'failed'),
                        (SELECT count(*) FROM dispatches WHERE state = 'waiting'
                             AND last_error IS NOT NULL),
                        count(*), coalesce(sum(count), 0), min(due)
                 FROM letters WHERE state = 'open'",
                [],
                |row| {
                    Ok(Troubles {
                        failed: count(row, 0)?,
                        waiting: count(row, 1)?,
                        gathering: count(row, 2)?,
                        gathered: count(row, 3)?,
                        due: optional_number(row, 4)?,
                        ..Troubles::default()
                    })
                },
            )?;
            found.stuck = stuck(database)?;
            found.notices = notices(database, since, until)?;
            found.sent = sent(database, since, until)?;
            Ok(found)
        })
    }
}

fn stuck(database: &Connection) -> rusqlite::Result<Vec<Stuck>> {
    let mut query = database.prepare_cached(
        "SELECT letter, kind, channel, dispatches.state = 'failed', attempts, letters.count,
             created, coalesce(last_error, '')
         FROM dispatches JOIN letters ON letters.id = letter
         WHERE dispatches.state = 'failed'
             OR (dispatches.state = 'waiting' AND last_error IS NOT NULL)
         ORDER BY letter DESC, channel LIMIT ?1",
    )?;
    query
        .query_map([MOST_NAMED], |row| {
            Ok(Stuck {
                letter: number(row, 0)?,
                kind: LetterKind::of_word(&text(row, 1)?),
                channel: text(row, 2)?,
                is_given_up: number(row, 3)? != 0,
                attempts: count(row, 4)?,
                events: count(row, 5)?,
                created: time_of(number(row, 6)?),
                error: text(row, 7)?,
            })
        })?
        .collect()
}

fn notices(
    database: &Connection,
    since: i64,
    until: i64,
) -> rusqlite::Result<Vec<(DateTime<Utc>, Notice)>> {
    let mut query = database.prepare_cached(
        "SELECT created, coalesce(body, '') FROM letters
         WHERE kind = 'notice' AND created >= ?1 AND created < ?2 ORDER BY id DESC LIMIT ?3",
    )?;
    let rows = query.query_map(params![since, until, MOST_NAMED], |row| {
        Ok((time_of(number(row, 0)?), text(row, 1)?))
    })?;
    let mut found = Vec::new();
    for row in rows {
        let (time, body) = row?;
        found.extend(Notice::of_json(&body).map(|notice| (time, notice)));
    }
    Ok(found)
}

fn sent(database: &Connection, since: i64, until: i64) -> rusqlite::Result<Vec<Sent>> {
    let mut query = database.prepare_cached(
        "SELECT kind, dispatches.state, count(*), sum(letters.count)
         FROM letters JOIN dispatches ON dispatches.letter = letters.id
         WHERE created >= ?1 AND created < ?2 GROUP BY kind, dispatches.state ORDER BY kind, 2",
    )?;
    query
        .query_map([since, until], |row| {
            Ok(Sent {
                kind: LetterKind::of_word(&text(row, 0)?),
                state: State::of_word(&text(row, 1)?),
                letters: count(row, 2)?,
                events: count(row, 3)?,
            })
        })?
        .collect()
}
