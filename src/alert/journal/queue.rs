//! The queue as an operator sees it and changes it.

use crate::alert::journal::clock::{ASKED, RETRY, due_at, longest};
use crate::alert::journal::database::{Journal, JournalError, time_of};
use crate::alert::journal::outbox::{State, audience, reasons};
use crate::alert::journal::values::{count, message_id, number, optional_text, small, text};
use crate::alert::model::letter::{LetterKind, Reason};
use crate::alert::model::system_letter::Notice;
use crate::config::Alert;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, params};

/// A letter on one of its ways, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// The letter.
    pub letter: i64,
    /// What it tells of.
    pub kind: LetterKind,
    /// Whom it is about, if about one source.
    pub source: Option<String>,
    /// Its way; none while it gathers.
    pub channel: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Its Message-ID.
    pub message_id: String,
    /// Whom it is for; those whom the configuration names if there is nobody.
    pub audience: Vec<String>,
    /// When it was begun.
    pub created: DateTime<Utc>,
    /// How many events it tells of.
    pub count: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is due, in seconds since the epoch.
    pub due: i64,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// What it says, if it is not about events.
    pub notice: Option<Notice>,
    /// What was decided about its events.
    pub reasons: Vec<Reason>,
}

impl Queued {
    /// Corrects a due time that is too late to be true: it counts as now.
    pub fn believe(&mut self, alert: &Alert, now: DateTime<Utc>) {
        let longest = match self.channel.as_deref() {
            None => longest(alert),
            Some("mail") => RETRY,
            Some(_) => ASKED,
        };
        self.due = due_at(self.due, now.timestamp(), longest);
    }
}

/// One attempt to deliver a letter to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When.
    pub time: DateTime<Utc>,
    /// The way.
    pub channel: String,
    /// The address; nothing when the letter as a whole is meant.
    pub recipient: Option<String>,
    /// `delivered`, `transient` or `permanent`.
    pub outcome: String,
    /// How far it came.
    pub step: String,
    /// What the other side said.
    pub text: String,
}

impl Journal {
    /// Letters on their ways: those that wait, gather or were given up, or with `all` also the
    /// newest of those that are settled; the oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn queued(&mut self, all: bool, most: u32) -> Result<Vec<Queued>, JournalError> {
        let which = "letters.state = 'open' OR (letters.state = 'sent'
             AND (?1 OR dispatches.state IN ('waiting', 'failed')))
             ORDER BY dispatches.state IS 'failed' DESC, letters.id DESC, channel DESC LIMIT ?2";
        let result = queued(&self.database, which, &[&all, &most]);
        let mut queued = self.named("read", result)?;
        queued.sort_by_cached_key(|queued| (queued.letter, queued.channel.clone()));
        Ok(queued)
    }

    /// One letter on each of its ways.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn ways(&mut self, letter: i64) -> Result<Vec<Queued>, JournalError> {
        let which = "letters.id = ?1 ORDER BY channel DESC";
        let result = queued(&self.database, which, &[&letter]);
        self.named("read", result)
    }

    /// Every attempt to deliver a letter, the oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn attempts(&mut self, letter: i64) -> Result<Vec<Attempt>, JournalError> {
        self.run("read", |database| {
            let mut query = database.prepare_cached(
                "SELECT time, channel, recipient, outcome, step, text FROM deliveries
                 WHERE letter = ?1 ORDER BY id",
            )?;
            let rows = query.query_map([letter], |row| {
                Ok(Attempt {
                    time: time_of(number(row, 0)?),
                    channel: text(row, 1)?,
                    recipient: optional_text(row, 2)?,
                    outcome: text(row, 3)?,
                    step: text(row, 4)?,
                    text: text(row, 5)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Tries a letter again at once, with all its recipients; gives how many of its ways there
    /// are.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn retry(&mut self, letter: i64, now: DateTime<Utc>) -> Result<usize, JournalError> {
        self.run("write", |database| {
            let transaction = database.transaction()?;
            transaction.execute(
                "UPDATE deliveries SET outcome = 'transient'
                 WHERE letter = ?1 AND outcome = 'permanent'",
                [letter],
            )?;
            let ways = transaction.execute(
                "UPDATE dispatches SET state = 'waiting', next_due = ?2, first_try = NULL,
                     attempts = 0, told = 0
                 WHERE letter = ?1 AND state IN ('waiting', 'failed', 'dropped')",
                params![letter, now.timestamp()],
            )?;
            transaction.commit()?;
            Ok(ways)
        })
    }

    /// Takes a letter out of the outbox, also one that gathers; its events stay in the journal.
    /// Gives how many ways it will not go any more.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn drop_letter(&mut self, letter: i64) -> Result<usize, JournalError> {
        self.run("write", |database| {
            let transaction = database.transaction()?;
            let gathering = transaction.execute(
                "UPDATE letters SET state = 'sent' WHERE id = ?1 AND state = 'open'",
                [letter],
            )?;
            if gathering > 0 {
                transaction.execute(
                    "INSERT INTO dispatches (letter, channel, state, next_due, told)
                     VALUES (?1, 'mail', 'dropped', 0, 1)",
                    [letter],
                )?;
            }
            let ways = transaction.execute(
                "UPDATE dispatches SET state = 'dropped', told = 1
                 WHERE letter = ?1 AND state IN ('waiting', 'failed')",
                [letter],
            )?;
            transaction.commit()?;
            Ok(gathering + ways)
        })
    }
}

/// The letters for which the condition `which` holds, in its order turned around.
fn queued(
    database: &Connection,
    which: &'static str,
    values: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<Vec<Queued>> {
    let sql = format!(
        "SELECT letters.id, kind, sources.key, channel, dispatches.state, message_id, audience,
             created, letters.count, coalesce(attempts, 0), coalesce(next_due, due), last_error,
             iif(letters.state = 'merged', iif(merged_into IS NULL, 2, 1), 0),
             iif(kind = 'notice', body, NULL)
         FROM letters
         LEFT JOIN dispatches ON dispatches.letter = letters.id
         LEFT JOIN sources ON sources.id = letters.source
         WHERE {which}"
    );
    let mut query = database.prepare_cached(&sql)?;
    let rows = query.query_map(values, queued_of)?;
    let mut queued: Vec<Queued> = rows.collect::<rusqlite::Result<_>>()?;
    queued.reverse();
    for letter in &mut queued {
        letter.reasons = reasons(database, letter.letter)?;
    }
    Ok(queued)
}

fn queued_of(row: &Row<'_>) -> rusqlite::Result<Queued> {
    let state = optional_text(row, 4)?;
    let unsent = match number(row, 12)? {
        0 => State::Gathering,
        1 => State::Merged,
        _ => State::Left,
    };
    Ok(Queued {
        letter: number(row, 0)?,
        kind: LetterKind::of_word(&text(row, 1)?),
        source: optional_text(row, 2)?,
        channel: optional_text(row, 3)?,
        state: state.map_or(unsent, |word| State::of_word(&word)),
        message_id: message_id(row, 5)?,
        audience: audience(&text(row, 6)?),
        created: time_of(number(row, 7)?),
        count: count(row, 8)?,
        attempts: small(row, 9)?,
        due: number(row, 10)?,
        last_error: optional_text(row, 11)?,
        notice: optional_text(row, 13)?.and_then(|body| Notice::of_json(&body)),
        reasons: Vec::new(),
    })
}
