//! The lock beside a table: one tcpw at a time; and on the table, for those who honour it.
//!
//! Advisory and on a side file, because a rename replaces the table itself. The side file is
//! removed while it is locked, so whoever waited for it looks whether it is still the one there.

use crate::editor::commit::error::EditError;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long to wait for one that holds a lock: `ATTEMPTS` times `PAUSE`, half a minute.
const ATTEMPTS: u32 = 3000;
/// As many times that, at most, if others are served meanwhile.
const TURNS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// Keeps others from editing a table by hand at the same time, until it is dropped. Other changes of
/// the table go on meanwhile.
///
/// # Errors
/// [`EditError::Busy`] if somebody edits it, and when nothing can be written where the table is.
pub fn lock_for_edit(table: &Path) -> Result<Lock, EditError> {
    let target = crate::editor::commit::table::resolve(table)?;
    if target.exists() {
        let opened = OpenOptions::new()
            .write(true)
            .custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
            .open(&target);
        drop(opened.map_err(EditError::at("write", table))?);
    }
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".edit");
    let path = side_file(&target.with_file_name(name));
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
        .open(&path)
        .map_err(EditError::at("create the lock file", &path))?;
    match file.try_lock() {
        Ok(()) if is_still_there(&file, &path) => Ok(Lock {
            side: Some(path),
            _file: file,
        }),
        Ok(()) | Err(TryLockError::WouldBlock) => Err(EditError::Busy(table.to_owned())),
        Err(TryLockError::Error(error)) => Err(EditError::at("lock", &path)(error)),
    }
}

/// Held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    /// The side file, if it is one.
    side: Option<PathBuf>,
    _file: File,
}

impl Lock {
    /// Locks the side file of `table`.
    pub(crate) fn take(table: &Path) -> Result<Self, EditError> {
        let path = side_file(table);
        let file = lock_file(&path, table)?;
        Ok(Self {
            side: Some(path),
            _file: file,
        })
    }

    /// Locks the table itself, for others who do so (flock(2)); nothing if there is none.
    ///
    /// Anybody who can read a table can hold such a lock for ever, so it is honoured out of
    /// courtesy, not beyond `until`, and protects nothing: the side file does.
    pub(crate) fn of_table(table: &Path, until: Instant) -> Courtesy {
        loop {
            // What is not a file, or cannot be read, is reported when the table is read.
            let Ok(file) = OpenOptions::new()
                .read(true)
                .custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits())
                .open(table)
            else {
                return Courtesy::Needless;
            };
            let is_late = Instant::now() >= until;
            match file.try_lock() {
                Ok(()) if is_still_there(&file, table) => {
                    return Courtesy::Locked(Self {
                        side: None,
                        _file: file,
                    });
                }
                // Somebody replaces it again and again, and so honours no lock.
                Ok(()) if is_late => return Courtesy::Needless,
                // A file system without such locks has nobody who holds one.
                Err(TryLockError::Error(_)) => return Courtesy::Needless,
                Err(TryLockError::WouldBlock) if is_late => return Courtesy::Overridden,
                Ok(()) | Err(TryLockError::WouldBlock) => {
                    drop(file);
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }
}

/// What came of the attempt to lock a table for others.
#[derive(Debug)]
pub(crate) enum Courtesy {
    /// It is locked.
    Locked(Lock),
    /// Somebody else holds a lock on it, which is not waited for any longer.
    Overridden,
    /// There is nothing to lock.
    Needless,
}

/// Locks the file at `path`, created if need be; `what` is what another tcpw is busy with.
pub(crate) fn lock_file(path: &Path, what: &Path) -> Result<File, EditError> {
    let (mut left, mut last) = (ATTEMPTS, None);
    for _ in 0..ATTEMPTS * TURNS {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
            .open(path)
            .map_err(EditError::at("create the lock file", path))?;
        // A new side file is another turn: as long as there are turns, nobody hangs.
        let turn = file.metadata().ok();
        let turn = turn.map(|is| (is.ino(), is.ctime(), is.ctime_nsec()));
        left = if turn == last { left - 1 } else { ATTEMPTS };
        last = turn;
        if left == 0 {
            break;
        }
        match file.try_lock() {
            Ok(()) if is_still_there(&file, path) => return Ok(file),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(EditError::at("lock", path)(error)),
        }
    }
    Err(EditError::Busy(what.to_owned()))
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A side file that cannot be removed locks nobody out: its lock ends with this process.
        if let Some(path) = &self.side {
            drop(std::fs::remove_file(path));
        }
    }
}

fn side_file(table: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(table.file_name().unwrap_or_default());
    name.push(".tcpw.lock");
    table.with_file_name(name)
}

fn is_still_there(file: &File, path: &Path) -> bool {
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}
