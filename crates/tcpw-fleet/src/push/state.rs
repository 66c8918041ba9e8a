//! How far the journal was sent, and what was counted of it: an SQLite database, so that all of it
//! changes at once or not at all.

use super::fault::PushError;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tcpw::alert::Pushed;

/// The directory of the state where nothing else is said.
pub const STATE: &str = "/var/lib/tcpw-fleet";
/// The file in it that has the time of the last success, for whoever may not read the rest.
const SUCCEEDED: &str = "succeeded";
/// The file in it that has how far the journal was sent, for the deliverer, which mails by itself what
/// was not.
const PUSHED: &str = "pushed";
/// Another run may be at work.
const PATIENCE: Duration = Duration::from_secs(5);
/// Counts that nothing was added to for so long, in seconds, are forgotten: an outage lasts a week.
const KEPT: i64 = 8 * 86_400;
/// The most that passes between two changes for that, in seconds: a clock that is set forward by a year
/// must not let everything be forgotten.
const LONGEST_STEP: i64 = 3600;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS place (
        single INTEGER PRIMARY KEY CHECK (single = 1),
        database TEXT NOT NULL,
        life INTEGER NOT NULL,
        base INTEGER NOT NULL,
        token TEXT,
        seq INTEGER NOT NULL,
        at INTEGER,
        collected INTEGER,
        pending_token TEXT,
        pending_seq INTEGER,
        failures INTEGER NOT NULL,
        not_before INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS tally (
        hour INTEGER NOT NULL,
        source TEXT NOT NULL,
        daemon TEXT NOT NULL,
        verdict TEXT NOT NULL,
        n INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        touched INTEGER NOT NULL,
        PRIMARY KEY (hour, source, daemon, verdict)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS tally_touched ON tally (touched);";

/// The time by which counts are forgotten, and the clock when it was last looked at.
const PASSED: &str = "
    ALTER TABLE place ADD COLUMN passed INTEGER;
    ALTER TABLE place ADD COLUMN looked INTEGER;";

/// How far this host has come, as the database has confirmed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The life of the journal: another begins where it does not go on from what was sent.
    pub(super) life: i32,
    /// The events with greater numbers are counted in this life.
    pub(super) base: i64,
    /// The last batch.
    pub(super) token: Option<String>,
    /// Its last event, when that was reported (in microseconds), and when it entered the journal (in
    /// nanoseconds).
    pub(super) seq: i64,
    pub(super) at: Option<i64>,
    pub(super) collected: Option<i64>,
    /// A batch that was sent and not confirmed: its token and its last event.
    pub(super) pending: Option<(String, i64)>,
}

/// The state before anything was sent.
const START: Place = Place {
    life: 1,
    base: 0,
    token: None,
    seq: 0,
    at: None,
    collected: None,
    pending: None,
};

/// Whom a count is of, and in which hour.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) hour: i64,
    pub(super) source: String,
    pub(super) daemon: String,
    pub(super) verdict: String,
}

/// All events of a [`Key`] so far; the times in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) n: i64,
    pub(super) first: i64,
    pub(super) last: i64,
}

/// The open state.
#[derive(Debug)]
pub(super) struct State {
    connection: Connection,
    path: PathBuf,
}

