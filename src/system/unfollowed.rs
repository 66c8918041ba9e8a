//! Opening what is at a path itself, and never what a link there leads to: the directory may belong to
//! another user.

use nix::fcntl::OFlag;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Opens the directory at `path`.
///
/// # Errors
/// When it cannot be opened, or is a link or something else.
pub fn open_directory(path: &Path) -> io::Result<File> {
    open(path, OFlag::O_DIRECTORY)
}

/// Opens the file at `path` to read it, without waiting for anybody.
///
/// # Errors
/// When it cannot be opened, or is a link.
pub fn open_unfollowed(path: &Path) -> io::Result<File> {
    open(path, OFlag::O_NONBLOCK | OFlag::O_NOCTTY)
}

fn open(path: &Path, flags: OFlag) -> io::Result<File> {
    let flags = flags | OFlag::O_NOFOLLOW;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags.bits()).open(path)
}
