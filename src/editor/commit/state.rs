//! The state directory: what every commit did, and what a commit is about to do.
//!
//! `00000007.json` is an entry of the history, `pending.json` the entry of a commit under way, and
//! every other file the content of a table, named by its SHA-256. Each is complete or absent: it
//! is written beside its place, synced and renamed. `lock` is held for as long as tables are open
//! for writing, so whatever is pending then was left by a tcpw that is gone.

use crate::editor::commit::delta::Delta;
use crate::editor::commit::digest::digest;
use crate::editor::commit::entry::{HistoryEntry, damaged};
use crate::editor::commit::error::EditError;
use crate::editor::commit::lock::lock_file;
use crate::editor::commit::provisional::Fate;
use std::collections::BTreeSet;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

const PENDING: &str = "pending.json";
const LOCK: &str = "lock";
const SUFFIX: &str = ".json";
const DELTA: &str = ".delta";
/// No chain of differences is longer.
const CHAIN_MOST: usize = 100;
/// As many entries as are kept, and as many bytes of tables.
const ENTRY_LIMIT: usize = 100;
const SIZE_LIMIT: u64 = 256 << 20;

/// The state directory, locked.
#[derive(Debug)]
pub(crate) struct State {
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
    pub(crate) fn open(path: &Path) -> Result<Self, EditError> {
        create(path).map_err(EditError::at("create the directory", path))?;
        check_owner(path)?;
        let lock = lock_file(&path.join(LOCK), path)?;
        Ok(Self {
            history: History::new(path),
            _lock: lock,
        })
    }

    /// What may be read.
    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    /// The number of the next entry.
    pub(crate) fn next_number(&self) -> Result<u64, EditError> {
        Ok(self.history.numbers()?.last().map_or(1, |last| last + 1))
    }

