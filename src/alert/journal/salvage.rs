//! Carrying over what can be read of a damaged journal, row by row: the outbox first, then the
//! events. Numbers and Message-IDs stay what they were, so that a message that comes twice can be
//! told by its Message-ID. What one part has lost is taken from another one where it stands twice.

use crate::alert::journal::damaged::DamagedJournal;
use crate::alert::journal::database::{Journal, JournalError};
use crate::alert::journal::memory::Memory;
use crate::alert::journal::passing::Faults;
use crate::alert::journal::plain::with;
use crate::alert::journal::shares::measure_new;
use crate::alert::journal::tables::{
    DELIVERIES, DISPATCHES, EVENTS, KEYS, LETTERS, MESSAGE_IDS, RULES, SOURCES, TEXTS, TWICE,
    Table, WAITING,
};
use crate::alert::journal::values::{count, text};
use crate::alert::journal::walk::{by_number, from_both_ends};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, Transaction, params, params_from_iter};
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long events are carried over that no waiting message needs: mail waits meanwhile.
const LONGEST: Duration = Duration::from_secs(60);
/// How many of the newest events are carried over before the others.
const NEWEST: i64 = 100_000;
/// How many rows are read between two looks at the time.
const LOOK: u32 = 1000;
/// How long ago a message may have been released of which nothing is known any more and which is
/// sent again.
const RECENT: TimeDelta = TimeDelta::days(7);

/// The damaged journal, and what is to be thought of faults in it.
struct DamagedSource<'a> {
    database: &'a Connection,
    faults: Faults,
}

/// What was carried over from a damaged journal, and what was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::alert) struct Salvaged {
    /// Letters that are not delivered, or gather events.
    pub(in crate::alert) letters: u64,
    /// Events.
    pub(in crate::alert) events: u64,
    /// Letters that waited and of which nothing could be read.
    pub(in crate::alert) lost_letters: u64,
    /// Events that could not be read, or not in the time there was.
    pub(in crate::alert) lost_events: u64,
}

/// Carries over into `journal`, which is new and empty, what can be read of the damaged one at
/// `aside`: all or nothing.
///
/// # Errors
/// When the new journal cannot be written, or the damaged one not be read by a fault that may pass.
pub(super) fn salvage(
    aside: &Path,
    journal: &mut Journal,
    faults: Faults,
    now: DateTime<Utc>,
) -> Result<Salvaged, JournalError> {
    let result = match DamagedJournal::open(aside, journal, faults)? {
        Some(source) => carry_over(
            &DamagedSource {
                database: &source.database,
                faults,
            },
            &mut journal.database,
            now,
        ),
        None => Ok(Salvaged::default()),
    };
    journal.memory = Memory::default();
    // It says nothing that the log does not say.
    drop(fs::remove_file(with(aside, "-shm")));
    journal.named("write", result)
}

/// Whether nothing has been written into a journal yet.
///
/// # Errors
/// When it cannot be read.
pub(super) fn is_new(journal: &mut Journal) -> Result<bool, JournalError> {
    journal.run("read", |database| {
        database.query_row(
            "SELECT NOT EXISTS (SELECT 1 FROM events) AND NOT EXISTS (SELECT 1 FROM letters)",
            [],
            |row| row.get(0),
        )
    })
}

