//! The state directory: what every commit did, and what a commit is about to do.
//!
//! `00000007.json` is an entry of the history, `pending.json` the entry of a commit under way, and
//! every other file the content of a table, named by its SHA-256. Each is complete or absent: it
//! is written beside its place, synced and renamed. `lock` is held for as long as tables are open
//! for writing, so whatever is pending then was left by a tcpw that is no more.

use super::entry::{Entry, damaged, digest};
use super::error::EditError;
use super::lock::lock_file;
use super::provisional::Fate;
use std::collections::BTreeSet;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

const PENDING: &str = "pending.json";
const SUFFIX: &str = ".json";
/// As many entries as are kept, and as many bytes of tables.
const ENTRY_LIMIT: usize = 100;
const SIZE_LIMIT: u64 = 256 << 20;

/// The state directory, locked.
#[derive(Debug)]
pub(super) struct State {
    history: History,
    _lock: File,
}

/// The history, to be read.
#[derive(Debug, Clone)]
pub struct History {
    path: PathBuf,
}

impl State {
    /// Locks the directory at `path`, which is created if need be.
    pub(super) fn open(path: &Path) -> Result<Self, EditError> {
        create(path).map_err(EditError::at("create the directory", path))?;
        check_owner(path)?;
        let lock = lock_file(&path.join("lock"), path)?;
        Ok(Self {
            history: History::new(path),
            _lock: lock,
        })
    }

    /// What may be read.
    pub(super) fn history(&self) -> &History {
        &self.history
    }

    /// The number of the next entry.
    pub(super) fn next_number(&self) -> Result<u64, EditError> {
        Ok(self.history.numbers()?.last().map_or(1, |last| last + 1))
    }

    /// Keeps the content of a table.
    pub(super) fn keep(&self, bytes: &[u8]) -> Result<String, EditError> {
        let name = digest(bytes);
        if !self.history.path.join(&name).exists() {
            self.put(&name, bytes)?;
        }
        Ok(name)
    }

    /// Says what is about to be done. From here on it will be done or undone, whatever happens.
    pub(super) fn begin(&self, entry: &Entry) -> Result<(), EditError> {
        let text = serde_json::to_vec(entry).map_err(|error| damaged(&self.history.path, error))?;
        self.put(PENDING, &text)?;
        self.sync()
    }

    /// The commit that was under way when its tcpw ended.
    pub(super) fn pending(&self) -> Result<Option<Entry>, EditError> {
        let path = self.history.path.join(PENDING);
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|error| damaged(&path, error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EditError::at("read", &path)(error)),
        }
    }

    /// It is done.
    #[expect(clippy::disallowed_methods, reason = "the last step of a commit")]
    pub(super) fn finish(&self, number: u64) -> Result<(), EditError> {
        let path = self.history.path.join(PENDING);
        std::fs::rename(&path, self.history.entry_path(number))
            .map_err(EditError::at("close", &path))?;
        self.sync()?;
        // What is kept too long does no harm.
        drop(self.prune());
        Ok(())
    }

    /// Says that the change stays.
    pub(super) fn confirm(&self, number: u64) -> Result<(), EditError> {
        self.put(&confirmed(number), b"")?;
        self.sync()
    }

    /// It is undone.
    pub(super) fn abandon(&self) -> Result<(), EditError> {
        let path = self.history.path.join(PENDING);
        std::fs::remove_file(&path).map_err(EditError::at("remove", &path))?;
        self.sync()
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), EditError> {
        let path = self.history.path.join(name);
        let new = self.history.path.join("new");
        let write = || -> io::Result<()> {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(&new)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        #[expect(clippy::disallowed_methods, reason = "it completes the file")]
        let put = || write().and_then(|()| std::fs::rename(&new, &path));
        put().map_err(EditError::at("write", &path))
    }

    fn sync(&self) -> Result<(), EditError> {
        let path = &self.history.path;
        File::open(path)
            .and_then(|directory| directory.sync_all())
            .map_err(EditError::at("sync the directory", path))
    }

    /// Removes the oldest entries over the limits, and the contents nobody refers to.
    fn prune(&self) -> Result<(), EditError> {
        let history = &self.history;
        let (mut wanted, mut size) = (BTreeSet::new(), 0);
        for (count, number) in history.numbers()?.into_iter().rev().enumerate() {
            let is_over = count >= ENTRY_LIMIT || (count > 0 && size > SIZE_LIMIT);
            // One that cannot be read now may be readable later: then all stays.
            let entry = history.entry(number)?;
            let is_open = history.fate(&entry)? == Some(Fate::Open);
            if is_over && !is_open {
                drop(std::fs::remove_file(history.entry_path(number)));
                drop(std::fs::remove_file(history.path.join(confirmed(number))));
                continue;
            }
            for name in entry.files().flat_map(|s| [&s.before, &s.after]).flatten() {
                if wanted.insert(name.clone()) {
                    size += std::fs::metadata(history.path.join(name)).map_or(0, |m| m.len());
                }
            }
        }
        for name in history.names()? {
            if is_digest(&name) && !wanted.contains(&name) {
                drop(std::fs::remove_file(history.path.join(name)));
            }
        }
        Ok(())
    }
}