impl State {
    /// Opens the state in `directory`, and makes it if it is absent. It is of one `database`: with
    /// another one, everything begins again.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub(super) fn open(directory: &Path, database: &str) -> Result<Self, PushError> {
        let path = directory.join("state.db");
        let failed = |cause| PushError::State {
            path: path.clone(),
            cause,
        };
        let connection = Connection::open(&path).map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        let state = Self {
            connection,
            path: path.clone(),
        };
        state.run(|connection| {
            connection.execute_batch("PRAGMA synchronous = FULL;")?;
            connection.execute_batch(TABLES)?;
            let sql = "SELECT count(*) FROM pragma_table_info('place') WHERE name = 'passed'";
            if connection.query_row(sql, [], |row| row.get::<_, i64>(0))? == 0 {
                connection.execute_batch(PASSED)?;
            }
            let known: Option<String> = connection
                .query_row("SELECT database FROM place", [], |row| row.get(0))
                .optional()?;
            if known.as_deref() == Some(database) {
                return Ok(());
            }
            let transaction = connection.unchecked_transaction()?;
            transaction.execute_batch("DELETE FROM place; DELETE FROM tally;")?;
            transaction.execute(
                "INSERT INTO place (single, database, life, base, seq, failures, not_before)
                 VALUES (1, ?1, 1, 0, 0, 0, 0)",
                [database],
            )?;
            transaction.commit()
        })?;
        Ok(state)
    }

    fn run<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, PushError> {
        work(&self.connection).map_err(|cause| PushError::State {
            path: self.path.clone(),
            cause,
        })
    }

    /// How far this host has come.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub(super) fn place(&self) -> Result<Place, PushError> {
        self.run(|connection| {
            let sql = "SELECT life, base, token, seq, at, collected, pending_token, pending_seq FROM place";
            connection
                .query_row(sql, [], place_of)
                .optional()
                .map(|found| found.unwrap_or(START))
        })
    }

    /// Keeps that a batch is about to be sent, up to this event.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub(super) fn begin(&self, token: &str, last: i64) -> Result<(), PushError> {
        self.run(|connection| {
            let sql = "UPDATE place SET pending_token = ?1, pending_seq = ?2";
            connection.execute(sql, params![token, last]).map(drop)
        })
    }

    /// Keeps what the database has confirmed: how far this host has come, and what it has counted. With
    /// `is_new_life`, older counts are of another life.
    ///
    /// # Errors
    /// When the state cannot be written; nothing of it is kept then.
    pub(super) fn settle(
        &self,
        place: &Place,
        tallies: &[(Key, Tally)],
        is_new_life: bool,
        now: DateTime<Utc>,
    ) -> Result<(), PushError> {
        self.run(|connection| {
            let transaction = connection.unchecked_transaction()?;
            let passed = pass(&transaction, now.timestamp())?;
            let pending = place.pending.as_ref();
            transaction.execute(
                "UPDATE place SET life = ?1, base = ?2, token = ?3, seq = ?4, at = ?5,
                     collected = ?6, pending_token = ?7, pending_seq = ?8",
                params![
                    place.life,
                    place.base,
                    place.token,
                    place.seq,
                    place.at,
                    place.collected,
                    pending.map(|(token, _)| token),
                    pending.map(|(_, seq)| seq),
                ],
            )?;
            if is_new_life {
                transaction.execute("DELETE FROM tally", [])?;
            }
            let mut insert = transaction.prepare_cached(
                "INSERT OR REPLACE INTO tally VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for (key, tally) in tallies {
                insert.execute(params![
                    key.hour,
                    key.source,
                    key.daemon,
                    key.verdict,
                    tally.n,
                    tally.first,
                    tally.last,
                    passed,
                ])?;
            }
            drop(insert);
            let oldest = passed.saturating_sub(KEPT);
            transaction.execute("DELETE FROM tally WHERE touched < ?1", [oldest])?;
            transaction.commit()
        })
    }

    /// What was counted of a key; nothing if it was not.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub(super) fn tally(&self, key: &Key) -> Result<Option<Tally>, PushError> {
        self.run(|connection| {
            connection
                .prepare_cached(
                    "SELECT n, first, last FROM tally
                     WHERE hour = ?1 AND source = ?2 AND daemon = ?3 AND verdict = ?4",
                )?
                .query_row(
                    params![key.hour, key.source, key.daemon, key.verdict],
                    |row| {
                        Ok(Tally {
                            n: row.get(0)?,
                            first: row.get(1)?,
                            last: row.get(2)?,
                        })
                    },
                )
                .optional()
        })
    }

    /// How many events of a source and daemon were counted in an hour, whatever became of them.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub(super) fn all(&self, hour: i64, source: &str, daemon: &str) -> Result<i64, PushError> {
        self.run(|connection| {
            connection
                .prepare_cached(
                    "SELECT coalesce(sum(n), 0) FROM tally
                     WHERE hour = ?1 AND source = ?2 AND daemon = ?3",
                )?
                .query_row(params![hour, source, daemon], |row| row.get(0))
        })
    }

    /// Until when nothing is to be tried, in seconds since the epoch.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub(super) fn not_before(&self) -> Result<i64, PushError> {
        self.run(|connection| {
            connection.query_row("SELECT not_before FROM place", [], |row| row.get(0))
        })
    }

    /// Keeps that nothing is to be tried before `moment`.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub(super) fn wait_until(&self, moment: i64) -> Result<(), PushError> {
        self.run(|connection| {
            let sql = "UPDATE place SET not_before = ?1";
            connection.execute(sql, [moment]).map(drop)
        })
    }

    /// Counts a failure; gives how many there were in a row.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub(super) fn fail(&self) -> Result<u32, PushError> {
        self.run(|connection| {
            let sql = "UPDATE place SET failures = failures + 1 RETURNING failures";
            connection.query_row(sql, [], |row| row.get(0))
        })
    }

    /// Keeps that the database was reached: failures begin again from none, and the time of it is in a
    /// file that anybody may read. Where somebody mails of what it has, so is the last event: what
    /// nobody mails of is not pushed for whoever waits for that.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub(super) fn succeed(
        &self,
        place: &Place,
        is_mailed: bool,
        now: DateTime<Utc>,
    ) -> Result<(), PushError> {
        self.run(|connection| {
            connection
                .execute("UPDATE place SET failures = 0, not_before = 0", [])
                .map(drop)
        })?;
        let pushed = Pushed {
            at: now.timestamp(),
            event: place.seq,
            time: place.at.unwrap_or(0),
        };
        let succeeded = (SUCCEEDED, format!("{}\n", now.to_rfc3339()));
        let pushed = is_mailed.then(|| (PUSHED, pushed.to_text()));
        for (name, text) in pushed.into_iter().chain([succeeded]) {
            let path = self.path.with_file_name(name);
            write_whole(&path, &text).map_err(|cause| PushError::State {
                path,
                cause: rusqlite::Error::ToSqlConversionFailure(Box::new(cause)),
            })?;
        }
        Ok(())
    }
}

