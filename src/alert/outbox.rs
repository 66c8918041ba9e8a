//! The letters that are to be sent: queued in the same transaction as their events, tried with
//! growing pauses, and never forgotten.

use super::collect::Found;
use super::event::Event;
use super::journal::{Journal, JournalError, append, event_of, stamp, time_of};
use super::transport::{Outcome, Step};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, params};
use std::collections::BTreeMap;

/// The first pause after a failure, in seconds.
const FIRST_PAUSE: i64 = 60;
/// The longest pause, in seconds.
const LONGEST_PAUSE: i64 = 3600;
/// How many events a letter describes one by one; it counts the others.
pub(super) const MOST_LISTED: u32 = 50;

/// Names the rule that fired for an event, as `file:line: text`; `alert` itself knows no tables.
pub trait RuleFinder {
    /// The rule, if it can be told.
    fn find(&self, event: &Event) -> Option<String>;
}

impl<F: Fn(&Event) -> Option<String>> RuleFinder for F {
    fn find(&self, event: &Event) -> Option<String> {
        self(event)
    }
}

/// A letter as the outbox keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its number.
    pub id: i64,
    /// Its Message-ID, the same at every attempt.
    pub message_id: String,
    /// When it was queued: the Date of the mail.
    pub created: DateTime<Utc>,
    /// The rule that fired, if it is known.
    pub rule: Option<String>,
    /// The first of its events, oldest first, at most 50.
    pub events: Vec<Event>,
    /// How many events it has.
    pub count: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// The addresses that have it already.
    pub delivered_to: Vec<String>,
}

/// What lies in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Letters that will be tried again.
    pub waiting: u64,
    /// Letters that were given up.
    pub failed: u64,
    /// When the next one is due, in seconds since the epoch.
    pub next_due: Option<i64>,
    /// The latest error.
    pub last_error: Option<String>,
}

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The address; nothing when the mail as a whole is meant.
    pub recipient: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
}

impl Journal {
    /// Appends the events and queues one letter a source, all or nothing. Gives the number of
    /// events that are new. `host` is this machine's name, for the Message-ID; `unique` makes
    /// that one unrepeatable.
    ///
    /// # Errors
    /// When the database cannot be written; nothing is then.
    pub(super) fn enqueue(
        &mut self,
        found: &[Found],
        rules: &dyn RuleFinder,
        now: DateTime<Utc>,
        host: &str,
        unique: &dyn Fn() -> u64,
    ) -> Result<usize, JournalError> {
        self.run("write", |database| {
            let transaction = database.transaction()?;
            let mut sources: BTreeMap<&[u8], Vec<(i64, &Event)>> = BTreeMap::new();
            let mut new = 0;
            for item in found {
                if let Some(id) = append(&transaction, item, now)? {
                    sources
                        .entry(item.event.source())
                        .or_default()
                        .push((id, &item.event));
                    new += 1;
                }
            }
            for events in sources.values() {
                let rule = events.first().and_then(|(_, event)| rules.find(event));
                let message_id =
                    format!("<{}.{:016x}@{host}>", now.format("%Y%m%d%H%M%S"), unique());
                queue(&transaction, events, rule.as_deref(), &message_id, now)?;
            }
            transaction.commit()?;
            Ok(new)
        })
    }

