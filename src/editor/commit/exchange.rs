//! Putting new content in a table's place while others write the same file without a lock.
//!
//! The old and the new file change places (renameat2(2)), so that what was replaced can be looked
//! at: a line that somebody appended in the last moment is carried over, and a file that somebody
//! else put there is put back.

use crate::editor::commit::common_ends::rest_after;
use crate::editor::commit::error::EditError;
use crate::editor::commit::in_place;
use crate::editor::commit::replace::Staged;
use crate::editor::commit::table::{Identity, TableFile};
use crate::system::{Clock as _, SystemClock, writers};
use nix::errno::Errno;
#[cfg(target_env = "gnu")]
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// How long to wait for those who still have the replaced file open: `ROUNDS` times `PAUSE`.
const ROUNDS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(5);
/// How long somebody who writes to a table again and again may take from finding the file to having
/// it open.
const GRACE: Duration = Duration::from_millis(20);

/// What is expected to be replaced.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'b> {
    /// Its content.
    pub(crate) bytes: &'b [u8],
    /// Which file it is; none if any will do.
    pub(crate) identity: Option<Identity>,
}

impl<'t> Expected<'t> {
    /// The table as it was read.
    pub(crate) fn read(table: &'t TableFile) -> Self {
        Self {
            bytes: table.bytes(),
            identity: table.identity(),
        }
    }

    /// What was appended to it, if it is this file and nothing else was changed. A last line that
    /// was not ended may have been a line that somebody was just writing: then its end belongs to
    /// it.
    fn appended(&self, identity: Identity, found: &mut File) -> std::io::Result<Option<Vec<u8>>> {
        let is_it = self.identity.is_none_or(|expected| expected == identity);
        let is_ended = self.bytes.is_empty() || self.bytes.ends_with(b"\n");
        let appended = rest_after(found, self.bytes)?;
        Ok(appended.filter(|appended| is_it && (is_ended || appended.is_empty())))
    }
}

/// A file that was replaced: whoever had found it under the table's name before may be about to
/// open it still.
#[derive(Debug)]
pub(crate) struct Replaced {
    file: File,
    path: PathBuf,
    target: PathBuf,
    at: Instant,
    /// Whether another program wrote to it just before or meanwhile, or had it open for that.
    is_written: bool,
}

impl Replaced {
    /// Looks a last time, and carries over what has been appended since the first. Only a file that
    /// another program writes to is waited for.
    pub(crate) fn look_again(mut self) -> Result<(), EditError> {
        if self.is_written {
            thread::sleep(GRACE.saturating_sub(self.at.elapsed()));
        }
        wait_for_writers(identity(&self.file, &self.path)?);
        // It was read to the end of its last line.
        let appended = read(&mut self.file, &self.path)?;
        carry_over(&self.path, &self.target, &appended)
    }
}

/// Puts `staged` in the place of its table; the file that was replaced, if there is one left.
pub(crate) fn put(
    staged: Staged<'_>,
    expected: Expected<'_>,
) -> Result<Option<Replaced>, EditError> {
    let table = staged.table();
    if !table.exists() {
        return staged.create().map(|()| None);
    }
    if table.has_other_names() {
        return in_place::write(table, staged.bytes()).map(|()| None);
    }
    let old = File::open(table.target()).map_err(EditError::at("read", table.path()))?;
    let now = SystemClock.now().into();
    let is_busy = old.metadata().is_ok_and(|is| was_just_written(&is, now));
    match exchange(staged.path(), table.target()) {
        Ok(()) => settle(&staged, old, expected)
            .map(|replaced| {
                Some(Replaced {
                    is_written: replaced.is_written || is_busy,
                    ..replaced
                })
            })
            .map_err(|error| put_back(&staged, error)),
        Err(Errno::EBUSY) => in_place::write(table, staged.bytes()).map(|()| None),
        Err(Errno::EINVAL | Errno::ENOSYS | Errno::ENOTSUP) => {
            table.check_unchanged()?;
            staged.persist().map(|()| None)
        }
        Err(error) => Err(EditError::at("replace", table.path())(error.into())),
    }
}

/// Whether a file was written in place a moment ago, so that its writer may be about to open it
/// again. A table that was replaced by another one is not: that came after its last write, and
/// changed its status once more (rename(2)).
fn was_just_written(is: &Metadata, now: SystemTime) -> bool {
    let is_last = (is.mtime(), is.mtime_nsec()) == (is.ctime(), is.ctime_nsec());
    let age = is
        .modified()
        .map(|at| now.duration_since(at).unwrap_or_default());
    is_last && age.is_ok_and(|age| age < 2 * GRACE)
}

#[cfg(target_env = "gnu")]
fn exchange(one: &Path, other: &Path) -> Result<(), Errno> {
    renameat2(AT_FDCWD, one, AT_FDCWD, other, RenameFlags::RENAME_EXCHANGE)
}

