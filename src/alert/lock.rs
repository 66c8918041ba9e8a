//! One deliverer at a time, by a lock file beside the journal.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// How often the lock is tried, and how long between: a `notify` holds it for a moment only to
/// see whether a deliverer does.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(5);

/// Where the lock of the journal at `journal` is.
pub fn lock_path(journal: &Path) -> PathBuf {
    let mut name = journal
        .file_name()
        .map_or_else(OsString::new, ToOwned::to_owned);
    name.push(".lock");
    journal.with_file_name(name)
}

/// The lock, held until the file is dropped; nothing when another deliverer has it.
///
/// # Errors
/// When the lock file cannot be made.
pub fn acquire(journal: &Path) -> io::Result<Option<File>> {
    let file = open(journal)?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => sleep(PAUSE),
            Err(TryLockError::Error(cause)) => return Err(cause),
        }
    }
    Ok(None)
}

/// Whether a deliverer holds the lock; an error when this user may not know.
///
/// # Errors
/// When the lock file cannot be opened or made: the journal is not this user's business.
pub fn is_held(journal: &Path) -> io::Result<bool> {
    match open(journal)?.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}

fn open(journal: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(lock_path(journal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_deliverer_waits_outside() {
        let directory = tempfile::tempdir().unwrap();
        let journal = directory.path().join("journal.db");
        assert!(!is_held(&journal).unwrap());
        let held = acquire(&journal).unwrap();
        assert!(held.is_some());
        assert!(is_held(&journal).unwrap());
        assert!(acquire(&journal).unwrap().is_none());
        drop(held);
        assert!(acquire(&journal).unwrap().is_some());
    }
}
