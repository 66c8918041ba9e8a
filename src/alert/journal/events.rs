//! Reading the journal: events with all that is known of them, and what a letter tells.

use crate::alert::event::{Claim, Event};
use crate::alert::journal::database::{Journal, JournalError, time_of};
use crate::alert::journal::outbox::{audience, reasons};
use crate::alert::journal::trial::TRIAL;
use crate::alert::journal::values::{
    bytes, count, message_id, number, optional_number, optional_text, small, text,
};
use crate::alert::model::letter::{
    Decision, Entry, Letter, LetterKind, SourceHistory, SourceTally,
};
use crate::alert::model::reporter::Reporter;
use crate::alert::model::rule_finder::{FiredRule, Verdict};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::collections::HashMap;

/// How many events a letter describes one by one; it counts the others.
const MOST_LISTED: u32 = 50;
/// How many sources that root reported a digest names, so that mail servers still take it, and how
/// many of other users; it counts the rest.
const MOST_OF_ROOT: usize = 2000;
const MOST_OF_OTHERS: usize = 50;
/// How many daemons and names a digest gives for each source.
const MOST_VALUES: u32 = 5;
/// How many earlier events of its source a letter shows.
const MOST_EARLIER: usize = 10;

/// All columns of an event, its values in place of their numbers. The numbers of columns in
/// [`entry_of`] are those here.
pub(super) const ENTRY: &str = "SELECT
        events.id, events.time, events.collected, sources.key,
        host.bytes, host.length, addr.bytes, addr.length, daemon.bytes, daemon.length,
        server.bytes, server.length, user.bytes, user.length,
        events.pid, process.bytes, process.length, events.uid,
        rules.file, rules.line, rules.text, rules.digest,
        events.verdict, events.decision, events.letter, machine.bytes
    FROM events
    LEFT JOIN sources ON sources.id = events.source
    LEFT JOIN texts host ON host.id = events.host
    LEFT JOIN texts addr ON addr.id = events.addr
    LEFT JOIN texts daemon ON daemon.id = events.daemon
    LEFT JOIN texts server ON server.id = events.server
    LEFT JOIN texts user ON user.id = events.user
    LEFT JOIN texts process ON process.id = -events.pid
    LEFT JOIN texts machine ON machine.id = events.machine
    LEFT JOIN rules ON rules.id = events.rule";

/// Which events are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// Those at this time and later.
    pub since: Option<DateTime<Utc>>,
    /// Those with a greater number than this.
    pub after: i64,
}

impl Journal {
    /// Shows events to `visit`, in the order in which they entered the journal, until it says
    /// no. Rows are read one at a time: memory does not grow with their number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn visit_events(
        &mut self,
        filter: &EventFilter,
        visit: &mut dyn FnMut(Entry) -> bool,
    ) -> Result<(), JournalError> {
        let first = match filter.since {
            Some(since) => self.first_since(since)?,
            None => 0,
        };
        let since = filter
            .since
            .map_or(i64::MIN, crate::alert::journal::database::stamp);
        self.run("read", |database| {
            let sql =
                format!("{ENTRY} WHERE events.id >= ?1 AND events.time >= ?2 ORDER BY events.id");
            let mut query = database.prepare_cached(&sql)?;
            let mut rows = query.query(params![first.max(filter.after + 1), since])?;
            while let Some(row) = rows.next()? {
                if !visit(entry_of(row)?) {
                    break;
                }
            }
            Ok(())
        })
    }

    /// The newest `most` events, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn newest_events(&mut self, most: u32) -> Result<Vec<Entry>, JournalError> {
        self.run("read", |database| {
            let sql = format!("{ENTRY} ORDER BY events.id DESC LIMIT ?1");
            let mut query = database.prepare_cached(&sql)?;
            query.query_map([most], entry_of)?.collect()
        })
    }

    /// A number that is not greater than that of any event at `since` or later.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn first_since(&mut self, since: DateTime<Utc>) -> Result<i64, JournalError> {
        self.run("read", |database| {
            let hour = since.timestamp().div_euclid(3600);
            database
                .prepare_cached("SELECT min(first_event) FROM hours WHERE hour >= ?1")?
                .query_row([hour], |row| row.get::<_, Option<i64>>(0))
                .map(|first| first.unwrap_or(i64::MAX))
        })
    }

    /// A letter with everything that it tells of; nothing if there is none of this number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn letter(&mut self, id: i64) -> Result<Option<Letter>, JournalError> {
        self.run("read", |database| letter(database, id))
    }
}

