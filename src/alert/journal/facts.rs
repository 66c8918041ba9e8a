//! Small things the deliverer remembers from one run to the next, and numbers it tells.

use crate::alert::journal::database::{Journal, JournalError};
use crate::alert::journal::values::{count, text};
use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension as _, params};

impl Journal {
    /// What is remembered under this name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(in crate::alert) fn fact(&mut self, name: &str) -> Result<Option<String>, JournalError> {
        self.run("read", |database| {
            database
                .prepare_cached("SELECT value FROM facts WHERE name = ?1")?
                .query_row([name], |row| text(row, 0))
                .optional()
        })
    }

    /// Remembers `value` under this name.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(in crate::alert) fn set_fact(
        &mut self,
        name: &str,
        value: &str,
    ) -> Result<(), JournalError> {
        self.run("write", |database| {
            database
                .prepare_cached("INSERT OR REPLACE INTO facts (name, value) VALUES (?1, ?2)")?
                .execute(params![name, value])
        })
        .map(drop)
    }

    /// How many events the hours from that of `since` to that of `until` have.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(in crate::alert) fn count_since(
        &mut self,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<u64, JournalError> {
        self.run("read", |database| {
            let hours = [since, until].map(|time| time.timestamp().div_euclid(3600));
            database
                .prepare_cached(
                    "SELECT coalesce(sum(count), 0) FROM hours WHERE hour BETWEEN ?1 AND ?2",
                )?
                .query_row(hours, |row| count(row, 0))
        })
    }

    /// How many events a letter has.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(in crate::alert) fn letter_count(&mut self, letter: i64) -> Result<u64, JournalError> {
        self.run("read", |database| {
            database
                .prepare_cached("SELECT coalesce(sum(count), 0) FROM letters WHERE id = ?1")?
                .query_row([letter], |row| count(row, 0))
        })
    }
}
