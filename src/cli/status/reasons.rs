//! Why something could not be looked at, in one clause.

use crate::cli::base::Failure;
use crate::escape::visible;
use std::fmt::Display;
use std::path::Path;

/// How a reason begins.
const CANNOT: &str = "cannot ";

/// Why `what` could not be looked at.
pub(super) fn reason(what: &str, failure: &Failure) -> String {
    match failure {
        Failure::Told { what: text, .. } if text.starts_with(CANNOT) => text.clone(),
        Failure::Told { what: text, .. } => format!("cannot read {what}: {text}"),
        Failure::ClosedPipe => format!("cannot read {what}: nobody reads the output"),
    }
}

/// Why a file could not be looked at.
pub(super) fn reason_of_file(path: &Path, cause: &dyn Display) -> String {
    let path = visible(path.as_os_str().as_encoded_bytes());
    reason_of(&path, cause)
}

/// Why the system did not let `what` be looked at.
pub(super) fn reason_of(what: &str, cause: &dyn Display) -> String {
    format!("cannot read {what}: {cause}")
}