fn carry_over(
    from: &DamagedSource<'_>,
    into: &mut Connection,
    now: DateTime<Utc>,
) -> rusqlite::Result<Salvaged> {
    let transaction = into.transaction()?;
    transaction.execute_batch(
        "CREATE TEMP TABLE named (id INTEGER PRIMARY KEY, message_id TEXT);
         CREATE TEMP TABLE keyed (id INTEGER PRIMARY KEY, uid INTEGER, key TEXT);",
    )?;
    for table in [&LETTERS, &DISPATCHES, &DELIVERIES] {
        copy(from, &transaction, table, 0..i64::MAX, None)?;
    }
    copy_twice(from, &transaction, WAITING)?;
    for table in [&SOURCES, &TEXTS, &RULES] {
        copy(from, &transaction, table, 0..i64::MAX, None)?;
    }
    for twice in TWICE {
        copy_twice(from, &transaction, twice)?;
    }
    copy_events(from, &transaction)?;
    copy_twice(from, &transaction, KEYS)?;
    copy_twice(from, &transaction, MESSAGE_IDS)?;
    complete(&transaction, now)?;
    let lost_letters = forget_empty(&transaction)?;
    let salvaged = transaction.query_row(
        "SELECT (SELECT count(*) FROM letters WHERE state = 'open' OR id IN
                    (SELECT letter FROM dispatches WHERE state = 'waiting')),
                (SELECT count(*) FROM events),
                (SELECT coalesce(max(last) - min(first) + 1, 0) FROM (
                    SELECT min(id) AS first, max(id) AS last FROM events
                    UNION ALL SELECT NULL, max(last_event) FROM letters
                    UNION ALL SELECT NULL, max(last_event) FROM sources))",
        [],
        |row| {
            let events = count(row, 1)?;
            Ok(Salvaged {
                letters: count(row, 0)?,
                events,
                lost_letters,
                lost_events: count(row, 2)?.saturating_sub(events),
            })
        },
    )?;
    calm(&transaction)?;
    measure_new(&transaction)?;
    transaction.execute_batch("DROP TABLE temp.named; DROP TABLE temp.keyed")?;
    transaction.commit()?;
    Ok(salvaged)
}

/// Copies the rows of a table that have these numbers, until `end`.
fn copy(
    from: &DamagedSource<'_>,
    into: &Transaction<'_>,
    (name, columns): &Table,
    numbers: Range<i64>,
    end: Option<Instant>,
) -> rusqlite::Result<()> {
    let known = columns_of(from, name)?;
    let read: Vec<&str> = columns
        .iter()
        .map(|(column, read)| match *read {
            // What an earlier version did not have is what all of it was then: root's.
            "" if !known.is_empty() && !known.iter().any(|known| known == column) => "0",
            "" => *column,
            read => read,
        })
        .collect();
    let names: Vec<&str> = columns.iter().map(|(column, _)| *column).collect();
    let places: Vec<String> = (1..=columns.len())
        .map(|place| format!("?{place}"))
        .collect();
    let key = names.first().copied().unwrap_or_default();
    let sql = format!(
        "SELECT {} FROM {name} WHERE {key} >= ?1 AND {key} < {} ORDER BY {key}",
        read.join(", "),
        numbers.end
    );
    let mut insert = into.prepare(&format!(
        "INSERT OR IGNORE INTO {name} ({}) VALUES ({})",
        names.join(", "),
        places.join(", ")
    ))?;
    let mut taken = 0_u32;
    by_number(
        from.database,
        &sql,
        numbers.start,
        from.faults,
        &mut |values| {
            put(&mut insert, values)?;
            taken = taken.wrapping_add(1);
            Ok(!taken.is_multiple_of(LOOK) || end.is_none_or(|end| Instant::now() < end))
        },
    )?;
    Ok(())
}

/// The columns that a table of the damaged journal has; none if that cannot be read.
fn columns_of(from: &DamagedSource<'_>, table: &str) -> rusqlite::Result<Vec<String>> {
    let read = || -> rusqlite::Result<Vec<String>> {
        let sql = "SELECT name FROM pragma_table_info(?1)";
        let mut query = from.database.prepare(sql)?;
        query.query_map([table], |row| text(row, 0))?.collect()
    };
    match read() {
        Ok(columns) => Ok(columns),
        Err(error) => from.faults.damage(error).map(|()| Vec::new()),
    }
}

fn copy_twice(
    from: &DamagedSource<'_>,
    into: &Transaction<'_>,
    (read, write): (&str, &str),
) -> rusqlite::Result<()> {
    let mut insert = into.prepare(write)?;
    from_both_ends(from.database, read, from.faults, &mut |values| {
        put(&mut insert, values)?;
        Ok(true)
    })?;
    Ok(())
}

/// Writes a row; one of a form that cannot be is left out.
fn put(insert: &mut rusqlite::Statement<'_>, values: &[Value]) -> rusqlite::Result<()> {
    match insert.execute(params_from_iter(values)) {
        Err(error)
            if matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch)
            ) =>
        {
            Ok(())
        }
        done => done.map(drop),
    }
}

