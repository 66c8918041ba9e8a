//! Why the tables could not be read or written.

use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A failure of the file system, or of somebody else's doing. The tables are what they were.
#[derive(Debug, Error)]
pub enum EditError {
    /// A step failed.
    #[error("cannot {step} {}: {source}", path.display())]
    Io {
        /// What was to be done.
        step: &'static str,
        /// The file it was to be done to.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is something at the path, but no file.
    #[error("{} is {what}, not a file", path.display())]
    NotAFile {
        /// The path of the table.
        path: PathBuf,
        /// What is there.
        what: &'static str,
    },
    /// Both tables are one file.
    #[error("{} is named for both tables", .0.display())]
    SameFile(PathBuf),
    /// It is too large for a table.
    #[error("{} is 1 GiB or larger", .0.display())]
    TooLarge(PathBuf),
    /// The lock did not come free in time.
    #[error("another tcpw is changing {}", .0.display())]
    Busy(PathBuf),
    /// The state directory belongs to somebody else, or others can write to it.
    #[error("{} is not for its owner alone", .0.display())]
    NotOurs(PathBuf),
    /// Users other than its owner cannot read what is in the directory.
    #[error("daemons of other users cannot read what is in {}", .0.display())]
    NotForAll(PathBuf),
    /// The file is not the one that was read.
    #[error("{} was changed by another program meanwhile", .0.display())]
    ChangedMeanwhile(PathBuf),
    /// The second table could not be replaced, and the first not be put back.
    #[error("{first}; and {} could not be put back: {second}", path.display())]
    HalfDone {
        /// The table that is new already.
        path: PathBuf,
        /// Why the second table is still old.
        first: Box<Self>,
        /// Why the first could not be put back.
        second: Box<Self>,
    },
}

impl EditError {
    /// An adapter for `map_err`.
    pub(crate) fn at(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { step, path, source }
    }
}
