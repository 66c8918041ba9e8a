//! Files and folders of units of systemd, which may be there or not.

use crate::cli::base::Failure;
use crate::escape::visible;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The paths in a folder; none if it is not there.
///
/// # Errors
/// If it cannot be read.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(failed(folder, &error)),
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    paths
        .collect::<io::Result<_>>()
        .map_err(|error| failed(folder, &error))
}

/// What is in a file; nothing if there is none.
///
/// # Errors
/// If it cannot be read.
pub(super) fn text(file: &Path) -> Result<String, Failure> {
    if file.is_dir() {
        return Ok(String::new());
    }
    match fs::read(file) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if is_missing(&error) => Ok(String::new()),
        Err(error) => Err(failed(file, &error)),
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    let shown = visible(path.as_os_str().as_encoded_bytes());
    Failure::new(format_args!("cannot read {shown}: {error}"))
        .hint("systemd may join lists in it with these: make it readable")
}
