//! Opening a damaged journal, also where SQLite does not know any more what is in it.

use crate::alert::journal::database::{Journal, JournalError, PATIENCE};
use crate::alert::journal::passing::Faults;
use crate::alert::journal::plain::{make_plain, open_plain, with};
use crate::alert::journal::unlinked::open_unlinked;
use crate::system::random_u64;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::iter;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// The size of SQLite's pages.
const PAGE: usize = 4096;
/// What is added to the name of a damaged journal for that of its copy, before a random number.
const COPY: &str = ".salvage-";
/// Where the first page says what kind of page it is: one that leads to others, or a leaf.
const KIND: usize = 100;
const INTERIOR: u32 = 5;

/// The damaged journal, open to be read.
pub(super) struct DamagedJournal {
    pub(super) database: Connection,
    /// A copy with a sound first page, if that was damaged.
    copy: Option<PathBuf>,
}

impl DamagedJournal {
    /// Nothing if its tables are not those of this version, or nothing can be read at all.
    ///
    /// # Errors
    /// When a fault that may pass keeps it from being read.
    pub(super) fn open(
        aside: &Path,
        fresh: &Journal,
        faults: Faults,
    ) -> Result<Option<Self>, JournalError> {
        let failed = |cause| JournalError::Database {
            step: "read",
            path: aside.to_owned(),
            cause,
        };
        match open(aside) {
            Ok(known) => {
                return Ok(known.map(|database| Self {
                    database,
                    copy: None,
                }));
            }
            Err(error) => faults.damage(error).map_err(failed)?,
        }
        remove_copies(aside);
        let copy = with(aside, &format!("{COPY}{:016x}", random_u64()));
        let opened =
            with_sound_tables(aside, &copy, fresh).map_err(|cause| JournalError::Unreadable {
                path: aside.to_owned(),
                cause,
            });
        let opened = match (opened, faults) {
            (Ok(()), _) => open(&copy).or_else(|error| faults.damage(error).map(|()| None)),
            (Err(error), Faults::MayPass) => {
                remove(&copy);
                return Err(error);
            }
            (Err(_), Faults::Stay) => Ok(None),
        };
        match opened.map_err(failed) {
            Ok(Some(database)) => Ok(Some(Self {
                database,
                copy: Some(copy),
            })),
            other => {
                remove(&copy);
                other.map(|_| None)
            }
        }
    }
}

impl Drop for DamagedJournal {
    fn drop(&mut self) {
        if let Some(copy) = &self.copy {
            remove(copy);
        }
    }
}

fn remove(copy: &Path) {
    for end in ["", "-wal", "-shm"] {
        drop(fs::remove_file(with(copy, end)));
    }
}

/// Removes the copies that processes left which were killed while they read them.
fn remove_copies(aside: &Path) {
    let begin = with(aside, COPY);
    let Some((directory, begin)) = aside.parent().zip(begin.file_name()) else {
        return;
    };
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries {
        if entry.file_name().as_bytes().starts_with(begin.as_bytes()) {
            // One that stays takes room, and nothing else.
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// Copies a file to a name that nothing has; gives the copy, and its bytes.
fn copy_file(from: &Path, to: &Path) -> io::Result<(File, u64)> {
    let mut from = open_plain(from)?;
    let mut copy = make_plain(to)?;
    let bytes = io::copy(&mut from, &mut copy)?;
    Ok((copy, bytes))
}

/// Opens a database that is damaged; nothing if it has other tables than this version.
fn open(path: &Path) -> rusqlite::Result<Option<Connection>> {
    let database = open_unlinked(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    database.busy_timeout(PATIENCE)?;
    database.execute_batch("PRAGMA cell_size_check = ON")?;
    let sql = "SELECT count(*) FROM pragma_table_info('letters') WHERE name = 'message_id'";
    let known: i64 = database.query_row(sql, [], |row| row.get(0))?;
    Ok((known == 1).then_some(database))
}

/// Copies a damaged database and gives the copy the list of tables of a new one: journals of one
/// version have their tables at the same places.
fn with_sound_tables(aside: &Path, copy: &Path, fresh: &Journal) -> io::Result<()> {
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    fresh
        .database
        .query_row(checkpoint, [], |_| Ok(()))
        .map_err(io::Error::other)?;
    let mut sound = Vec::new();
    open_plain(&fresh.path)?.read_to_end(&mut sound)?;
    let (file, bytes) = copy_file(aside, copy)?;
    match copy_file(&with(aside, "-wal"), &with(copy, "-wal")) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
        copied => drop(copied?),
    }
    for page in list_pages(&sound) {
        let begin = page.saturating_sub(1).saturating_mul(PAGE);
        if let Some(page) = sound.get(begin..begin.saturating_add(PAGE)) {
            file.write_all_at(page, u64::try_from(begin).unwrap_or(u64::MAX))?;
        }
    }
    // How many pages there are, and that none of them is free.
    let pages = bytes / u64::try_from(PAGE).unwrap_or(u64::MAX);
    let pages = u32::try_from(pages).unwrap_or(u32::MAX);
    file.write_all_at(&pages.to_be_bytes(), 28)?;
    file.write_all_at(&[0; 8], 32)
}

/// The pages that hold the list of tables, counted from 1.
fn list_pages(database: &[u8]) -> Vec<usize> {
    let number = |at: usize, length: usize| {
        let bytes = database.get(at..at.saturating_add(length)).unwrap_or(&[]);
        bytes
            .iter()
            .fold(0_u32, |number, byte| number << 8 | u32::from(*byte))
    };
    if number(KIND, 1) != INTERIOR {
        return vec![1];
    }
    let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let cells = place(number(KIND + 3, 2));
    let pages = (0..cells)
        .map(|cell| place(number(KIND + 12 + 2 * cell, 2)))
        .chain(iter::once(KIND + 8))
        .map(|at| place(number(at, 4)));
    iter::once(1).chain(pages).collect()
}
