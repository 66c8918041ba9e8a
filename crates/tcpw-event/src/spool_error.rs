//! Why an event could not be put into a drop directory.

use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why an event could not be put into the drop directory.
#[derive(Debug, Error)]
#[error("cannot {step} {}: {cause}", .path.display())]
pub struct SpoolError {
    /// What was done.
    pub step: &'static str,
    /// The file or directory.
    pub path: PathBuf,
    /// What the system said.
    pub cause: io::Error,
}

/// Makes the error of `step` out of what the system said about `path`.
pub(crate) fn failed(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SpoolError {
    let path = path.to_owned();
    move |cause| SpoolError { step, path, cause }
}
