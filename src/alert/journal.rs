//! The journal: every event that was ever collected, in an SQLite database with one writer.

use super::collect::Found;
use super::event::{Claim, Event};
use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// One step a version; `user_version` says how many were made. Never edited, only added to.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        file TEXT NOT NULL UNIQUE,
        time TEXT NOT NULL,
        collected TEXT NOT NULL,
        host BLOB NOT NULL, host_length INTEGER NOT NULL,
        addr BLOB NOT NULL, addr_length INTEGER NOT NULL,
        daemon BLOB NOT NULL, daemon_length INTEGER NOT NULL,
        server BLOB NOT NULL, server_length INTEGER NOT NULL,
        pid BLOB NOT NULL, pid_length INTEGER NOT NULL,
        uid INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY,
        message_id TEXT NOT NULL UNIQUE,
        created TEXT NOT NULL,
        rule TEXT,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
        attempts INTEGER NOT NULL DEFAULT 0,
        next_due INTEGER NOT NULL,
        last_error TEXT
    ) STRICT;
    CREATE INDEX outbox_due ON outbox (state, next_due);
    CREATE TABLE letter_events (
        letter INTEGER NOT NULL REFERENCES outbox (id),
        event INTEGER NOT NULL UNIQUE REFERENCES events (id),
        PRIMARY KEY (letter, event)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY,
        letter INTEGER NOT NULL REFERENCES outbox (id),
        time TEXT NOT NULL,
        recipient TEXT,
        outcome TEXT NOT NULL CHECK (outcome IN ('delivered', 'transient', 'permanent')),
        step TEXT NOT NULL,
        text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX deliveries_letter ON deliveries (letter);
"];
/// Readers (a report) may hold the database for a moment.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why the journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// Its directory.
    #[error("cannot make the journal's directory {}: {cause}", .path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The database.
    #[error("cannot {step} the journal {}: {cause}", .path.display())]
    Database {
        /// What was done.
        step: &'static str,
        /// The journal.
        path: PathBuf,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// A journal of a later tcpw.
    #[error("the journal {} was made by a newer tcpw (version {version})", .path.display())]
    Newer {
        /// The journal.
        path: PathBuf,
        /// Its version.
        version: usize,
    },
}

/// The open journal.
#[derive(Debug)]
pub struct Journal {
    pub(super) database: Connection,
    path: PathBuf,
}

impl Journal {
    /// Opens the journal at `path`, and makes it and its directory (0700) if they are absent;
    /// the directory's parent must exist.
    ///
    /// # Errors
    /// When it cannot be made, opened or brought up to date.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        make_directory(path)?;
        let failed = |step| {
            let path = path.to_owned();
            move |cause| JournalError::Database { step, path, cause }
        };
        let database = Connection::open(path).map_err(failed("open"))?;
        database.busy_timeout(PATIENCE).map_err(failed("open"))?;
        database
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
            )
            .map_err(failed("open"))?;
        let mut journal = Self {
            database,
            path: path.to_owned(),
        };
        journal.migrate()?;
        Ok(journal)
    }

    fn migrate(&mut self) -> Result<(), JournalError> {
        let version = self.run("read", |database| {
            database.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0))
        })?;
        let done = usize::try_from(version).unwrap_or(usize::MAX);
        let Some(missing) = MIGRATIONS.get(done..) else {
            return Err(JournalError::Newer {
                path: self.path.clone(),
                version: done,
            });
        };
        for (step, number) in missing.iter().zip(version + 1..) {
            self.run("migrate", |database| {
                let transaction = database.transaction()?;
                transaction.execute_batch(step)?;
                transaction.pragma_update(None, "user_version", number)?;
                transaction.commit()
            })?;
        }
        Ok(())
    }

    /// Runs `work` and names the step if it fails.
    pub(super) fn run<T>(
        &mut self,
        step: &'static str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        work(&mut self.database).map_err(|cause| JournalError::Database {
            step,
            path: self.path.clone(),
            cause,
        })
    }

    /// The newest `most` events, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn newest_events(&mut self, most: u32) -> Result<Vec<Event>, JournalError> {
        self.run("read", |database| {
            let mut query = database.prepare("SELECT * FROM events ORDER BY id DESC LIMIT ?1")?;
            query.query_map([most], event_of)?.collect()
        })
    }
}

/// Makes the directory of the journal, mode 0700, if its parent exists.
///
/// # Errors
/// When it cannot be made.
pub fn make_directory(journal: &Path) -> Result<(), JournalError> {
    let directory = journal.parent().unwrap_or(Path::new("/"));
    match fs::DirBuilder::new().mode(0o700).create(directory) {
        Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => {
            Err(JournalError::Directory {
                path: directory.to_owned(),
                cause,
            })
        }
        _ => Ok(()),
    }
}

/// Appends an event; nothing when its file was collected before.
pub(super) fn append(
    transaction: &Transaction<'_>,
    found: &Found,
    now: DateTime<Utc>,
) -> rusqlite::Result<Option<i64>> {
    let event = &found.event;
    transaction
        .query_row(
            "INSERT INTO events (file, time, collected, host, host_length, addr, addr_length,
                 daemon, daemon_length, server, server_length, pid, pid_length, uid)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT (file) DO NOTHING RETURNING id",
            params![
                found.name,
                stamp(event.time),
                stamp(now),
                event.host.bytes(),
                length(&event.host),
                event.addr.bytes(),
                length(&event.addr),
                event.daemon.bytes(),
                length(&event.daemon),
                event.server.bytes(),
                length(&event.server),
                event.pid.bytes(),
                length(&event.pid),
                event.uid,
            ],
            |row| row.get(0),
        )
        .optional()
}

/// The event in a row of `events`.
pub(super) fn event_of(row: &Row<'_>) -> rusqlite::Result<Event> {
    let claim = |bytes: &str, length: &str| -> rusqlite::Result<Claim> {
        let bytes: Vec<u8> = row.get(bytes)?;
        let length: i64 = row.get(length)?;
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        Ok(Claim::kept(bytes, length).unwrap_or_default())
    };
    Ok(Event {
        time: time_of(&row.get::<_, String>("time")?),
        host: claim("host", "host_length")?,
        addr: claim("addr", "addr_length")?,
        daemon: claim("daemon", "daemon_length")?,
        server: claim("server", "server_length")?,
        pid: claim("pid", "pid_length")?,
        user: Claim::default(),
        uid: row.get("uid")?,
    })
}

/// A time as it stands in the journal: RFC 3339, UTC, nanoseconds; sorts as text.
pub(super) fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Nanos, true)
}

/// The time that [`stamp`] wrote; the epoch where somebody edited the journal by hand.
pub(super) fn time_of(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.with_timezone(&Utc))
        .unwrap_or_default()
}

fn length(claim: &Claim) -> i64 {
    i64::try_from(claim.length()).unwrap_or(i64::MAX)
}
