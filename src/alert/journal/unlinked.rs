//! Opening the database where another user may have put a link in its place.

use crate::alert::journal::plain::{check_plain, with};
use rusqlite::{Connection, Error, OpenFlags, ffi};
use std::fs;
use std::path::Path;

/// Opens the database at `path` if that is a file and no link: whoever may write the directory, for
/// instance the user as whom alerts are delivered, could otherwise have root make or change any file.
/// Links on the way to the directory are followed. What `SQLite` keeps beside the database, it never
/// opens through a link.
///
/// # Errors
/// Those of `SQLite`.
pub(crate) fn open_unlinked(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    check(path)?;
    // With this flag SQLite refuses a link anywhere in the path.
    let real = path
        .parent()
        .and_then(|directory| fs::canonicalize(directory).ok())
        .zip(path.file_name())
        .map(|(directory, name)| directory.join(name));
    Connection::open_with_flags(real.as_deref().unwrap_or(path), flags)
}

/// Whether the database and what `SQLite` keeps beside it are files of its own: opening a pipe would last
/// for ever.
fn check(path: &Path) -> rusqlite::Result<()> {
    for end in ["", "-wal", "-shm", "-journal"] {
        check_plain(&with(path, end)).map_err(|cause| {
            let code = ffi::Error::new(ffi::SQLITE_CANTOPEN);
            Error::SqliteFailure(code, Some(cause.to_string()))
        })?;
    }
    Ok(())
}

/// For a database that is written to, and made if it is absent.
pub(crate) const WRITABLE: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_CREATE);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Journal;
    use std::os::unix::fs::symlink;

    #[test]
    fn nothing_is_made_changed_or_read_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let journal = dir.path().join("deliver/journal.db");
        let elsewhere = dir.path().join("elsewhere");
        fs::create_dir(dir.path().join("deliver")).unwrap();
        symlink(&elsewhere, &journal).unwrap();

        // Absent, empty, and a database: in none of these cases it is touched.
        Journal::open(&journal).unwrap_err();
        assert!(!elsewhere.exists());
        fs::write(&elsewhere, "").unwrap();
        Journal::open(&journal).unwrap_err();
        assert_eq!(fs::read(&elsewhere).unwrap(), b"");
        fs::remove_file(&elsewhere).unwrap();
        drop(Journal::open(&elsewhere).unwrap());
        let before = fs::read(&elsewhere).unwrap();
        let said = Journal::open(&journal).unwrap_err().to_string();
        assert!(said.contains("symbolic link"), "{said}");
        Journal::open_to_read(&journal).unwrap_err();
        assert_eq!(fs::read(&elsewhere).unwrap(), before);
    }

    #[test]
    fn what_sqlite_keeps_beside_it_is_not_made_through_a_link() {
        for end in ["-wal", "-shm", "-journal"] {
            let dir = tempfile::tempdir().unwrap();
            let journal = dir.path().join("journal.db");
            let elsewhere = dir.path().join("elsewhere");
            fs::write(&elsewhere, "root's own").unwrap();
            symlink(&elsewhere, format!("{}{end}", journal.display())).unwrap();
            drop(Journal::open(&journal));
            assert_eq!(fs::read(&elsewhere).unwrap(), b"root's own", "{end}");
        }
    }

    #[test]
    fn a_directory_may_be_reached_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("data")).unwrap();
        symlink(dir.path().join("data"), dir.path().join("state")).unwrap();
        drop(Journal::open(&dir.path().join("state/journal.db")).unwrap());
        assert!(dir.path().join("data/journal.db").is_file());
    }
}
