//! A file that somebody names must be there: a typing error is not an empty table.

use crate::cli::base::Failure;
use crate::escape::visible;
use std::fs;
use std::io;
use std::path::Path;

/// Whether there is a file `path`, of which nothing is asked but that.
///
/// # Errors
/// When it is missing: `what` it is, and the `help`.
pub(crate) fn exists(path: &Path, what: &str, help: &str) -> Result<(), Failure> {
    // A link to nothing is there, and a check of the linter tells what libwrap makes of it.
    match fs::symlink_metadata(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            let path = visible(path.as_os_str().as_encoded_bytes());
            Err(Failure::new(format_args!("there is no {what} {path}")).hint(help))
        }
        _ => Ok(()),
    }
}