/// Other C libraries have no such call that nix knows: as on a file system that cannot do it.
#[cfg(not(target_env = "gnu"))]
fn exchange(_one: &Path, _other: &Path) -> Result<(), Errno> {
    Err(Errno::ENOSYS)
}

/// Looks at what was replaced, which lies where the new content was; `old` was the table just
/// before.
fn settle(
    staged: &Staged<'_>,
    mut old: File,
    expected: Expected<'_>,
) -> Result<Replaced, EditError> {
    let at = Instant::now();
    let (table, path) = (staged.table(), staged.table().path());
    let is = std::fs::metadata(staged.path()).map_err(EditError::at("read", path))?;
    let identity = identity(&old, path)?;
    if identity != (is.dev(), is.ino()) {
        return Err(EditError::ChangedMeanwhile(path.to_owned()));
    }
    let had_writers = wait_for_writers(identity);
    let appended = expected
        .appended(identity, &mut old)
        .map_err(EditError::at("read", path))?;
    let Some(appended) = appended else {
        return Err(EditError::ChangedMeanwhile(path.to_owned()));
    };
    // A line that is not ended yet is left for the last look.
    let length = appended.iter().rposition(|&byte| byte == b'\n');
    let (lines, rest) = appended.split_at(length.map_or(0, |at| at + 1));
    carry_over(path, table.target(), lines)?;
    let back = i64::try_from(rest.len()).unwrap_or(i64::MAX);
    old.seek(SeekFrom::Current(-back))
        .map_err(EditError::at("read", path))?;
    Ok(Replaced {
        file: old,
        path: path.to_owned(),
        target: table.target().to_owned(),
        at,
        is_written: had_writers || !appended.is_empty(),
    })
}

/// Puts the replaced file back, and carries over to it what was appended to ours meanwhile.
fn put_back(staged: &Staged<'_>, error: EditError) -> EditError {
    let (table, replaced) = (staged.table(), staged.path());
    let back = || -> Result<(), EditError> {
        exchange(replaced, table.target())
            .map_err(|error| EditError::at("put back", table.path())(error.into()))?;
        let mut ours = File::open(replaced).map_err(EditError::at("read", table.path()))?;
        wait_for_writers(identity(&ours, table.path())?);
        let appended = rest_after(&mut ours, staged.bytes())
            .map_err(EditError::at("read", table.path()))?
            .unwrap_or_default();
        carry_over(table.path(), table.target(), &appended)
    };
    match back() {
        Ok(()) => error,
        Err(second) => EditError::HalfDone {
            path: table.path().to_owned(),
            first: Box::new(error),
            second: Box::new(second),
        },
    }
}

fn identity(file: &File, path: &Path) -> Result<Identity, EditError> {
    let is = file.metadata().map_err(EditError::at("read", path))?;
    Ok((is.dev(), is.ino()))
}

#[expect(
    clippy::verbose_file_reads,
    reason = "the file is known by its handle, whatever it is called now"
)]
fn read(file: &mut File, path: &Path) -> Result<Vec<u8>, EditError> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .map_err(EditError::at("read", path))?;
    Ok(bytes)
}

/// Waits for whoever opened the file under its old name and is about to write to it; whether there
/// was anybody.
fn wait_for_writers(file: Identity) -> bool {
    for round in 0..ROUNDS {
        if writers(Path::new("/proc"), file).is_empty() {
            return round > 0;
        }
        thread::sleep(PAUSE);
    }
    true
}

/// Appends what others appended to the file that was replaced.
pub(crate) fn carry_over(path: &Path, target: &Path, lines: &[u8]) -> Result<(), EditError> {
    if lines.is_empty() {
        return Ok(());
    }
    let append = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().read(true).append(true).open(target)?;
        let mut text = Vec::new();
        if file.metadata()?.len() > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                text.push(b'\n');
            }
        }
        text.extend_from_slice(lines);
        file.write_all(&text)?;
        file.sync_all()
    };
    match append() {
        // It was removed meanwhile, with all its lines.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result.map_err(EditError::at(
            "carry over lines that were appended to",
            path,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_that_was_written_in_place_is_waited_for() {
        let place = tempfile::tempdir().unwrap();
        let path = |name| place.path().join(name);
        let is_busy = |name, age| {
            let is = std::fs::metadata(path(name)).unwrap();
            was_just_written(&is, is.modified().unwrap() + age)
        };
        std::fs::write(path("appended"), "a").unwrap();
        assert!(is_busy("appended", GRACE));
        assert!(!is_busy("appended", 2 * GRACE));
        std::fs::write(path("new"), "b").unwrap();
        // The clock of a file system ticks a few times in a hundredth of a second.
        thread::sleep(Duration::from_millis(12));
        std::fs::rename(path("new"), path("replaced")).unwrap();
        assert!(!is_busy("replaced", GRACE));
    }
}
