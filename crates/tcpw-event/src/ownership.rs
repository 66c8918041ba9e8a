//! Whose the files are that root makes in a directory of another user.

use nix::fcntl::OFlag;
use nix::unistd::geteuid;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::Path;

/// Gives the open file at `path` to the owner of its directory, if root runs this and the file is
/// root's: it was just made, and the owner of the directory must be able to work with it. A file with a
/// second name somewhere else stays what it is.
///
/// # Errors
/// When the directory cannot be looked at, or the system does not let root give the file away.
pub fn give_to_directory(file: &File, path: &Path) -> io::Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let found = file.metadata()?;
    if found.uid() != 0 || !found.is_file() || found.nlink() != 1 {
        return Ok(());
    }
    let owner = fs::metadata(path.parent().unwrap_or(Path::new("/")))?;
    if owner.uid() == 0 {
        return Ok(());
    }
    fchown(file, Some(owner.uid()), Some(owner.gid()))
}

/// Makes an empty file at `path` for the owner of its directory, if root runs this, the directory is
/// another user's, and nothing is at `path`.
///
/// # Errors
/// As [`give_to_directory`], and when the file cannot be made.
pub fn make_for_directory(path: &Path) -> io::Result<()> {
    let owner = fs::metadata(path.parent().unwrap_or(Path::new("/")))?.uid();
    if !geteuid().is_root() || owner == 0 || path.symlink_metadata().is_ok() {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    let file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(OFlag::O_NOFOLLOW.bits())
        .open(path)?;
    give_to_directory(&file, path)
}
