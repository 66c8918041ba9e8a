//! What is on its way: each letter on each of its ways out, tried with growing pauses, and never
//! forgotten.

use crate::alert::journal::clock::{ASKED, LONGEST_PAUSE, RETRY};
use crate::alert::journal::database::{Journal, JournalError, stamp};
use crate::alert::journal::values::{
    bytes, count, number, optional_number, optional_text, small, text,
};
use crate::alert::model::letter::{Decision, Reason};
use crate::alert::model::outcome::Delivery;
use crate::alert::model::outcome::{Outcome, Step};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, params};

/// The first pause after a failure, in seconds.
const FIRST_PAUSE: i64 = 60;

/// A letter that is to leave by one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::alert) struct Dispatch {
    /// The letter.
    pub letter: i64,
    /// The way: `mail`, or a configured command or webhook.
    pub channel: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried first, in seconds since the epoch.
    pub first_try: Option<i64>,
    /// The addresses that have it already.
    pub delivered_to: Vec<String>,
    /// The addresses that were refused for good.
    pub refused: Vec<String>,
}

/// What lies in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Letters that will be tried again, each way counted.
    pub waiting: u64,
    /// Letters that were given up, each way counted.
    pub failed: u64,
    /// Letters that gather events until they are due.
    pub gathering: u64,
    /// When something is due, in seconds since the epoch.
    pub next_due: Option<i64>,
    /// The latest error.
    pub last_error: Option<String>,
}

/// Where a letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It gathers events until it is due.
    Gathering,
    /// It became part of the digest of everything.
    Merged,
    /// Its events were pushed: it is left to the mail of all servers.
    Left,
    /// It will be tried again.
    Waiting,
    /// Everybody has it.
    Delivered,
    /// It was given up.
    Failed,
    /// An operator took it out.
    Dropped,
}

impl State {
    /// One word, as the journal has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gathering => "gathering",
            Self::Merged => "merged",
            Self::Left => "left",
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }

    pub(super) fn of_word(word: &str) -> Self {
        [Self::Waiting, Self::Delivered, Self::Failed, Self::Dropped]
            .into_iter()
            .find(|state| state.word() == word)
            .unwrap_or(Self::Gathering)
    }
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::alert) enum Settled {
    /// Everybody who can have it has it.
    Done,
    /// It will be tried again.
    Later,
    /// It was given up.
    GivenUp,
}