fn letter(database: &Connection, id: i64) -> rusqlite::Result<Option<Letter>> {
    let mut query = database.prepare_cached(
        "SELECT letters.kind, message_id, letters.thread, created, audience, letters.count, body,
             first_event, sources.count, sources.first_time, sources.last_event
         FROM letters LEFT JOIN sources ON sources.id = letters.source WHERE letters.id = ?1",
    )?;
    let found = query
        .query_row([id], |row| {
            let facts = Letter {
                id,
                kind: LetterKind::of_word(&text(row, 0)?),
                message_id: message_id(row, 1)?,
                thread: optional_text(row, 2)?,
                created: time_of(number(row, 3)?),
                audience: audience(&text(row, 4)?),
                count: count(row, 5)?,
                period: None,
                body: optional_text(row, 6)?,
                events: Vec::new(),
                sources: Vec::new(),
                source_count: 0,
                reasons: Vec::new(),
                history: None,
            };
            let first = optional_number(row, 7)?;
            let known = match optional_number(row, 8)? {
                Some(count) => Some((count, number(row, 9)?, number(row, 10)?)),
                None => None,
            };
            Ok((facts, first, known))
        })
        .optional()?;
    let Some((mut facts, first, known)) = found else {
        return Ok(None);
    };
    if facts.body.as_deref() == Some(TRIAL) {
        (facts.kind, facts.body) = (LetterKind::Test, None);
    }
    facts.events = events_of(database, id)?;
    facts.reasons = reasons(database, id)?;
    facts.source_count = database
        .prepare_cached(&format!(
            "SELECT count(DISTINCT source) FROM events WHERE {OF_LETTER}"
        ))?
        .query_row([id], |row| count(row, 0))?;
    facts.sources = sources_of(database, id)?;
    facts.period = period_of(database, id)?;
    if let Some((total, first_time, last_event)) = known {
        facts.history = Some(SourceHistory {
            count: u64::try_from(total).unwrap_or(0),
            first: time_of(first_time),
            earlier: earlier(database, last_event, first.unwrap_or(i64::MAX))?,
        });
    }
    Ok(Some(facts))
}

fn period_of(
    database: &Connection,
    letter: i64,
) -> rusqlite::Result<Option<(DateTime<Utc>, DateTime<Utc>)>> {
    let sql = format!("SELECT min(time), max(time) FROM events WHERE {OF_LETTER}");
    let (first, last): (Option<i64>, Option<i64>) = database
        .prepare_cached(&sql)?
        .query_row([letter], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(first
        .zip(last)
        .map(|(first, last)| (time_of(first), time_of(last))))
}

/// The events of a letter and of those that became part of it.
const OF_LETTER: &str =
    "events.letter IN (SELECT id FROM letters WHERE id = ?1 OR merged_into = ?1)";

fn events_of(database: &Connection, letter: i64) -> rusqlite::Result<Vec<Entry>> {
    let sql = format!("{ENTRY} WHERE {OF_LETTER} ORDER BY events.id LIMIT ?2");
    let mut query = database.prepare_cached(&sql)?;
    query
        .query_map(params![letter, MOST_LISTED], entry_of)?
        .collect()
}

/// The sources of a letter: first those that root reported, then those of others, of each user the
/// largest before any second one, so that no user crowds out another.
fn sources_of(database: &Connection, letter: i64) -> rusqlite::Result<Vec<SourceTally>> {
    let sql = format!(
        "SELECT sources.id, sources.key, sources.uid, counted.count, first, last
         FROM (SELECT source, count(*) AS count, min(time) AS first, max(time) AS last
             FROM events WHERE {OF_LETTER} GROUP BY source) AS counted
         JOIN sources ON sources.id = counted.source
         ORDER BY sources.uid <> 0, iif(sources.uid = 0, 0, row_number() OVER
             (PARTITION BY sources.uid ORDER BY counted.count DESC, sources.id)),
             counted.count DESC, sources.id"
    );
    let mut query = database.prepare_cached(&sql)?;
    let mut rows = query.query([letter])?;
    let (mut tallies, mut places) = (Vec::new(), HashMap::new());
    let (mut of_root, mut of_others) = (0, 0);
    while let Some(row) = rows.next()? {
        let reporter = Reporter::of(small(row, 2)?);
        let (known, most) = if reporter.is_root() {
            (&mut of_root, MOST_OF_ROOT)
        } else {
            (&mut of_others, MOST_OF_OTHERS)
        };
        if *known == most {
            if reporter.is_root() {
                continue;
            }
            break;
        }
        *known += 1;
        places.insert(number(row, 0)?, tallies.len());
        tallies.push(SourceTally {
            source: text(row, 1)?,
            reporter,
            count: count(row, 3)?,
            first: time_of(number(row, 4)?),
            last: time_of(number(row, 5)?),
            daemons: Vec::new(),
            hosts: Vec::new(),
        });
    }
    for (column, is_host) in [("daemon", false), ("host", true)] {
        values_of(database, letter, column, &mut |source, claim| {
            let place = places.get(&source);
            if let Some(tally) = place.and_then(|place| tallies.get_mut(*place)) {
                let list: &mut Vec<Claim> = if is_host {
                    &mut tally.hosts
                } else {
                    &mut tally.daemons
                };
                list.push(claim);
            }
        })?;
    }
    Ok(tallies)
}

/// Some of the values that the events of each source have in a letter, in the order of their first.
fn values_of(
    database: &Connection,
    letter: i64,
    column: &'static str,
    take: &mut dyn FnMut(i64, Claim),
) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT source, texts.bytes, texts.length FROM
             (SELECT source, {column} AS value, min(id) AS first, row_number() OVER
                 (PARTITION BY source ORDER BY min(id)) AS place
              FROM events WHERE {OF_LETTER} GROUP BY source, {column})
         JOIN texts ON texts.id = value WHERE place <= ?2 ORDER BY first"
    );
    let mut query = database.prepare_cached(&sql)?;
    let mut rows = query.query(params![letter, MOST_VALUES])?;
    while let Some(row) = rows.next()? {
        take(number(row, 0)?, claim(row, 1)?);
    }
    Ok(())
}

