//! The letters that gather events, and the politeness that decides when they leave: the first
//! sight of a source at once, its repeats in a digest, and one digest for everything beyond so
//! many letters an hour. What root reported and what others reported is never in one letter.

use crate::alert::journal::clock::longest;
use crate::alert::journal::database::JournalError;
use crate::alert::journal::database::{Journal, stamp};
use crate::alert::journal::memory::Memory;
use crate::alert::journal::room::{HOUR, OTHERS, Rooms};
use crate::alert::journal::values::{number, optional_number, text};
use crate::alert::model::letter::LetterKind;
use crate::config::{Alert, Mailbox};
use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, Transaction, params};

/// A letter that is about to be made.
pub(super) struct NewLetter<'a> {
    pub(super) kind: LetterKind,
    /// Whose events it has: root's (0), a user's, or those of [`OTHERS`].
    pub(super) reporter: i64,
    pub(super) source: Option<i64>,
    pub(super) audience: &'a str,
    pub(super) message_id: &'a str,
    pub(super) thread: Option<&'a str>,
    pub(super) now: DateTime<Utc>,
    /// When it stops gathering, in seconds since the epoch.
    pub(super) due: i64,
    pub(super) body: Option<&'a str>,
}

impl NewLetter<'_> {
    /// The one that gathers already, made if there is none.
    fn find_or_open(&self, transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
        let (kind, reporter) = (self.kind, self.reporter);
        match find_open(transaction, kind, reporter, self.source, self.audience)? {
            Some(letter) => Ok(letter),
            None => self.open(transaction),
        }
    }

    /// Makes it; it gathers events until it is released.
    pub(super) fn open(&self, transaction: &Transaction<'_>) -> rusqlite::Result<i64> {
        transaction
            .prepare_cached(
                "INSERT INTO letters
                     (kind, state, source, audience, message_id, thread, created, due, body,
                      reporter)
                 VALUES (?1, 'open', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING id",
            )?
            .query_row(
                params![
                    self.kind.word(),
                    self.source,
                    self.audience,
                    self.message_id,
                    self.thread,
                    stamp(self.now),
                    self.due,
                    self.body,
                    self.reporter,
                ],
                |row| row.get(0),
            )
    }
}

/// Whom a letter is for, as the journal has it.
pub(super) fn audience_of(to: &[Mailbox]) -> String {
    if to.is_empty() {
        return String::new();
    }
    let list: Vec<String> = to.iter().map(ToString::to_string).collect();
    serde_json::to_string(&list).unwrap_or_default()
}

/// Whose the digest of everything is that takes in the events of `reporter`.
pub(super) fn class_of(reporter: i64) -> i64 {
    if reporter == 0 { 0 } else { OTHERS }
}

/// The letter of this kind that gathers for the reporter, the source and the audience, if there is
/// one.
pub(super) fn find_open(
    transaction: &Transaction<'_>,
    kind: LetterKind,
    reporter: i64,
    source: Option<i64>,
    audience: &str,
) -> rusqlite::Result<Option<i64>> {
    transaction
        .prepare_cached(
            "SELECT id FROM letters
             WHERE state = 'open' AND kind = ?1 AND source IS ?2 AND audience = ?3
                 AND reporter = ?4",
        )?
        .query_row(params![kind.word(), source, audience, reporter], |row| {
            row.get(0)
        })
        .optional()
}

/// Sends the letter on its ways.
pub(super) fn release(
    transaction: &Transaction<'_>,
    letter: i64,
    channels: &[String],
    now: i64,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("UPDATE letters SET state = 'sent', released = ?2 WHERE id = ?1")?
        .execute([letter, now])?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO dispatches (letter, channel, state, next_due) VALUES (?1, ?2, 'waiting', ?3)",
    )?;
    for channel in channels {
        insert.execute(params![letter, channel, now])?;
    }
    Ok(())
}

/// What a letter that gathers needs to be closed.
struct Due {
    id: i64,
    is_overflow: bool,
    reporter: i64,
    source: Option<i64>,
    audience: String,
}

impl Journal {
    /// Sends what has gathered long enough; a digest for which no letter of this hour is left
    /// becomes part of the digest of everything.
    ///
    /// # Errors
    /// When the database cannot be written; nothing is then.
    pub(in crate::alert) fn close_due(
        &mut self,
        alert: &Alert,
        channels: &[String],
        now: DateTime<Utc>,
        message_id: &dyn Fn() -> String,
    ) -> Result<(), JournalError> {
        let result = close_due(
            &mut self.database,
            &mut self.memory,
            alert,
            channels,
            now,
            message_id,
        );
        self.named("write", result)
    }

