//! Printing: what is shown has no control characters of strangers in it.

use super::failure::Failure;
use hosts_access::escape::visible_lines;
use std::io::{self, Write as _};

/// Prints a line of output.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn say(line: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", visible_lines(line))?;
    Ok(out.flush()?)
}

/// Says why a command failed.
pub(crate) fn complain(text: &str) {
    drop(writeln!(
        io::stderr(),
        "tcpw-fleet: {}",
        visible_lines(text)
    ));
}
