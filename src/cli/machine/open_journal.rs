//! The journal, opened to be read, or what to do about it.

use crate::alert::{Journal, JournalError};
use crate::cli::base::Failure;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The journal at `path`; nothing if there is none yet.
pub(crate) fn open(path: &Path) -> Result<Option<Journal>, Failure> {
    if let Err(cause) = fs::metadata(path) {
        if cause.kind() == io::ErrorKind::NotFound {
            return Ok(None);
        }
        return Err(Failure::new(format_args!(
            "cannot read the journal {}: {cause}",
            path.display()
        ))
        .hint("events name clients, so only the journal's owner, usually root, may read them"));
    }
    Journal::open_to_read(path).map_err(told)
}

/// The journal at `path`, which must be there.
pub(crate) fn open_existing(path: &Path) -> Result<Journal, Failure> {
    open(path)?.ok_or_else(|| {
        Failure::new(format_args!(
            "there is no journal yet at {}",
            path.display()
        ))
        .hint(
            "the first alert creates it: `tcpw list` shows whether an alert rule is installed, \
             `tcpw deliver` collects what waits",
        )
    })
}

/// Which file is at `path`, to see whether it is still the same later.
pub(crate) fn identity(path: &Path) -> Option<(u64, u64)> {
    let found = fs::metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

/// What to tell about a journal that cannot be read.
pub(crate) fn told(error: JournalError) -> Failure {
    let hint = match &error {
        JournalError::Newer { .. } => "read it with the tcpw that made it, or a later one",
        error if error.is_damage() => {
            "`tcpw deliver` moves a damaged journal aside and starts a new one; sqlite3 FILE \
             .recover may save rows of the old one"
        }
        JournalError::Directory { .. }
        | JournalError::Unreadable { .. }
        | JournalError::Database { .. }
        | JournalError::SetAside { .. } => "read it as the user who owns the journal, usually root",
    };
    Failure::new(error).hint(hint)
}
