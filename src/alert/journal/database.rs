//! The database of the journal: opened, made, put aside when it is damaged.

use crate::alert::journal::memory::Memory;
use crate::alert::journal::unlinked::{WRITABLE, open_unlinked};
use crate::system::make_for_directory;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::fs;
use std::io;
use std::mem::replace;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// Readers (a report) may hold the database for a moment.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// For statements that are prepared once: those of an event, of a letter and of its dispatches.
pub(crate) const STATEMENTS: usize = 64;

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
    /// A journal of which not even that is known whether it is there.
    #[error("cannot read the journal {}: {cause}", .path.display())]
    Unreadable {
        /// The journal.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A journal of a later tcpw.
    #[error("the journal {} was made by a newer tcpw (version {version})", .path.display())]
    Newer {
        /// The journal.
        path: PathBuf,
        /// Its version.
        version: usize,
    },
    /// A damaged journal that cannot be put out of the way.
    #[error("cannot set the damaged journal {} aside: {cause}", .path.display())]
    SetAside {
        /// The journal.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl JournalError {
    /// Whether the file is not a sound database any more, so that only a new one helps.
    pub fn is_damage(&self) -> bool {
        let Self::Database { cause, .. } = self else {
            return false;
        };
        matches!(
            cause.sqlite_error_code(),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        )
    }
}

/// The open journal.
#[derive(Debug)]
pub struct Journal {
    pub(crate) database: Connection,
    pub(super) memory: Memory,
    pub(crate) path: PathBuf,
}

impl Journal {
    /// Opens the journal at `path`, and makes it and its directory (0700) if they are absent;
    /// the directory's parent must exist.
    ///
    /// # Errors
    /// When it cannot be made, opened or brought up to date.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        make_directory(path)?;
        // What SQLite keeps beside it belongs to whom the database belongs.
        make_for_directory(path).map_err(|cause| JournalError::Directory {
            path: path.to_owned(),
            cause,
        })?;
        let failed = |step| {
            let path = path.to_owned();
            move |cause| JournalError::Database { step, path, cause }
        };
        let mut database = open_unlinked(path, WRITABLE).map_err(failed("open"))?;
        database.busy_timeout(PATIENCE).map_err(failed("open"))?;
        // A transaction that reads first and writes later would not be waited for.
        database.set_transaction_behavior(TransactionBehavior::Immediate);
        database.set_prepared_statement_cache_capacity(STATEMENTS);
        // Pages that are freed can be given back only if that is said before the first table.
        database
            .execute_batch(
                "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
                 PRAGMA wal_autocheckpoint = 8192;",
            )
            .map_err(failed("open"))?;
        let mut journal = Self {
            database,
            memory: Memory::default(),
            path: path.to_owned(),
        };
        journal.migrate()?;
        Ok(journal)
    }

    /// Opens the journal at `path` only to read it; nothing if there is none.
    ///
    /// # Errors
    /// When it cannot be opened, or is not of this version.
    pub fn open_to_read(path: &Path) -> Result<Option<Self>, JournalError> {
        match fs::metadata(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => {
                let path = path.to_owned();
                return Err(JournalError::Unreadable { path, cause });
            }
            Ok(_) => {}
        }
        let failed = |cause| JournalError::Database {
            step: "open",
            path: path.to_owned(),
            cause,
        };
        let database = open_unlinked(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
        database.busy_timeout(PATIENCE).map_err(failed)?;
        let mut journal = Self {
            database,
            memory: Memory::default(),
            path: path.to_owned(),
        };
        if journal.version()? < crate::alert::journal::schema::MIGRATIONS.len() {
            drop(journal);
            // An older one is brought up to date by whoever may write it.
            return Self::open(path).map(Some);
        }
        Ok(Some(journal))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the database. Whatever is asked of the journal from now on fails.
    pub(in crate::alert) fn close(&mut self) {
        if let Ok(nothing) = Connection::open_in_memory() {
            drop(replace(&mut self.database, nothing));
        }
        self.memory = Memory::default();
    }

    pub(crate) fn version(&mut self) -> Result<usize, JournalError> {
        let version = self.run("read", |database| {
            database.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0))
        })?;
        let version = usize::try_from(version).unwrap_or(usize::MAX);
        if version > crate::alert::journal::schema::MIGRATIONS.len() {
            let path = self.path.clone();
            return Err(JournalError::Newer { path, version });
        }
        Ok(version)
    }

    pub(crate) fn migrate(&mut self) -> Result<(), JournalError> {
        let done = self.version()?;
        let missing = crate::alert::journal::schema::MIGRATIONS
            .iter()
            .zip(1_u32..)
            .skip(done);
        for (step, number) in missing {
            self.run("migrate", |database| {
                let transaction = database.transaction()?;
                transaction.execute_batch(step)?;
                transaction.pragma_update(None, "user_version", number)?;
                transaction.commit()
            })?;
        }
        Ok(())
    }

    /// Runs `work` and names the step if it fails. What was remembered of the database may be
    /// wrong then, and is forgotten.
    pub(crate) fn run<T>(
        &mut self,
        step: &'static str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let result = work(&mut self.database);
        self.named(step, result)
    }

    pub(crate) fn named<T>(
        &mut self,
        step: &'static str,
        result: rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        result.map_err(|cause| {
            self.memory = Memory::default();
            JournalError::Database {
                step,
                path: self.path.clone(),
                cause,
            }
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

/// A time as it stands in the journal: nanoseconds since the epoch.
pub(crate) fn stamp(time: DateTime<Utc>) -> i64 {
    time.timestamp_nanos_opt().unwrap_or(i64::MAX)
}

/// The time that [`stamp`] wrote.
pub(crate) fn time_of(nanoseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(nanoseconds)
}

#[cfg(test)]
mod reporters;
#[cfg(test)]
mod tests;
