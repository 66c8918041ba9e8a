//! Reading the journal as somebody who may not write anything beside it, as a program that sends its
//! events elsewhere.

use crate::alert::journal::database::{Journal, JournalError, PATIENCE, stamp};
use crate::alert::journal::events::EventFilter;
use crate::alert::journal::memory::Memory;
use crate::alert::model::letter::Entry;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, ffi, params};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What a file was like: its number, size and last change.
type Look = (u64, u64, i64, i64);

/// A journal that is only read.
#[derive(Debug)]
pub struct JournalReader {
    journal: Journal,
    /// What the file was like, where nobody had it open and it is read without any lock.
    still: Option<Look>,
}

impl JournalReader {
    /// Opens the journal at `path`; nothing if there is none.
    ///
    /// What SQLite keeps beside a database while somebody writes it (`-wal`, `-shm`) must be readable.
    /// While nobody does, they are not there, and whoever may not make them can still read the file as
    /// it is; each read is then made sure of afterwards.
    ///
    /// # Errors
    /// When it cannot be opened, or is not of this version.
    pub fn open(path: &Path) -> Result<Option<Self>, JournalError> {
        let refused = match Journal::open_to_read(path) {
            Ok(found) => {
                return Ok(found.map(|journal| Self {
                    journal,
                    still: None,
                }));
            }
            Err(error) => error,
        };
        let JournalError::Database { cause, .. } = &refused else {
            return Err(refused);
        };
        // What stands beside the database cannot be made.
        let is_shut = matches!(
            cause.sqlite_error_code(),
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)
        );
        let Some(look) = look(path).filter(|_| is_shut) else {
            return Err(refused);
        };
        let mut reader = Self::open_still(path, look)?;
        if reader.journal.version()? < crate::alert::journal::schema::MIGRATIONS.len() {
            return Err(refused);
        }
        Ok(Some(reader))
    }

    /// Opens a journal that nobody has open, without any lock.
    fn open_still(path: &Path, look: Look) -> Result<Self, JournalError> {
        let failed = |cause| JournalError::Database {
            step: "open",
            path: path.to_owned(),
            cause,
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(uri(path), flags).map_err(failed)?;
        database.busy_timeout(PATIENCE).map_err(failed)?;
        let journal = Journal {
            database,
            memory: Memory::default(),
            path: path.to_owned(),
        };
        Ok(Self {
            journal,
            still: Some(look),
        })
    }

    /// At most `most` events with greater numbers than `number`, the least first.
    ///
    /// # Errors
    /// When the journal cannot be read, or was changed meanwhile and is to be opened again.
    pub fn after(&mut self, number: i64, most: usize) -> Result<Vec<Entry>, JournalError> {
        let filter = EventFilter {
            since: None,
            after: number,
        };
        let mut found = Vec::new();
        if most > 0 {
            self.journal.visit_events(&filter, &mut |entry| {
                found.push(entry);
                found.len() < most
            })?;
        }
        self.sure(found)
    }

    /// Shows the events from `since` on with greater numbers than `number` to `visit`, until it says no.
    ///
    /// # Errors
    /// As [`JournalReader::after`].
    pub fn visit(
        &mut self,
        since: DateTime<Utc>,
        number: i64,
        visit: &mut dyn FnMut(Entry) -> bool,
    ) -> Result<(), JournalError> {
        let filter = EventFilter {
            since: Some(since),
            after: number,
        };
        self.journal.visit_events(&filter, visit)?;
        self.sure(())
    }

    /// When the event of this number was reported; nothing if there is none of it.
    ///
    /// # Errors
    /// As [`JournalReader::after`].
    pub fn time_of(&mut self, number: i64) -> Result<Option<i64>, JournalError> {
        let found = self.journal.run("read", |database| {
            database
                .query_row("SELECT time FROM events WHERE id = ?1", [number], |row| {
                    row.get(0)
                })
                .optional()
        })?;
        self.sure(found)
    }

    /// The greatest number of an event that entered the journal at `moment` or before, 0 where there is
    /// none.
    ///
    /// # Errors
    /// As [`JournalReader::after`].
    pub fn last_collected(&mut self, moment: DateTime<Utc>) -> Result<i64, JournalError> {
        let found = self.journal.run("read", |database| {
            database.query_row(
                "SELECT coalesce(max(id), 0) FROM events WHERE collected <= ?1",
                [stamp(moment)],
                |row| row.get(0),
            )
        })?;
        self.sure(found)
    }

    /// The number of the last event, 0 where there is none, and how many have greater ones than
    /// `number`.
    ///
    /// # Errors
    /// As [`JournalReader::after`].
    pub fn rest(&mut self, number: i64) -> Result<(i64, i64), JournalError> {
        let found = self.journal.run("read", |database| {
            database.query_row(
                "SELECT (SELECT coalesce(max(id), 0) FROM events),
                     (SELECT count(*) FROM events WHERE id > ?1)",
                params![number],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
        })?;
        self.sure(found)
    }

    /// What was read, if nobody began to write meanwhile.
    fn sure<T>(&mut self, read: T) -> Result<T, JournalError> {
        if self.still.is_none() || self.still == look(&self.journal.path) {
            return Ok(read);
        }
        let code = ffi::Error::new(ffi::SQLITE_BUSY);
        let text = "it was changed while it was read".to_owned();
        Err(JournalError::Database {
            step: "read",
            path: self.journal.path.clone(),
            cause: rusqlite::Error::SqliteFailure(code, Some(text)),
        })
    }
}

/// What the file is like; nothing if somebody has it open to write.
fn look(path: &Path) -> Option<Look> {
    let mut beside = path.as_os_str().to_owned();
    beside.push("-wal");
    if fs::symlink_metadata(PathBuf::from(beside)).is_ok() {
        return None;
    }
    let found = fs::symlink_metadata(path)
        .ok()
        .filter(fs::Metadata::is_file)?;
    Some((found.ino(), found.size(), found.mtime(), found.mtime_nsec()))
}

/// A file as SQLite names one that does not change.
fn uri(path: &Path) -> String {
    let written = |byte: &u8| {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            char::from(*byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    let bytes = path.as_os_str().as_encoded_bytes();
    let text: String = bytes.iter().map(written).collect();
    format!("file:{text}?immutable=1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_anything_in_it_is_a_uri() {
        assert_eq!(uri(Path::new("/a b?%c")), "file:/a%20b%3F%25c?immutable=1");
    }

    #[test]
    fn a_journal_at_rest_is_read_and_one_that_changes_is_not_believed() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("journal.db");
        assert!(JournalReader::open(&path).unwrap().is_none());
        drop(Journal::open(&path).unwrap());
        let mut reader = JournalReader::open_still(&path, look(&path).unwrap()).unwrap();
        assert_eq!(reader.rest(0).unwrap(), (0, 0));
        assert!(reader.after(0, 5).unwrap().is_empty());
        let writer = Journal::open(&path).unwrap();
        writer
            .database
            .execute_batch("CREATE TABLE other (x)")
            .unwrap();
        assert!(reader.after(0, 5).is_err());

        // With what a writer keeps beside it, locks are taken, and it is believed again.
        let mut reader = JournalReader::open(&path).unwrap().unwrap();
        assert!(reader.still.is_none());
        assert_eq!(reader.rest(0).unwrap(), (0, 0));
    }
}
