//! Putting a damaged journal out of the way. The database is renamed first and what SQLite keeps
//! beside it follows; a note says that this was begun, so that a process killed in the midst of it
//! leaves nothing that nobody finishes.

use crate::alert::journal::database::JournalError;
use crate::alert::journal::plain::{make_plain, open_plain, open_plain_to_append, with};
use crate::system::give_to_directory;
use chrono::{DateTime, Utc};
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// The end of the name of the note.
const NOTE: &str = ".aside";
/// What SQLite keeps beside a database.
const BESIDE: [&str; 2] = ["-wal", "-shm"];
/// What the note has more of after each time that what was put aside was read.
const TRY: u8 = b'\n';
/// The longest note that is read.
const LONGEST: u64 = 4096;

/// Renames the journal and what SQLite keeps beside it; gives the new name, which no file had.
/// Nobody may have the journal open.
///
/// # Errors
/// When it cannot be renamed.
pub(super) fn set_aside(path: &Path, now: DateTime<Utc>) -> Result<PathBuf, JournalError> {
    let failed = |cause| JournalError::SetAside {
        path: path.to_owned(),
        cause,
    };
    let aside = free_name(path, now).map_err(failed)?;
    note(path, &aside)
        .and_then(|()| rename(path, &aside))
        .map_err(failed)?;
    follow(path, &aside).map_err(failed)?;
    Ok(aside)
}

/// Where a journal was put aside of which nobody has said yet that it was dealt with; what was left
/// undone of it is done.
///
/// # Errors
/// When it cannot be told, or cannot be done.
pub(super) fn unfinished(path: &Path) -> Result<Option<PathBuf>, JournalError> {
    let failed = |cause| JournalError::SetAside {
        path: path.to_owned(),
        cause,
    };
    let Some(aside) = noted(path).map_err(failed)? else {
        return Ok(None);
    };
    if !exists(&aside).map_err(failed)? {
        // It was never renamed.
        return Ok(None);
    }
    if !exists(path).map_err(failed)? {
        follow(path, &aside).map_err(failed)?;
    }
    Ok(Some(aside))
}

/// Says that the journal that was put aside was dealt with.
pub(super) fn finish(path: &Path) {
    // If it cannot be removed, the journal is found to hold something, and left alone.
    drop(fs::remove_file(with(path, NOTE)));
}

/// A name that no file has, and of which no file beside a database has the beginning.
///
/// # Errors
/// When it cannot be seen which names are free.
fn free_name(path: &Path, now: DateTime<Utc>) -> io::Result<PathBuf> {
    let mark = format!(".damaged-{}", now.format("%Y%m%dT%H%M%SZ"));
    let mut name = with(path, &mark);
    let mut number = 2_u64;
    while is_taken(&name)? {
        name = with(path, &format!("{mark}-{number}"));
        number += 1;
    }
    Ok(name)
}

/// Whether a file has this name, or what SQLite keeps beside a database of this name.
fn is_taken(name: &Path) -> io::Result<bool> {
    for end in ["", "-wal", "-shm"] {
        if exists(&with(name, end))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Moves what SQLite keeps beside the journal to where the journal is now.
fn follow(path: &Path, aside: &Path) -> io::Result<()> {
    for end in BESIDE {
        match rename(&with(path, end), &with(aside, end)) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            moved => moved?,
        }
    }
    Ok(())
}

fn note(path: &Path, aside: &Path) -> io::Result<()> {
    let name = aside.file_name().unwrap_or_default();
    let note = with(path, NOTE);
    // Whatever has the name: it is removed, not written to.
    match fs::remove_file(&note) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
        removed => removed?,
    }
    let mut file = make_plain(&note)?;
    give_to_directory(&file, &note)?;
    file.write_all(name.as_bytes())?;
    file.sync_all()
}

/// Counts in the note that what was put aside is read once more; gives how often it was before.
pub(super) fn count_try(path: &Path) -> usize {
    let note = with(path, NOTE);
    let tries = read(&note).unwrap_or_default();
    let tries = tries.iter().filter(|byte| **byte == TRY).count();
    // If it cannot be counted, it is tried once more.
    let file = open_plain_to_append(&note);
    drop(file.and_then(|mut file| file.write_all(&[TRY])));
    tries
}

/// The beginning of a note.
fn read(note: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    open_plain(note)?.take(LONGEST).read_to_end(&mut text)?;
    Ok(text)
}

fn noted(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut name = match read(&with(path, NOTE)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        name => name?,
    };
    name.retain(|byte| *byte != TRY);
    let name = OsString::from_vec(name);
    // A file beside the journal, and no other.
    let is_name = !name.is_empty() && Path::new(&name).file_name() == Some(&name);
    Ok(is_name.then(|| path.with_file_name(name)))
}

fn exists(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(cause),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a damaged journal is put aside by the journal alone"
)]
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn journal(place: &tempfile::TempDir, text: &str) -> PathBuf {
        let path = place.path().join("journal.db");
        for end in ["", "-wal", "-shm"] {
            fs::write(with(&path, end), text).unwrap();
        }
        path
    }

    #[test]
    fn two_in_one_second_are_both_kept() {
        let place = tempfile::tempdir().unwrap();
        let asides = ["first", "second", "third"].map(|text| {
            let path = journal(&place, text);
            set_aside(&path, now()).unwrap()
        });
        for (aside, text) in asides.iter().zip(["first", "second", "third"]) {
            for end in ["", "-wal", "-shm"] {
                assert_eq!(fs::read_to_string(with(aside, end)).unwrap(), text);
            }
        }
    }

    #[test]
    fn names_that_cannot_be_looked_at_are_an_error_and_no_endless_search() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "x").unwrap();
        // A file where a directory belongs: every look fails.
        assert!(set_aside(&file.join("journal.db"), now()).is_err());
    }

    #[test]
    fn what_a_killed_process_left_undone_is_done() {
        let place = tempfile::tempdir().unwrap();
        let path = journal(&place, "x");
        assert_eq!(unfinished(&path).unwrap(), None);
        let aside = free_name(&path, now()).unwrap();
        note(&path, &aside).unwrap();
        assert_eq!(unfinished(&path).unwrap(), None, "it was not renamed yet");
        rename(&path, &aside).unwrap();
        assert_eq!(unfinished(&path).unwrap().as_ref(), Some(&aside));
        assert!(with(&aside, "-wal").exists() && !with(&path, "-wal").exists());
        // The log of the new journal stays with it.
        journal(&place, "new");
        assert_eq!(unfinished(&path).unwrap(), Some(aside));
        assert!(with(&path, "-wal").exists());
        finish(&path);
        assert_eq!(unfinished(&path).unwrap(), None);
    }

    #[test]
    fn a_note_that_names_another_place_is_not_obeyed() {
        let place = tempfile::tempdir().unwrap();
        let path = journal(&place, "x");
        for name in ["", "/etc/passwd", "../x", ".."] {
            fs::write(with(&path, NOTE), name).unwrap();
            assert_eq!(unfinished(&path).unwrap(), None, "{name}");
        }
    }
}
