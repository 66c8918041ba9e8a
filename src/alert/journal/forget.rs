//! Events leave the journal, and with them what only they need: names, sources, letters that nobody
//! waits for. All of them up to a number, or those of one user.

use crate::alert::journal::memory::SLACK;
use crate::alert::journal::totals::count_going;
use crate::alert::journal::values::count;
use rusqlite::{Connection, Transaction};

/// The first events of letters about users other than root that are still to be delivered: these
/// letters must have something to say. There are never many such letters.
const SPARED: &str = "SELECT first_event FROM letters
    WHERE reporter <> 0 AND first_event IS NOT NULL AND (state = 'open'
        OR id IN (SELECT letter FROM dispatches WHERE state = 'waiting'))";

/// Whose events go.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scope {
    /// Everybody's.
    All,
    /// Those of this user, who is not root.
    One(u32),
}

impl Scope {
    /// A condition on a column `uid`.
    fn condition(self) -> String {
        match self {
            Self::All => "TRUE".to_owned(),
            Self::One(uid) => format!("uid <> 0 AND uid = {uid}"),
        }
    }
}

/// Forgets the events with lower numbers than `end`, but for the first ones of letters that other
/// users than root wait for. Gives how many.
///
/// # Errors
/// When the database cannot be written.
pub(super) fn forget(
    transaction: &Transaction<'_>,
    scope: Scope,
    end: i64,
) -> rusqlite::Result<u64> {
    let whose = scope.condition();
    let going = format!("{whose} AND id < {end} AND NOT (uid <> 0 AND id IN ({SPARED}))");
    match scope {
        Scope::All => {}
        Scope::One(_) => {
            let sql = format!(
                "UPDATE hours SET count = hours.count - gone.count
                 FROM (SELECT time / 3600000000000 - (time < 0) AS hour, count(*) AS count
                     FROM events WHERE {going} GROUP BY 1) AS gone
                 WHERE hours.hour = gone.hour"
            );
            transaction.execute(&sql, [])?;
        }
    }
    count_going(transaction, &going)?;
    let gone = transaction.execute(&format!("DELETE FROM events WHERE {going}"), [])?;
    let left = |column: &str| format!("SELECT {column} FROM events WHERE {whose} AND id < {end}");
    let texts: Vec<String> = ["host", "addr", "daemon", "server", "user", "-pid"]
        .iter()
        .map(|column| left(column))
        .collect();
    let texts = texts.join(" UNION ALL ");
    let mut steps = vec![
        format!(
            "DELETE FROM sources WHERE {whose} AND last_event < {end} AND id NOT IN ({})",
            left("source")
        ),
        format!(
            "DELETE FROM texts WHERE {whose} AND uid <> 0 AND last_event < {end}
                 AND id NOT IN ({texts})"
        ),
    ];
    match scope {
        Scope::All => steps.extend([
            format!("DELETE FROM hours WHERE last_event < {end}"),
            format!(
                "DELETE FROM texts WHERE uid = 0 AND last_event < {}",
                end - SLACK
            ),
            format!("DELETE FROM rules WHERE last_event < {}", end - SLACK),
        ]),
        Scope::One(_) => steps.push("DELETE FROM hours WHERE count <= 0".to_owned()),
    }
    for sql in steps {
        transaction.execute(&sql, [])?;
    }
    match scope {
        Scope::All => forget_letters(transaction, "TRUE", end)?,
        Scope::One(uid) => forget_letters_of(transaction, i64::from(uid), end)?,
    }
    Ok(u64::try_from(gone).unwrap_or(0))
}

/// Forgets the settled letters about a reporter who is not root of which no event is left, where
/// their last one had a lower number than `end`.
///
/// # Errors
/// When the database cannot be written.
pub(super) fn forget_letters_of(
    transaction: &Transaction<'_>,
    reporter: i64,
    end: i64,
) -> rusqlite::Result<()> {
    let which = format!(
        "reporter <> 0 AND reporter = {reporter}
             AND NOT EXISTS (SELECT 1 FROM events WHERE letter = letters.id)
             AND NOT EXISTS (SELECT 1 FROM letters AS part WHERE part.merged_into = letters.id)"
    );
    forget_letters(transaction, &which, end)
}

fn forget_letters(transaction: &Transaction<'_>, which: &str, end: i64) -> rusqlite::Result<()> {
    transaction.execute_batch(&format!(
        "CREATE TEMP TABLE IF NOT EXISTS going (id INTEGER PRIMARY KEY);
         DELETE FROM temp.going;
         INSERT INTO temp.going SELECT id FROM letters
             WHERE {which} AND last_event < {end} AND state <> 'open'
                 AND id NOT IN (SELECT letter FROM dispatches WHERE state = 'waiting');
         DELETE FROM dispatches WHERE letter IN (SELECT id FROM temp.going);
         DELETE FROM deliveries WHERE letter IN (SELECT id FROM temp.going);
         DELETE FROM letters WHERE id IN (SELECT id FROM temp.going);"
    ))
}

/// The numbers of the first event that [`forget`] does not spare and of the last one; nothing if
/// there is none.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn bounds(database: &Connection) -> rusqlite::Result<Option<(i64, i64)>> {
    let sql = format!(
        "SELECT (SELECT min(id) FROM events WHERE NOT (uid <> 0 AND id IN ({SPARED}))),
                (SELECT max(id) FROM events)"
    );
    database
        .prepare_cached(&sql)?
        .query_row([], |row| Ok(row.get::<_, Option<i64>>(0)?.zip(row.get(1)?)))
}

/// How many events the user has in the journal, and how many of them [`forget`] spares.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn events_of(database: &Connection, uid: u32) -> rusqlite::Result<(u64, u64)> {
    let sql = format!(
        "SELECT count(*), coalesce(sum(id IN ({SPARED})), 0) FROM events
         WHERE uid <> 0 AND uid = ?1"
    );
    database
        .prepare_cached(&sql)?
        .query_row([uid], |row| Ok((count(row, 0)?, count(row, 1)?)))
}
