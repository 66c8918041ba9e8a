//! Running programs to their end: a command line the way libwrap runs that of `spawn` and `aclexec`,
//! and the operator's own editor.

use super::accounts::is_root;
use super::installed::{SAFE_PATH, find_program};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, ExitStatus, Stdio};

/// Runs `/bin/sh -c command` to its end, with standard input, output and error on `/dev/null`
/// (F-SPAWN-04).
///
/// # Errors
/// When the shell cannot be started; what the command itself does is in the exit status.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that runs a command of a table"
)]
pub fn run_shell(command: &[u8]) -> io::Result<ExitStatus> {
    Command::new("/bin/sh")
        .arg("-c")
        .arg(OsStr::from_bytes(command))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
}

/// Runs a program in the foreground, on this terminal, and waits for its end.
///
/// # Errors
/// When it cannot be started.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that runs a program for its user"
)]
pub fn run_in_foreground(program: &OsStr, args: &[OsString]) -> io::Result<ExitStatus> {
    Command::new(program).args(args).status()
}

/// Runs a program of the system in the foreground, on this terminal, and waits for its end. Root
/// runs none that another `PATH` names.
///
/// # Errors
/// When there is none, or it cannot be started.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that runs a program of the system for its user"
)]
pub fn run_system_program(program: &str, args: &[OsString]) -> io::Result<ExitStatus> {
    let mut command = Command::new(find_program(program)?);
    if is_root() {
        command.env("PATH", SAFE_PATH);
    }
    command.args(args).status()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f_acl_04_the_exit_status_is_the_commands() {
        assert!(run_shell(b"true").unwrap().success());
        assert_eq!(run_shell(b"exit 3").unwrap().code(), Some(3));
        assert!(!run_shell(b"no-such-command-here").unwrap().success());
    }
}