/// The events that messages still need, and the newest, before the others.
fn copy_events(from: &DamagedSource<'_>, into: &Transaction<'_>) -> rusqlite::Result<()> {
    let first = into.query_row(
        "SELECT min(coalesce(min(first_event), ?2),
                    coalesce((SELECT max(last_event) FROM sources), 0) - ?1)
         FROM letters WHERE state = 'open' OR id IN
             (SELECT letter FROM dispatches WHERE state = 'waiting')",
        [NEWEST, i64::MAX],
        |row| row.get::<_, i64>(0),
    )?;
    let end = Instant::now().checked_add(LONGEST);
    copy(from, into, &EVENTS, first.max(0)..i64::MAX, None)?;
    copy(from, into, &EVENTS, 0..first, end)
}

/// Makes up for what was lost: letters and sources out of their events, letters that became part
/// of one that is gone, ways of letters, hours.
fn complete(transaction: &Transaction<'_>, now: DateTime<Utc>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "INSERT OR IGNORE INTO letters (id, kind, state, source, message_id, created, due,
                released, count, first_event, last_event, reporter)
            SELECT letter,
                CASE WHEN count(DISTINCT source) > 1 THEN 'overflow'
                    WHEN min(decision) = 0 THEN 'alarm' ELSE 'digest' END,
                'sent', iif(count(DISTINCT source) = 1, min(source), NULL),
                coalesce(max(named.message_id),
                    '<' || letter || '.' || max(collected) || '@damaged.invalid>'),
                max(collected), max(collected) / 1000000000, max(collected) / 1000000000,
                count(*), min(events.id), max(events.id),
                iif(min(uid) = 0 OR min(uid) = max(uid), min(uid), -1)
            FROM events LEFT JOIN temp.named ON named.id = letter
            WHERE letter NOT IN (SELECT id FROM letters) GROUP BY letter;
         UPDATE letters SET state = 'sent', merged_into = NULL, released = created / 1000000000
            WHERE state = 'merged' AND merged_into NOT IN (SELECT id FROM letters)
                AND merged_into NOT IN (SELECT letter FROM dispatches WHERE state = 'delivered');
         INSERT OR IGNORE INTO sources (id, uid, key, first_time, last_time, last_event, count)
            SELECT keyed.id, keyed.uid, key, min(time), max(time), max(events.id), count(*)
            FROM events JOIN temp.keyed ON keyed.id = source
            WHERE source NOT IN (SELECT id FROM sources) GROUP BY keyed.id;
         INSERT INTO hours (hour, first_event, last_event, count)
            SELECT time / 3600000000000 - (time < 0), min(id), max(id), count(*)
            FROM events GROUP BY 1;",
    )?;
    transaction.execute(
        "INSERT INTO dispatches (letter, channel, state, next_due, told)
             SELECT id, 'mail',
                 CASE WHEN released >= ?2 THEN 'waiting'
                     WHEN EXISTS (SELECT 1 FROM deliveries
                         WHERE letter = letters.id AND outcome = 'delivered') THEN 'delivered'
                     ELSE 'dropped' END,
                 ?1, coalesce(released, 0) < ?2
             FROM letters WHERE state = 'sent' AND id NOT IN (SELECT letter FROM dispatches)",
        params![now.timestamp(), (now - RECENT).timestamp()],
    )?;
    Ok(())
}

/// Forgets the ways of letters of which nothing is known; gives how many letters waited.
fn forget_empty(transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
    let lost = transaction.query_row(
        "SELECT count(DISTINCT letter) FROM dispatches
         WHERE state = 'waiting' AND letter NOT IN (SELECT id FROM letters)",
        [],
        |row| count(row, 0),
    )?;
    for table in ["dispatches", "deliveries"] {
        let sql = format!("DELETE FROM {table} WHERE letter NOT IN (SELECT id FROM letters)");
        transaction.execute(&sql, [])?;
    }
    Ok(lost)
}

/// No source names an event that was lost as its last one: its number will be given again.
fn calm(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "CREATE TEMP TABLE last AS SELECT source, max(id) AS id FROM events GROUP BY source;
         CREATE UNIQUE INDEX temp.last_source ON last (source);
         UPDATE sources SET last_event =
             coalesce((SELECT id FROM temp.last WHERE source = sources.id), 0)
             WHERE last_event > coalesce((SELECT max(id) FROM events), 0);
         DROP TABLE temp.last;",
    )
}
