//! One deliverer at a time, by a lock file beside the journal.

use crate::ownership::give_to_directory;
use crate::regular::open_regular;
use nix::fcntl::OFlag;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
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
    beside(journal, ".lock")
}

fn beside(journal: &Path, end: &str) -> PathBuf {
    let mut name = journal
        .file_name()
        .map_or_else(OsString::new, ToOwned::to_owned);
    name.push(end);
    journal.with_file_name(name)
}

/// Where a deliverer in the foreground asks the one in the background to make room.
pub fn request_path(journal: &Path) -> PathBuf {
    beside(journal, ".handover")
}

/// Asks the deliverer in the background to let go of the lock.
///
/// # Errors
/// When the request cannot be written beside the journal.
pub fn request(journal: &Path) -> io::Result<()> {
    open_at(&request_path(journal)).map(drop)
}

/// Takes the request back, as whoever holds the lock does first.
fn forget_request(journal: &Path) {
    // Most often there is none; one that stays would only end a deliverer early.
    drop(fs::remove_file(request_path(journal)));
}

/// Whether a deliverer in the background should end, because somebody asked for the lock.
pub fn is_wanted_elsewhere(journal: &Path) -> bool {
    request_path(journal).exists()
}

/// The lock, held until the file is dropped; nothing when another deliverer has it.
///
/// # Errors
/// When the lock file cannot be made.
pub fn acquire(journal: &Path) -> io::Result<Option<File>> {
    let file = open(journal)?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => {
                forget_request(journal);
                return Ok(Some(file));
            }
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

/// Whether a deliverer holds the lock, without making the lock file.
///
/// # Errors
/// When the lock file cannot be opened, but for an absent one.
pub fn is_running(journal: &Path) -> io::Result<bool> {
    let file = match open_regular(&lock_path(journal)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}

/// Waits for `seconds` without the lock, to try again then; false when another one waits already, or
/// when the place of the journal is gone.
pub fn wait_in_turn(journal: &Path, seconds: i64) -> bool {
    let Ok(file) = open_at(&beside(journal, ".turn")) else {
        return false;
    };
    if file.try_lock().is_err() {
        return false;
    }
    for _ in 0..seconds {
        sleep(Duration::from_secs(1));
        if !lock_path(journal).exists() {
            return false;
        }
    }
    true
}

fn open(journal: &Path) -> io::Result<File> {
    open_at(&lock_path(journal))
}

/// Opens a file beside the journal, and makes it if it is absent. The directory may belong to another
/// user than the one who asks: nothing but a regular file at this very path is opened, and what root
/// makes is given to the owner of the directory, who could not lock it otherwise.
fn open_at(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags.bits())
        .open(path)?;
    if !file.metadata()?.is_file() {
        let text = "it is not a regular file";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    give_to_directory(&file, path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;
    use std::os::unix::fs::{MetadataExt as _, chown, symlink};

    #[test]
    fn the_second_deliverer_waits_outside() {
        let directory = tempfile::tempdir().unwrap();
        let journal = directory.path().join("journal.db");
        assert!(!is_running(&journal).unwrap());
        assert!(!lock_path(&journal).exists());
        assert!(!is_held(&journal).unwrap());
        let held = acquire(&journal).unwrap();
        assert!(held.is_some());
        assert!(is_held(&journal).unwrap() && is_running(&journal).unwrap());
        assert!(acquire(&journal).unwrap().is_none());
        assert!(!is_wanted_elsewhere(&journal));
        request(&journal).unwrap();
        assert!(is_wanted_elsewhere(&journal));
        drop(held);
        assert!(acquire(&journal).unwrap().is_some());
        assert!(!is_wanted_elsewhere(&journal));
    }

    #[test]
    fn nothing_but_a_file_of_its_own_is_locked() {
        let directory = tempfile::tempdir().unwrap();
        let journal = directory.path().join("journal.db");
        let target = directory.path().join("target");
        symlink(&target, lock_path(&journal)).unwrap();
        symlink(&target, request_path(&journal)).unwrap();
        assert!(acquire(&journal).is_err() && is_held(&journal).is_err());
        assert!(request(&journal).is_err());
        assert!(!target.exists(), "a link was followed");
        fs::remove_file(lock_path(&journal)).unwrap();
        mkfifo(&lock_path(&journal), Mode::S_IRWXU).unwrap();
        assert!(acquire(&journal).is_err() && is_running(&journal).is_err());
    }

    #[test]
    fn what_root_makes_belongs_to_the_owner_of_the_directory() {
        assert!(nix::unistd::geteuid().is_root(), "this test needs root");
        let directory = tempfile::tempdir().unwrap();
        let journal = directory.path().join("journal.db");
        chown(directory.path(), Some(4711), Some(4712)).unwrap();
        assert!(!is_held(&journal).unwrap());
        request(&journal).unwrap();
        for path in [lock_path(&journal), request_path(&journal)] {
            let found = fs::metadata(path).unwrap();
            assert_eq!((found.uid(), found.gid()), (4711, 4712));
        }
        // A second name of somebody else's file stays what it is.
        let other = tempfile::NamedTempFile::new_in(directory.path().parent().unwrap()).unwrap();
        fs::remove_file(lock_path(&journal)).unwrap();
        fs::hard_link(other.path(), lock_path(&journal)).unwrap();
        assert!(acquire(&journal).is_ok());
        assert_eq!(other.as_file().metadata().unwrap().uid(), 0);
    }
}