impl Journal {
    /// What to try now, oldest first, what users other than root reported last: what is due, or with `all` everything that is not
    /// delivered, also what was given up.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(in crate::alert) fn due(
        &mut self,
        now: DateTime<Utc>,
        all: bool,
    ) -> Result<Vec<Dispatch>, JournalError> {
        self.run("read", |database| {
            let mut found = due(database, now, all)?;
            if rename_unreadable(database, &found)? {
                found = due(database, now, all)?;
            }
            let mut due: Vec<Dispatch> = found.into_iter().map(|(dispatch, _)| dispatch).collect();
            for dispatch in &mut due {
                recipients(database, dispatch)?;
            }
            Ok(due)
        })
    }

    /// Mends what damage has made of words that say where letters stand: no query finds them, and
    /// they would wait for ever. What may be undelivered is sent, under its old Message-ID.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(in crate::alert) fn mend(&mut self) -> Result<(), JournalError> {
        self.run("write", |database| {
            database.execute_batch(
                "UPDATE dispatches SET state = 'waiting'
                     WHERE state NOT IN ('waiting', 'delivered', 'failed', 'dropped');
                 UPDATE letters SET state = 'sent'
                     WHERE state NOT IN ('open', 'sent', 'merged')
                         AND id IN (SELECT letter FROM dispatches);
                 UPDATE letters SET state = iif(merged_into IS NULL, 'open', 'merged')
                     WHERE state NOT IN ('open', 'sent', 'merged');",
            )
        })
    }

    /// Records one attempt and decides what comes next: delivered, tried again after a pause and
    /// `extra` seconds, or given up.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(in crate::alert) fn settle(
        &mut self,
        dispatch: &Dispatch,
        deliveries: &[Delivery],
        now: DateTime<Utc>,
        give_up: i64,
        extra: i64,
    ) -> Result<Settled, JournalError> {
        let attempts = dispatch.attempts.saturating_add(1);
        let seconds = now.timestamp();
        let first_try = dispatch.first_try.unwrap_or(seconds).min(seconds);
        let (mut settled, error) = judge(deliveries, !dispatch.refused.is_empty());
        if settled == Settled::Later && seconds - first_try >= give_up {
            settled = Settled::GivenUp;
        }
        let state = match settled {
            Settled::Done => State::Delivered,
            Settled::Later => State::Waiting,
            Settled::GivenUp => State::Failed,
        };
        self.run("write", |database| {
            let transaction = database.transaction()?;
            for delivery in deliveries {
                record(&transaction, dispatch, delivery, now)?;
            }
            transaction
                .prepare_cached(
                    "UPDATE dispatches SET state = ?3, attempts = ?4, next_due = ?5, first_try = ?6,
                         last_error = ?7 WHERE letter = ?1 AND channel = ?2",
                )?
                .execute(params![
                    dispatch.letter,
                    dispatch.channel,
                    state.word(),
                    attempts,
                    seconds + pause(attempts) + extra,
                    first_try,
                    error,
                ])?;
            transaction.commit()?;
            Ok(settled)
        })
    }

    /// Puts off everything that is due on this way until `until`: it cannot be gone, so that
    /// trying each letter would only take time.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(in crate::alert) fn put_off(
        &mut self,
        channel: &str,
        now: DateTime<Utc>,
        until: i64,
        error: &str,
    ) -> Result<(), JournalError> {
        self.run("write", |database| {
            database.execute(
                "UPDATE dispatches SET next_due = ?3, last_error = ?4,
                     first_try = min(coalesce(first_try, ?2), ?2)
                 WHERE state = 'waiting' AND channel = ?1 AND (next_due <= ?2
                     OR next_due > ?2 + CASE channel WHEN 'mail' THEN ?5 ELSE ?6 END)",
                params![channel, now.timestamp(), until, error, RETRY, ASKED],
            )
        })
        .map(drop)
    }

    /// What lies in the outbox.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn waiting(&mut self) -> Result<Waiting, JournalError> {
        self.run("read", |database| {
            let mut waiting = database.query_row(
                "SELECT (SELECT count(*) FROM dispatches WHERE state = 'waiting'),
                        (SELECT count(*) FROM dispatches WHERE state = 'failed'),
                        (SELECT min(next_due) FROM dispatches WHERE state = 'waiting'),
                        (SELECT last_error FROM dispatches
                         WHERE state IN ('waiting', 'failed') AND last_error IS NOT NULL
                         ORDER BY letter DESC LIMIT 1)",
                [],
                |row| {
                    Ok(Waiting {
                        waiting: count(row, 0)?,
                        failed: count(row, 1)?,
                        next_due: optional_number(row, 2)?,
                        last_error: optional_text(row, 3)?,
                        gathering: 0,
                    })
                },
            )?;
            let (gathering, due): (i64, Option<i64>) = database.query_row(
                "SELECT count(*), min(due) FROM letters WHERE state = 'open'",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            waiting.gathering = u64::try_from(gathering).unwrap_or(0);
            waiting.next_due = [waiting.next_due, due].into_iter().flatten().min();
            Ok(waiting)
        })
    }

    /// Letters about events that were given up and of which no later letter has told; from now
    /// on one has.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(in crate::alert) fn tell_given_up(&mut self) -> Result<Vec<i64>, JournalError> {
        self.run("write", |database| {
            let transaction = database.transaction()?;
            let letters: Vec<i64> = {
                let mut query = transaction.prepare_cached(
                    "SELECT DISTINCT letter FROM dispatches JOIN letters ON letters.id = letter
                     WHERE dispatches.state = 'failed' AND told = 0 AND kind <> 'notice'",
                )?;
                query
                    .query_map([], |row| row.get(0))?
                    .collect::<rusqlite::Result<_>>()?
            };
            if !letters.is_empty() {
                transaction.execute(
                    "UPDATE dispatches SET told = 1 WHERE state = 'failed' AND told = 0",
                    [],
                )?;
            }
            transaction.commit()?;
            Ok(letters)
        })
    }
}

/// The pause after the `attempts`th failure, in seconds: one minute, doubled up to an hour.
pub(in crate::alert) fn pause(attempts: u32) -> i64 {
    let doubled = attempts.saturating_sub(1).min(10);
    (FIRST_PAUSE << doubled).min(LONGEST_PAUSE)
}

/// What was decided about the events of a letter and of those that became part of it.
pub(super) fn reasons(database: &Connection, letter: i64) -> rusqlite::Result<Vec<Reason>> {
    let mut query = database.prepare_cached(
        "SELECT decision, count(*) FROM events
         WHERE letter IN (SELECT id FROM letters WHERE id = ?1 OR merged_into = ?1)
         GROUP BY decision ORDER BY decision",
    )?;
    let rows = query.query_map([letter], |row| {
        Ok(Reason {
            decision: Decision::of_code(number(row, 0)?),
            count: count(row, 1)?,
        })
    })?;
    rows.collect()
}

/// The addresses in the audience of a letter.
pub(super) fn audience(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}