/// The last events of a source that are older than `before`, from its `last` one on.
fn earlier(database: &Connection, last: i64, before: i64) -> rusqlite::Result<Vec<Entry>> {
    let mut step = database.prepare_cached("SELECT previous FROM events WHERE id = ?1")?;
    let mut next = Some(last);
    // A digest may have very many events: their chain is left where the letter begins.
    if last >= before {
        next = database
            .prepare_cached("SELECT previous FROM events WHERE id = ?1")?
            .query_row([before], |row| row.get(0))
            .optional()?
            .flatten();
    }
    let sql = format!("{ENTRY} WHERE events.id = ?1");
    let mut query = database.prepare_cached(&sql)?;
    let mut found = Vec::new();
    while let Some(id) = next.filter(|_| found.len() < MOST_EARLIER) {
        let Some(entry) = query.query_row([id], entry_of).optional()? else {
            break;
        };
        found.push(entry);
        next = step.query_row([id], |row| row.get(0)).optional()?.flatten();
    }
    Ok(found)
}

/// The event in a row of [`ENTRY`].
pub(super) fn entry_of(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let process = number(row, 14)?;
    let pid = if process < 0 {
        claim(row, 15)?
    } else {
        Claim::cut(process.to_string().as_bytes(), usize::MAX)
    };
    let rule = match optional_text(row, 18)? {
        Some(file) => Some(FiredRule {
            file,
            line: small(row, 19)?,
            text: text(row, 20)?,
            digest: text(row, 21)?,
        }),
        None => None,
    };
    Ok(Entry {
        id: number(row, 0)?,
        event: Event {
            time: time_of(number(row, 1)?),
            host: claim(row, 4)?,
            addr: claim(row, 6)?,
            daemon: claim(row, 8)?,
            server: claim(row, 10)?,
            pid,
            user: claim(row, 12)?,
            uid: small(row, 17)?,
        },
        collected: time_of(number(row, 2)?),
        source: text(row, 3)?,
        machine: text(row, 25)?,
        rule,
        verdict: Verdict::of_code(number(row, 22)?),
        decision: Decision::of_code(number(row, 23)?),
        letter: optional_number(row, 24)?,
    })
}

/// A claim in two columns; nothing where the value is gone.
pub(super) fn claim(row: &Row<'_>, column: usize) -> rusqlite::Result<Claim> {
    let bytes = bytes(row, column)?;
    let length = u64::try_from(number(row, column + 1)?).unwrap_or(u64::MAX);
    Ok(Claim::kept(bytes, length).unwrap_or_default())
}
