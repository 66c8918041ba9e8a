//! Opening a form: one that nobody but root can have written, or whoever asks.

use crate::map::Map;
use hosts_access::engine::CompiledFault;
use nix::fcntl::OFlag;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use tcpw_event::trust::{Distrust, check_trust};
use thiserror::Error;

/// Why a form is not used. The table itself answers then.
#[derive(Debug, Error)]
pub enum FormFault {
    /// It cannot be opened or mapped, as the system says.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Others can change it.
    #[error("{0}")]
    Distrusted(#[from] Distrust),
    /// It is of another state of the table, or of another file.
    #[error("the table was changed since")]
    Stale,
    /// It is damaged, or of another version.
    #[error("{0}")]
    Compiled(#[from] CompiledFault),
}

/// Maps the form at `path`; nothing if there is none.
pub(super) fn open_form(path: &Path) -> Result<Option<Map>, FormFault> {
    let file = match open_unfollowed(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    check_trust(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file").into());
    }
    Ok(Some(Map::of(&file)?))
}

/// Opens a file to read it, if its last part is not a link.
fn open_unfollowed(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)
}