    /// Keeps the content of a table under its digest.
    pub(crate) fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), EditError> {
        if self.history.has(name) {
            return Ok(());
        }
        self.put(name, bytes)
    }

    /// Keeps a content `new` that was made of another one, which is kept, and has as many bytes at
    /// its `ends` as that: as the difference, if that is small.
    pub(crate) fn keep_change(
        &self,
        name: &str,
        (old_name, old, new): (&str, &[u8], &[u8]),
        ends: (usize, usize),
    ) -> Result<(), EditError> {
        if self.history.has(name) {
            return Ok(());
        }
        let chain = self
            .history
            .delta(old_name)?
            .map_or(0, |delta| delta.head.chain);
        match Delta::between((old, new), ends, old_name, chain) {
            None => self.put(name, new),
            Some(delta) => {
                let file = delta_file(name);
                let text = delta.bytes();
                let text = text.map_err(|error| damaged(&self.history.path, error))?;
                self.put(&file, &text)
            }
        }
    }

    /// Says what is about to be done. From here on it will be done or undone, whatever happens.
    pub(crate) fn begin(&self, entry: &HistoryEntry) -> Result<(), EditError> {
        let text = serde_json::to_vec(entry).map_err(|error| damaged(&self.history.path, error))?;
        self.put(PENDING, &text)?;
        self.sync()
    }

    /// The commit that was under way when its tcpw ended.
    pub(crate) fn pending(&self) -> Result<Option<HistoryEntry>, EditError> {
        self.history.pending()
    }

    /// It is done.
    #[expect(clippy::disallowed_methods, reason = "the last step of a commit")]
    pub(crate) fn finish(&self, number: u64) -> Result<(), EditError> {
        let path = self.history.path.join(PENDING);
        std::fs::rename(&path, self.history.entry_path(number))
            .map_err(EditError::at("close", &path))?;
        self.sync()?;
        // What is kept too long does no harm.
        drop(self.prune());
        Ok(())
    }

    /// Says that the change stays.
    pub(crate) fn confirm(&self, number: u64) -> Result<(), EditError> {
        self.put(&confirmed(number), b"")?;
        self.sync()
    }

    /// It is undone.
    pub(crate) fn abandon(&self) -> Result<(), EditError> {
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
        let names: BTreeSet<String> = history.names()?.into_iter().collect();
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
                // With it all that it is the difference from.
                let mut next = Some(name.clone());
                while let Some(name) = next.take_if(|name| wanted.insert(name.clone())) {
                    size += history.size(&name);
                    if names.contains(&delta_file(&name)) {
                        next = history.delta(&name)?.map(|delta| delta.head.base);
                    }
                }
            }
        }
        for name in names {
            let content = name.strip_suffix(DELTA).unwrap_or(&name);
            if is_digest(content) && !wanted.contains(content) {
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
    pub fn entry(&self, number: u64) -> Result<HistoryEntry, EditError> {
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
        let wrong = || {
            let text = "its content does not fit its name";
            damaged(&path, io::Error::other(text))
        };
        let mut deltas = Vec::new();
        let mut base = name.to_owned();
        while let Some(delta) = self.delta(&base)?.filter(|_| deltas.len() < CHAIN_MOST) {
            base.clone_from(&delta.head.base);
            deltas.push(delta);
        }
        let base = self.path.join(base);
        let bytes = std::fs::read(&base).map_err(EditError::at("read", &base))?;
        let bytes = deltas
            .into_iter()
            .rev()
            .try_fold(bytes, |bytes, delta| delta.apply(bytes));
        bytes
            .filter(|bytes| digest(bytes) == name)
            .ok_or_else(wrong)
    }

    /// Whether a commit was cut short, which the next one finishes; not while it is under way.
    pub fn is_cut_short(&self) -> bool {
        let is_idle = || match File::open(self.path.join(LOCK)) {
            Ok(lock) => !matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)),
            Err(_) => true,
        };
        matches!(self.pending(), Ok(Some(_))) && is_idle()
    }

    fn pending(&self) -> Result<Option<HistoryEntry>, EditError> {
        let path = self.path.join(PENDING);
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|error| damaged(&path, error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EditError::at("read", &path)(error)),
        }
    }

    /// Whether a content is kept.
    fn has(&self, name: &str) -> bool {
        self.path.join(name).exists() || self.path.join(delta_file(name)).exists()
    }

    /// The difference as which a content is kept, if it is.
    fn delta(&self, name: &str) -> Result<Option<Delta>, EditError> {
        let path = self.path.join(delta_file(name));
        if self.path.join(name).exists() {
            return Ok(None);
        }
        match std::fs::read(&path) {
            Ok(bytes) => match Delta::read(&bytes) {
                Ok(delta) => Ok(Some(delta)),
                Err(error) => Err(damaged(&path, error)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EditError::at("read", &path)(error)),
        }
    }

    /// How much of the disk a content takes.
    fn size(&self, name: &str) -> u64 {
        let of =
            |file: &str| std::fs::metadata(self.path.join(file)).map(|metadata| metadata.len());
        of(name).or_else(|_| of(&delta_file(name))).unwrap_or(0)
    }

    pub(crate) fn is_confirmed(&self, number: u64) -> bool {
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

/// The file of a content that is kept as a difference.
fn delta_file(name: &str) -> String {
    format!("{name}{DELTA}")
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
    use super::*;
    use crate::editor::commit::entry::{Author, Side};

    #[test]
    fn the_newest_entries_are_kept_and_what_they_refer_to() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/history");
        let state = State::open(&path).unwrap();
        for number in 1..=105_u64 {
            assert_eq!(state.next_number().unwrap(), number);
            let keep = |number: u64| {
                let text = number.to_string();
                let name = digest(text.as_bytes());
                state.keep(&name, text.as_bytes()).unwrap();
                name
            };
            let before = (number > 1).then(|| keep(number - 1));
            let after = keep(number);
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
            let allow = side(before, Some(after));
            let entry = HistoryEntry {
                number,
                author,
                allow,
                deny: side(None, None),
                provisional: None,
                undoes: None,
                is_rollback: false,
                redoes: None,
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