fn recipients(database: &Connection, dispatch: &mut Dispatch) -> rusqlite::Result<()> {
    let mut query = database.prepare_cached(
        "SELECT recipient, outcome FROM deliveries
         WHERE letter = ?1 AND channel = ?2 AND outcome <> 'transient' AND recipient IS NOT NULL",
    )?;
    let rows = query.query_map(params![dispatch.letter, dispatch.channel], |row| {
        Ok((text(row, 0)?, text(row, 1)?))
    })?;
    for row in rows {
        let (recipient, outcome) = row?;
        match outcome.as_str() {
            "delivered" => dispatch.delivered_to.push(recipient),
            "permanent" => dispatch.refused.push(recipient),
            // What nobody can read is no reason to leave somebody out.
            _ => {}
        }
    }
    Ok(())
}

/// What is due, each with the bytes that stand for its way.
fn due(
    database: &Connection,
    now: DateTime<Utc>,
    all: bool,
) -> rusqlite::Result<Vec<(Dispatch, Vec<u8>)>> {
    let mut query = database.prepare_cached(
        "SELECT letter, channel, attempts, first_try FROM dispatches
         LEFT JOIN letters ON letters.id = letter
         WHERE (dispatches.state = 'waiting' AND (?2 OR next_due <= ?1
                 OR next_due > ?1 + CASE channel WHEN 'mail' THEN ?3 ELSE ?4 END))
             OR (dispatches.state = 'failed' AND ?2)
         ORDER BY coalesce(reporter, 0) <> 0, letter, channel",
    )?;
    let rows = query.query_map(params![now.timestamp(), all, RETRY, ASKED], |row| {
        let dispatch = Dispatch {
            letter: number(row, 0)?,
            channel: text(row, 1)?,
            attempts: small(row, 2)?,
            first_try: optional_number(row, 3)?,
            delivered_to: Vec::new(),
            refused: Vec::new(),
        };
        Ok((dispatch, bytes(row, 1)?))
    })?;
    rows.collect()
}

/// Gives ways that damage has made unreadable a name that can be read: what comes of them could
/// not be recorded, and they would be tried without end. A letter that has no other way to people
/// goes by mail. Says whether there were some.
fn rename_unreadable(
    database: &Connection,
    found: &[(Dispatch, Vec<u8>)],
) -> rusqlite::Result<bool> {
    let mut has_renamed = false;
    for (dispatch, bytes) in found {
        if dispatch.channel.as_bytes() == bytes {
            continue;
        }
        has_renamed = true;
        for (verb, name) in [("IGNORE", "mail"), ("REPLACE", dispatch.channel.as_str())] {
            let sql = format!(
                "UPDATE OR {verb} dispatches SET channel = ?3
                 WHERE letter = ?1 AND CAST(channel AS BLOB) = ?2"
            );
            if database.execute(&sql, params![dispatch.letter, bytes, name])? > 0 {
                break;
            }
        }
    }
    Ok(has_renamed)
}

/// A letter is given up only when what was refused is the letter itself; a wrong password or
/// certificate will be repaired, and the letter is still worth having then.
fn judge(deliveries: &[Delivery], was_refused: bool) -> (Settled, Option<String>) {
    let mut settled = if was_refused {
        Settled::GivenUp
    } else {
        Settled::Done
    };
    let mut error = None;
    for delivery in deliveries {
        match &delivery.outcome {
            Outcome::Delivered { .. } => {}
            Outcome::Permanent(step, text) if step.concerns_letter() => {
                if settled == Settled::Done {
                    settled = Settled::GivenUp;
                }
                error = Some(problem(delivery, *step, text));
            }
            Outcome::Permanent(step, text) | Outcome::Transient(step, text) => {
                settled = Settled::Later;
                error = Some(problem(delivery, *step, text));
            }
        }
    }
    (settled, error)
}

fn problem(delivery: &Delivery, step: Step, text: &str) -> String {
    match &delivery.recipient {
        Some(recipient) => format!("{step} {recipient}: {text}"),
        None => format!("{step}: {text}"),
    }
}

fn record(
    transaction: &Transaction<'_>,
    dispatch: &Dispatch,
    delivery: &Delivery,
    now: DateTime<Utc>,
) -> rusqlite::Result<usize> {
    let (outcome, step, text) = match &delivery.outcome {
        Outcome::Delivered { answer } => ("delivered", Step::Message, answer),
        Outcome::Transient(step, fault) => ("transient", *step, &fault.text),
        Outcome::Permanent(step, fault) => ("permanent", *step, &fault.text),
    };
    transaction
        .prepare_cached(
            "INSERT INTO deliveries (letter, channel, time, recipient, outcome, step, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            dispatch.letter,
            dispatch.channel,
            stamp(now),
            delivery.recipient,
            outcome,
            step.to_string(),
            text,
        ])
}