    /// Queues a letter that is not about events: a notice, a sign of life or a report.
    ///
    /// # Errors
    /// When the database cannot be written; nothing is then.
    pub(in crate::alert) fn queue(
        &mut self,
        kind: LetterKind,
        body: &str,
        channels: &[String],
        now: DateTime<Utc>,
        message_id: &str,
    ) -> Result<(), JournalError> {
        self.run("write", |database| {
            let transaction = database.transaction()?;
            let letter = NewLetter {
                kind,
                reporter: 0,
                source: None,
                audience: "",
                message_id,
                thread: None,
                now,
                due: now.timestamp(),
                body: Some(body),
            };
            let id = letter.open(&transaction)?;
            release(&transaction, id, channels, now.timestamp())?;
            transaction.commit()
        })
    }
}

impl Journal {
    /// Queues a notice for `audience` by `channels`, unless the journal has a letter of this
    /// Message-ID; says whether it had none.
    ///
    /// # Errors
    /// When the database cannot be written; nothing is then.
    pub(in crate::alert) fn queue_once(
        &mut self,
        body: &str,
        (channels, audience): (&[String], &[Mailbox]),
        now: DateTime<Utc>,
        message_id: &str,
    ) -> Result<bool, JournalError> {
        self.run("write", |database| {
            let transaction = database.transaction()?;
            let is_known: bool = transaction
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM letters WHERE message_id = ?1)")?
                .query_row([message_id], |row| row.get(0))?;
            if is_known {
                return Ok(false);
            }
            let letter = NewLetter {
                kind: LetterKind::Notice,
                reporter: 0,
                source: None,
                audience: &audience_of(audience),
                message_id,
                thread: None,
                now,
                due: now.timestamp(),
                body: Some(body),
            };
            let id = letter.open(&transaction)?;
            release(&transaction, id, channels, now.timestamp())?;
            transaction.commit()?;
            Ok(true)
        })
    }
}

fn close_due(
    database: &mut rusqlite::Connection,
    memory: &mut Memory,
    alert: &Alert,
    channels: &[String],
    time: DateTime<Utc>,
    message_id: &dyn Fn() -> String,
) -> rusqlite::Result<()> {
    let now = time.timestamp();
    let transaction = database.transaction()?;
    let due = due(&transaction, now, longest(alert))?;
    if due.is_empty() {
        return Ok(());
    }
    let quiet = i64::try_from(alert.quiet.as_secs()).unwrap_or(HOUR);
    let mut rooms = Rooms::measure(&transaction, alert, now)?;
    for letter in &due {
        let Err(held) = rooms.take(&transaction, letter.reporter)? else {
            release(&transaction, letter.id, channels, now)?;
            if let Some(source) = letter.source {
                transaction
                    .prepare_cached("UPDATE sources SET quiet_until = ?2 WHERE id = ?1")?
                    .execute([source, now + quiet])?;
                memory.quiet(source, now + quiet);
            }
            continue;
        };
        if letter.is_overflow {
            transaction
                .prepare_cached("UPDATE letters SET due = ?2 WHERE id = ?1")?
                .execute([letter.id, held.again])?;
        } else {
            let whole = NewLetter {
                kind: LetterKind::Overflow,
                reporter: class_of(letter.reporter),
                source: None,
                audience: &letter.audience,
                message_id: &message_id(),
                thread: None,
                now: time,
                due: held.again,
                body: None,
            };
            merge(&transaction, letter.id, whole.find_or_open(&transaction)?)?;
        }
    }
    transaction.commit()
}

/// The digests of everything first: they have waited longest.
fn due(transaction: &Transaction<'_>, now: i64, longest: i64) -> rusqlite::Result<Vec<Due>> {
    let mut query = transaction.prepare_cached(
        "SELECT id, kind = 'overflow', source, audience, reporter FROM letters
         WHERE state = 'open' AND (due <= ?1 OR due > ?2) ORDER BY kind <> 'overflow', due, id",
    )?;
    let letters = query.query_map([now, now.saturating_add(longest)], |row| {
        Ok(Due {
            id: number(row, 0)?,
            is_overflow: number(row, 1)? != 0,
            source: optional_number(row, 2)?,
            audience: text(row, 3)?,
            reporter: number(row, 4)?,
        })
    })?;
    letters.collect()
}

/// Makes `letter` part of `whole`.
fn merge(transaction: &Transaction<'_>, letter: i64, whole: i64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("UPDATE letters SET state = 'merged', merged_into = ?2 WHERE id = ?1")?
        .execute([letter, whole])?;
    transaction
        .prepare_cached(
            "UPDATE letters SET
                 count = letters.count + part.count,
                 first_event = min(coalesce(letters.first_event, part.first_event),
                                   coalesce(part.first_event, letters.first_event)),
                 last_event = max(coalesce(letters.last_event, part.last_event),
                                  coalesce(part.last_event, letters.last_event))
             FROM letters AS part WHERE part.id = ?1 AND letters.id = ?2",
        )?
        .execute([letter, whole])
        .map(drop)
}