impl History {
    /// The history in the directory at `path`, which need not exist.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// The numbers of all entries, in order.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn numbers(&self) -> Result<Vec<u64>, EditError> {
        let mut numbers: Vec<u64> = self
            .names()?
            .iter()
            .filter_map(|name| name.strip_suffix(SUFFIX)?.parse().ok())
            .collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// One entry.
    ///
    /// # Errors
    /// When there is no such entry, or it cannot be read.
    pub fn entry(&self, number: u64) -> Result<Entry, EditError> {
        let path = self.entry_path(number);
        let text = std::fs::read(&path).map_err(EditError::at("read", &path))?;
        serde_json::from_slice(&text).map_err(|error| damaged(&path, error))
    }

    /// The content of a table, by its digest; nothing for a table that was not there.
    ///
    /// # Errors
    /// When it cannot be read, or is not what it was.
    pub fn content(&self, name: Option<&str>) -> Result<Vec<u8>, EditError> {
        let Some(name) = name else {
            return Ok(Vec::new());
        };
        let path = self.path.join(name);
        let bytes = std::fs::read(&path).map_err(EditError::at("read", &path))?;
        if digest(&bytes) == name {
            Ok(bytes)
        } else {
            Err(damaged(
                &path,
                io::Error::other("its content does not fit its name"),
            ))
        }
    }

    pub(super) fn is_confirmed(&self, number: u64) -> bool {
        self.path.join(confirmed(number)).exists()
    }

    fn entry_path(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:08}{SUFFIX}"))
    }

    fn names(&self) -> Result<Vec<String>, EditError> {
        let wrong = || EditError::at("read the directory", &self.path);
        let entries = match std::fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(wrong()(error)),
        };
        let names: io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.file_name())).collect();
        let names = names.map_err(wrong())?;
        Ok(names
            .into_iter()
            .filter_map(|n| n.into_string().ok())
            .collect())
    }
}

/// The name of the file that says that a change was confirmed.
fn confirmed(number: u64) -> String {
    format!("{number:08}.confirmed")
}

fn is_digest(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The directory and its parent are for us alone; what is above them is for everybody.
fn create(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(Path::new("/"));
    if let Some(above) = parent.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(above)?;
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Whoever can write here can have tables written: that must be nobody else.
fn check_owner(path: &Path) -> Result<(), EditError> {
    let metadata = std::fs::metadata(path).map_err(EditError::at("read", path))?;
    let own = nix::unistd::geteuid().as_raw();
    if metadata.mode() & 0o022 == 0 && (metadata.uid() == own || metadata.uid() == 0) {
        Ok(())
    } else {
        Err(EditError::NotOurs(path.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::{Author, Side};
    use super::*;

    #[test]
    fn the_newest_entries_are_kept_and_what_they_refer_to() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/history");
        let state = State::open(&path).unwrap();
        for number in 1..=105_u64 {
            assert_eq!(state.next_number().unwrap(), number);
            let before = (number > 1).then(|| state.keep(format!("{}", number - 1).as_bytes()));
            let after = state.keep(format!("{number}").as_bytes()).unwrap();
            let side = |before: Option<String>, after| Side {
                path: PathBuf::from("/t"),
                target: PathBuf::from("/t"),
                before,
                after,
            };
            let author = Author {
                time: 0,
                user: String::new(),
                command: Vec::new(),
            };
            let before = before.transpose().unwrap();
            let allow = side(before, Some(after));
            let entry = Entry {
                number,
                author,
                allow,
                deny: side(None, None),
                provisional: None,
                undoes: None,
                companion: None,
            };
            state.begin(&entry).unwrap();
            assert_eq!(state.pending().unwrap(), Some(entry));
            state.finish(number).unwrap();
            assert_eq!(state.pending().unwrap(), None);
        }
        let history = state.history();
        assert_eq!(history.numbers().unwrap(), (6..=105).collect::<Vec<_>>());
        let contents = history
            .names()
            .unwrap()
            .iter()
            .filter(|n| is_digest(n))
            .count();
        assert_eq!(contents, 101);
        let first = history.entry(6).unwrap();
        assert_eq!(
            history.content(first.allow.before.as_deref()).unwrap(),
            b"5"
        );
    }

    #[test]
    fn a_directory_others_can_write_to_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let mode = std::fs::Permissions::from_mode(0o777);
        std::fs::set_permissions(directory.path(), mode).unwrap();
        let opened = State::open(directory.path());
        assert!(matches!(opened, Err(EditError::NotOurs(_))), "{opened:?}");
    }
}
