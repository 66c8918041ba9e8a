//! Whether the files that a deliverer has open are still those at their paths. Whoever restores or
//! removes a journal does not ask the deliverer: what it wrote into the old one from then on would
//! be gone.

use crate::alert::lock::lock_path;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Which file it is: its device and its inode.
type Identity = (u64, u64);

/// The journal, what SQLite keeps beside it, and the lock, as they were opened.
#[derive(Debug)]
pub(crate) struct Standing {
    files: Vec<(PathBuf, Option<Identity>)>,
}

impl Standing {
    /// The files of the journal at `journal`, which was just opened, and its lock.
    pub(crate) fn of(journal: &Path, lock: &File) -> Self {
        let held = lock.metadata().ok().as_ref().map(identity);
        let mut files = vec![(lock_path(journal), held)];
        for end in ["", "-wal", "-shm"] {
            let mut name: OsString = journal.as_os_str().to_owned();
            name.push(end);
            let path = PathBuf::from(name);
            let found = identity_of(&path);
            // Where the file system knows no shared memory, SQLite works without these two.
            if end.is_empty() || found.is_some() {
                files.push((path, found));
            }
        }
        Self { files }
    }

    /// Whether all of them are where they were.
    pub(crate) fn holds(&self) -> bool {
        self.files
            .iter()
            .all(|(path, opened)| opened.is_some() && identity_of(path) == *opened)
    }
}

/// Which file is at `path`, if one is.
pub(crate) fn identity_of(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().as_ref().map(identity)
}

fn identity(file: &Metadata) -> Identity {
    (file.dev(), file.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_the_files_counts() {
        let place = tempfile::tempdir().unwrap();
        let journal = place.path().join("journal.db");
        for name in [
            "journal.db",
            "journal.db-wal",
            "journal.db-shm",
            "journal.db.lock",
        ] {
            for other in ["", "-wal", "-shm", ".lock"] {
                fs::write(place.path().join(format!("journal.db{other}")), "old").unwrap();
            }
            let lock = File::open(lock_path(&journal)).unwrap();
            let standing = Standing::of(&journal, &lock);
            assert!(standing.holds());
            let path = place.path().join(name);
            let kept = File::open(&path).unwrap();
            fs::remove_file(&path).unwrap();
            assert!(!standing.holds(), "{name} is gone");
            fs::write(&path, "new").unwrap();
            assert!(!standing.holds(), "{name} is another one");
            drop(kept);
        }
    }
}