    /// The letters to try now, oldest first: those that are due, or with `all` every one that
    /// is not delivered.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) fn due(
        &mut self,
        now: DateTime<Utc>,
        all: bool,
    ) -> Result<Vec<Letter>, JournalError> {
        self.run("read", |database| {
            let mut query = database.prepare(
                "SELECT id, message_id, created, rule, attempts FROM outbox
                 WHERE (state = 'waiting' AND (?2 OR next_due <= ?1)) OR (state = 'failed' AND ?2)
                 ORDER BY id",
            )?;
            let letters = query.query_map(params![now.timestamp(), all], |row| {
                Ok(Letter {
                    id: row.get(0)?,
                    message_id: row.get(1)?,
                    created: time_of(&row.get::<_, String>(2)?),
                    rule: row.get(3)?,
                    attempts: row.get(4)?,
                    events: Vec::new(),
                    count: 0,
                    delivered_to: Vec::new(),
                })
            })?;
            letters.collect()
        })
    }

    /// Fills in the events and the recipients of a letter that [`Journal::due`] gave.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) fn complete(&mut self, letter: &mut Letter) -> Result<(), JournalError> {
        let id = letter.id;
        letter.events = self.run("read", |database| events_of(database, id))?;
        letter.count = self
            .run("read", |database| {
                let sql = "SELECT count(*) FROM letter_events WHERE letter = ?1";
                database.query_row(sql, [id], |row| row.get::<_, i64>(0))
            })?
            .try_into()
            .unwrap_or(0);
        letter.delivered_to = self.run("read", |database| {
            let mut query = database.prepare(
                "SELECT recipient FROM deliveries
                 WHERE letter = ?1 AND outcome = 'delivered' AND recipient IS NOT NULL",
            )?;
            query.query_map([id], |row| row.get(0))?.collect()
        })?;
        Ok(())
    }

    /// Records one attempt and decides what comes next: delivered, tried again after a pause, or
    /// given up.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(super) fn settle(
        &mut self,
        letter: &Letter,
        deliveries: &[Delivery],
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        let attempts = letter.attempts.saturating_add(1);
        let (state, error) = next_state(deliveries);
        self.run("write", |database| {
            let transaction = database.transaction()?;
            for delivery in deliveries {
                record(&transaction, letter.id, delivery, now)?;
            }
            transaction.execute(
                "UPDATE outbox SET state = ?2, attempts = ?3, next_due = ?4, last_error = ?5
                 WHERE id = ?1",
                params![
                    letter.id,
                    state,
                    attempts,
                    now.timestamp() + pause(attempts),
                    error
                ],
            )?;
            transaction.commit()
        })
    }

    /// Puts off every letter that is due until `until`: the server cannot be reached, so that
    /// trying each of them would only take time.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(super) fn put_off(
        &mut self,
        now: DateTime<Utc>,
        until: i64,
        error: &str,
    ) -> Result<(), JournalError> {
        self.run("write", |database| {
            database.execute(
                "UPDATE outbox SET next_due = ?2, last_error = ?3
                 WHERE state = 'waiting' AND next_due <= ?1",
                params![now.timestamp(), until, error],
            )
        })
        .map(drop)
    }

    /// What lies in the outbox.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) fn waiting(&mut self) -> Result<Waiting, JournalError> {
        self.run("read", |database| {
            database.query_row(
                "SELECT count(*) FILTER (WHERE state = 'waiting'),
                        count(*) FILTER (WHERE state = 'failed'),
                        min(next_due) FILTER (WHERE state = 'waiting'),
                        (SELECT last_error FROM outbox
                         WHERE state <> 'delivered' AND last_error IS NOT NULL
                         ORDER BY id DESC LIMIT 1)
                 FROM outbox",
                [],
                |row| {
                    Ok(Waiting {
                        waiting: row.get::<_, i64>(0)?.try_into().unwrap_or(0),
                        failed: row.get::<_, i64>(1)?.try_into().unwrap_or(0),
                        next_due: row.get(2)?,
                        last_error: row.get(3)?,
                    })
                },
            )
        })
    }
}

/// The pause after the `attempts`th failure, in seconds: one minute, doubled up to an hour.
pub(super) fn pause(attempts: u32) -> i64 {
    let doubled = attempts.saturating_sub(1).min(10);
    (FIRST_PAUSE << doubled).min(LONGEST_PAUSE)
}

/// A letter is given up only when what was refused is the letter itself; a wrong password or
/// certificate will be repaired, and the letter is still worth having then.
fn next_state(deliveries: &[Delivery]) -> (&'static str, Option<String>) {
    let mut state = "delivered";
    let mut error = None;
    for delivery in deliveries {
        match &delivery.outcome {
            Outcome::Delivered { .. } => {}
            Outcome::Permanent(step, text) if step.concerns_letter() => {
                if state == "delivered" {
                    state = "failed";
                }
                error = Some(problem(delivery, *step, text));
            }
            Outcome::Permanent(step, text) | Outcome::Transient(step, text) => {
                state = "waiting";
                error = Some(problem(delivery, *step, text));
            }
        }
    }
    (state, error)
}

fn problem(delivery: &Delivery, step: Step, text: &str) -> String {
    match &delivery.recipient {
        Some(recipient) => format!("{step} {recipient}: {text}"),
        None => format!("{step}: {text}"),
    }
}

fn queue(
    transaction: &Transaction<'_>,
    events: &[(i64, &Event)],
    rule: Option<&str>,
    message_id: &str,
    now: DateTime<Utc>,
) -> rusqlite::Result<()> {
    let letter: i64 = transaction.query_row(
        "INSERT INTO outbox (message_id, created, rule, state, next_due)
         VALUES (?1, ?2, ?3, 'waiting', ?4) RETURNING id",
        params![message_id, stamp(now), rule, now.timestamp()],
        |row| row.get(0),
    )?;
    for (event, _) in events {
        transaction.execute(
            "INSERT INTO letter_events (letter, event) VALUES (?1, ?2)",
            params![letter, event],
        )?;
    }
    Ok(())
}

fn record(
    transaction: &Transaction<'_>,
    letter: i64,
    delivery: &Delivery,
    now: DateTime<Utc>,
) -> rusqlite::Result<usize> {
    let (outcome, step, text) = match &delivery.outcome {
        Outcome::Delivered { answer } => ("delivered", Step::Message, answer),
        Outcome::Transient(step, text) => ("transient", *step, text),
        Outcome::Permanent(step, text) => ("permanent", *step, text),
    };
    transaction.execute(
        "INSERT INTO deliveries (letter, time, recipient, outcome, step, text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            letter,
            stamp(now),
            delivery.recipient,
            outcome,
            step.to_string(),
            text
        ],
    )
}

fn events_of(database: &Connection, letter: i64) -> rusqlite::Result<Vec<Event>> {
    let mut query = database.prepare(
        "SELECT events.* FROM events JOIN letter_events ON events.id = letter_events.event
         WHERE letter_events.letter = ?1 ORDER BY events.id LIMIT ?2",
    )?;
    query
        .query_map(params![letter, MOST_LISTED], event_of)?
        .collect()
}
