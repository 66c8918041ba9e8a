//! Removing a form: from then on the table itself answers, and no change makes a new one.

use super::build::{failed, lock, sync_directory};
use super::build_error::BuildError;
use super::place::{beside, form_path};
use std::fs;
use std::io;
use std::path::Path;
use tcpw_event::trust::check_trust;

/// Removes the form of the table at `table`; says whether there was one.
///
/// # Errors
/// When it cannot be removed.
pub fn remove(directory: &Path, table: &Path) -> Result<bool, BuildError> {
    let Some(path) = form_path(directory, table) else {
        return Ok(false);
    };
    if directory.symlink_metadata().is_err() {
        return Ok(false);
    }
    check_trust(directory)?;
    let _lock = lock(directory)?;
    let gone = |path: &Path| match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed(path)(error)),
    };
    gone(&beside(&path))?;
    let was_there = gone(&path)?;
    sync_directory(&path).map_err(failed(directory))?;
    Ok(was_there)
}
