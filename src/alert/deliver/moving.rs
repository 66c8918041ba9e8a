//! Moving the journal into the directory of the deliverer, so that nothing of it is lost whenever the
//! machine stops.

use crate::alert::journal::database::{JournalError, PATIENCE};
use crate::alert::journal::unlinked::{WRITABLE, open_unlinked};
use crate::alert::lock;
use rusqlite::Connection;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// What became of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It is at its new place.
    Done,
    /// A deliverer is at work on it: it can be moved when that one has ended.
    Busy,
}

/// Moves the journal at `old` to `new`, whose directory exists and is on the same file system. All of it
/// is put into the one file of the database first, so that a single rename moves it: whenever the
/// machine stops, it is whole at one of the two places.
///
/// # Errors
/// When the journal cannot be locked, opened, put into one file, or renamed. It is then still at `old`.
pub fn move_journal(old: &Path, new: &Path) -> Result<Moved, JournalError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| JournalError::Directory { path, cause }
    };
    let locks = [old, new].map(lock::acquire);
    let [old_lock, new_lock] = locks;
    let Some(_old_lock) = old_lock.map_err(failed(old))? else {
        return Ok(Moved::Busy);
    };
    let Some(_new_lock) = new_lock.map_err(failed(new))? else {
        return Ok(Moved::Busy);
    };
    if exists(new).map_err(failed(new))? || !exists(old).map_err(failed(old))? {
        return Ok(Moved::Done);
    }
    // One that is damaged stays where it is: whoever works on it next puts it aside.
    let held = whole(old)?;
    rename(old, new).map_err(failed(new))?;
    drop(held);
    for directory in [new.parent(), old.parent()].into_iter().flatten() {
        File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(failed(directory))?;
    }
    Ok(Moved::Done)
}

/// Opens the journal at `path`, puts everything into its one file, and keeps others from writing to it
/// as long as the result lives.
fn whole(path: &Path) -> Result<Connection, JournalError> {
    let run = || {
        let database = open_unlinked(path, WRITABLE)?;
        database.busy_timeout(PATIENCE)?;
        // What another tcpw has open in this moment makes this fail, and nothing is moved.
        database.execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE;",
        )?;
        Ok(database)
    };
    run().map_err(|cause| JournalError::Database {
        step: "move",
        path: path.to_owned(),
        cause,
    })
}

fn exists(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
        found => found.map(|_| true),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a file of the journal is moved by alert alone"
)]
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}