/// When the state in `directory` last reached the database; nothing if it never has, or if that cannot
/// be read.
pub fn succeeded(directory: &Path) -> Option<DateTime<Utc>> {
    let text = fs::read_to_string(directory.join(SUCCEEDED)).ok()?;
    let time = DateTime::parse_from_rfc3339(text.trim()).ok()?;
    Some(time.with_timezone(&Utc))
}

/// Replaces a file by one with this text.
#[expect(
    clippy::disallowed_methods,
    reason = "the state of this program is its own"
)]
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = fs::File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o644)
        .open(&beside)?;
    // A umask would take bits away, and the deliverer is another user.
    file.set_permissions(fs::Permissions::from_mode(0o644))?;
    file.write_all(text.as_bytes())?;
    fs::rename(&beside, path)
}

/// The time by which counts are forgotten, in seconds: it begins with the clock, never goes back, and
/// goes on by an hour at most.
fn pass(transaction: &Connection, now: i64) -> rusqlite::Result<i64> {
    let sql = "SELECT passed, looked FROM place";
    let known: (Option<i64>, Option<i64>) =
        transaction.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let passed = match known {
        (Some(passed), Some(looked)) => {
            let step = now.saturating_sub(looked).clamp(0, LONGEST_STEP);
            passed.saturating_add(step)
        }
        _ => now,
    };
    transaction.execute("UPDATE place SET passed = ?1, looked = ?2", [passed, now])?;
    Ok(passed)
}

fn place_of(row: &Row<'_>) -> rusqlite::Result<Place> {
    let token: Option<String> = row.get(6)?;
    Ok(Place {
        life: row.get(0)?,
        base: row.get(1)?,
        token: row.get(2)?,
        seq: row.get(3)?,
        at: row.get(4)?,
        collected: row.get(5)?,
        pending: token.zip(row.get(7)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(hour: i64) -> Key {
        Key {
            hour,
            source: "203.0.113.9".to_owned(),
            daemon: "sshd".to_owned(),
            verdict: "denied".to_owned(),
        }
    }

    /// Settles a count of this hour when the clock says `now`.
    fn settle(state: &State, hour: i64, now: i64) {
        let tally = Tally {
            n: 7,
            first: 1,
            last: 2,
        };
        let now = DateTime::from_timestamp(now, 0).unwrap();
        let place = state.place().unwrap();
        state
            .settle(&place, &[(key(hour), tally)], false, now)
            .unwrap();
    }

    #[test]
    fn a_clock_that_jumps_forgets_no_count() {
        let place = tempfile::tempdir().unwrap();
        let state = State::open(place.path(), "a").unwrap();
        let (start, year) = (1_795_176_000, 365 * 86_400);
        settle(&state, 1, start);
        for (hour, now) in [
            (2, start + year),
            (3, start + year + 60),
            (4, start + 120),
            (5, start - year),
            (6, start + 180),
        ] {
            settle(&state, hour, now);
            assert!(state.tally(&key(1)).unwrap().is_some(), "{now}");
        }
        // As time passes they are.
        let sql = "UPDATE place SET passed = passed + ?1";
        state
            .run(|connection| connection.execute(sql, [KEPT]))
            .unwrap();
        settle(&state, 7, start + 240);
        assert_eq!(state.tally(&key(1)).unwrap(), None);
        assert!(state.tally(&key(7)).unwrap().is_some());
    }
}
