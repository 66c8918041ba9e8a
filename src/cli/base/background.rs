//! Starting a command of this program that works unseen.

use super::paths::Paths;
use crate::system::{Relay, start_bare, start_detached};
use std::io;
use std::path::Path;
use tcpw_notify::BY_ALERT;
pub(crate) use tcpw_notify::program;

/// Starts `tcpw deliver --background` on the same files as this run.
pub(crate) fn start(paths: &Paths, drop: Option<&Path>) -> io::Result<()> {
    start_command(&["deliver", "--background"], paths, drop)
}

/// A process that starts `tcpw deliver --background` on the same files when it is told to, with the
/// rights of this process as it is now.
pub(crate) fn relay(paths: &Paths, drop: Option<&Path>) -> io::Result<Relay> {
    let args = paths.run().arguments(&["deliver", "--background"], drop)?;
    Relay::prepare(&program()?, &args)
}

/// Starts `tcpw deliver --background` as an alert does, with no more than a daemon may have.
pub(crate) fn start_as_alert(paths: &Paths) -> io::Result<()> {
    let args = paths.run().arguments(&BY_ALERT, None)?;
    start_bare(&program()?, &args)
}

/// Starts a command on the same files as this run. Its working directory is another, so all paths
/// are made absolute.
pub(crate) fn start_command(words: &[&str], paths: &Paths, drop: Option<&Path>) -> io::Result<()> {
    start_detached(&program()?, &paths.run().arguments(words, drop)?)
}
