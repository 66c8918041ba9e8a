//! Whether this process lives in a sandbox in which programs do not get the user or the group of
//! their setuid and setgid bits.

use nix::sys::prctl::set_no_new_privs;
use std::fs;
use std::io;
use std::path::Path;

/// Whether this process has `no_new_privs` (`prctl(2)`) and the machine as a whole has not: a unit
/// with `NoNewPrivileges`, or a daemon of such a unit, has started it. In a container that has it
/// as a whole, what is installed is meant to work so.
pub fn is_confined() -> bool {
    has_no_new_privileges("/proc/self/status") && !has_no_new_privileges("/proc/1/status")
}

/// A status that cannot be read says nothing.
fn has_no_new_privileges(status: impl AsRef<Path>) -> bool {
    let status = fs::read_to_string(status).unwrap_or_default();
    status
        .lines()
        .filter_map(|line| line.strip_prefix("NoNewPrivs:"))
        .any(|value| value.trim() == "1")
}

/// From now on no program that this process starts gets rights by its setuid and setgid bits
/// (prctl(2), `PR_SET_NO_NEW_PRIVS`).
///
/// # Errors
/// When the system does not know it.
pub fn keep_privileges_as_they_are() -> io::Result<()> {
    Ok(set_no_new_privs()?)
}
