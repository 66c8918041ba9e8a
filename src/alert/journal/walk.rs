//! Reading a damaged table as far as it can be read: around what is damaged, and from both ends.

use crate::alert::journal::passing::Faults;
use crate::alert::journal::values::optional_number;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, Statement};

/// Takes one row; says whether to go on.
pub(super) type Take<'a> = dyn FnMut(&[Value]) -> rusqlite::Result<bool> + 'a;

/// How far one scan came.
enum Scan {
    /// To the end, or as far as was wanted.
    Done,
    /// To something damaged; no number above this one was taken.
    Torn(i64),
}

/// Reads the rows that `sql` gives in the order of its first column, a number that is not less than
/// `?1`; leaves out those that are damaged. Says whether there were none of these.
///
/// # Errors
/// When a row cannot be taken, or cannot be read by a fault that may pass.
pub(super) fn by_number(
    database: &Connection,
    sql: &str,
    from: i64,
    faults: Faults,
    take: &mut Take<'_>,
) -> rusqlite::Result<bool> {
    let mut query = match database.prepare(sql) {
        Ok(query) => query,
        Err(error) => return faults.damage(error).map(|()| false),
    };
    let (mut start, mut is_whole) = (from, true);
    loop {
        match scan(&mut query, start, faults, take)? {
            Scan::Done => return Ok(is_whole),
            Scan::Torn(last) => match next_sound(&mut query, last, faults)? {
                Some(next) => (start, is_whole) = (next, false),
                None => return Ok(false),
            },
        }
    }
}

/// Reads the rows that `sql` gives with `ASC` in the place of `{order}` until something is damaged,
/// then with `DESC`: a row may come twice.
///
/// # Errors
/// When a row cannot be taken, or cannot be read by a fault that may pass.
pub(super) fn from_both_ends(
    database: &Connection,
    sql: &str,
    faults: Faults,
    take: &mut Take<'_>,
) -> rusqlite::Result<bool> {
    for order in ["ASC", "DESC"] {
        let mut query = match database.prepare(&sql.replace("{order}", order)) {
            Ok(query) => query,
            Err(error) => return faults.damage(error).map(|()| false),
        };
        let mut rows = match query.query([]) {
            Ok(rows) => rows,
            Err(error) => {
                faults.damage(error)?;
                continue;
            }
        };
        loop {
            match rows.next() {
                Ok(Some(row)) => {
                    let Some(values) = values(row) else { break };
                    if !take(&values)? {
                        return Ok(true);
                    }
                }
                Ok(None) => return Ok(order == "ASC"),
                Err(error) => {
                    faults.damage(error)?;
                    break;
                }
            }
        }
    }
    Ok(false)
}

fn scan(
    query: &mut Statement<'_>,
    start: i64,
    faults: Faults,
    take: &mut Take<'_>,
) -> rusqlite::Result<Scan> {
    let mut last = start.saturating_sub(1);
    let mut rows = match query.query([start]) {
        Ok(rows) => rows,
        Err(error) => return faults.damage(error).map(|()| Scan::Torn(last)),
    };
    loop {
        match rows.next() {
            Ok(Some(row)) => {
                let number = sound_number(row, last.max(start));
                let (Some(number), Some(values)) = (number, values(row)) else {
                    return Ok(Scan::Torn(last));
                };
                last = number;
                if !take(&values)? {
                    return Ok(Scan::Done);
                }
            }
            Ok(None) => return Ok(Scan::Done),
            Err(error) => return faults.damage(error).map(|()| Scan::Torn(last)),
        }
    }
}

/// The first number above `last` from which something can be read, or the end be seen: looked for
/// in growing steps, then between the last two of them.
fn next_sound(
    query: &mut Statement<'_>,
    last: i64,
    faults: Faults,
) -> rusqlite::Result<Option<i64>> {
    let (mut bad, mut step) = (last, 1_i64);
    let mut good = loop {
        let Some(next) = last.checked_add(step) else {
            return Ok(None);
        };
        if is_sound(query, next, faults)? {
            break next;
        }
        bad = next;
        let Some(twice) = step.checked_mul(2) else {
            return Ok(None);
        };
        step = twice;
    };
    while good - bad > 1 {
        let middle = bad + (good - bad) / 2;
        if is_sound(query, middle, faults)? {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Ok(Some(good))
}

/// Whether the first row from `start` on can be read, or the end be seen.
fn is_sound(query: &mut Statement<'_>, start: i64, faults: Faults) -> rusqlite::Result<bool> {
    let mut rows = match query.query([start]) {
        Ok(rows) => rows,
        Err(error) => return faults.damage(error).map(|()| false),
    };
    match rows.next() {
        Ok(Some(row)) => Ok(sound_number(row, start).is_some() && values(row).is_some()),
        Ok(None) => Ok(true),
        Err(error) => faults.damage(error).map(|()| false),
    }
}

/// The number of a row, if it is in order.
fn sound_number(row: &Row<'_>, least: i64) -> Option<i64> {
    optional_number(row, 0)
        .ok()
        .flatten()
        .filter(|number| *number >= least)
}

/// What a row has, in a form in which it can be written; nothing if not all of it can be read.
fn values(row: &Row<'_>) -> Option<Vec<Value>> {
    (0..row.as_ref().column_count())
        .map(|column| {
            Some(match row.get_ref(column).ok()? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Real(number) => Value::Real(number),
                ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
                ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
            })
        })
        .collect()
}
