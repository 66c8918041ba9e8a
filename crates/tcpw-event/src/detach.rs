//! Starting a program that outlives its starter and holds nothing of it.

use nix::sys::stat::{Mode, umask};
use nix::unistd::{ForkResult, fork, setsid};
use std::env;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// What of our environment goes along.
const KEPT: [&str; 4] = ["TZ", "CREDENTIALS_DIRECTORY", "HOME", "XDG_STATE_HOME"];

/// Starts `program`, and does not wait for it: working directory `/`, standard streams on
/// `/dev/null`, an environment of nothing but `PATH`, `TZ`, `CREDENTIALS_DIRECTORY` and what says
/// where a user's own state is. It is expected to call [`leave_session`] as its first act.
///
/// # Errors
/// When the process cannot be made or the program cannot be executed.
pub fn start_detached(program: &Path, args: &[OsString]) -> io::Result<()> {
    detached(program, args).spawn().map(drop)
}

/// The same with no more than an alert has for sure: its daemon may be a service of systemd, which
/// has neither a home nor credentials for tcpw.
///
/// # Errors
/// When the process cannot be made or the program cannot be executed.
pub fn start_bare(program: &Path, args: &[OsString]) -> io::Result<()> {
    let mut command = detached(program, args);
    for kept in KEPT {
        command.env_remove(kept);
    }
    command.spawn().map(drop)
}

/// Like [`start_detached`], and waits not even until the program is loaded: somebody waits for this process. When
/// it cannot be executed, the error is that of the child, which goes on in place of the program.
///
/// # Errors
/// When the process cannot be made; in the child, when the program cannot be executed.
#[expect(unsafe_code, reason = "to fork; std waits for the end of exec")]
pub fn start_unwatched(program: &Path, args: &[OsString]) -> io::Result<()> {
    let mut command = detached(program, args);
    // SAFETY: the caller has one thread, so that no lock can be held by another.
    match unsafe { fork() }? {
        ForkResult::Parent { .. } => Ok(()),
        ForkResult::Child => {
            leave_session();
            Err(command.exec())
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that starts a detached program"
)]
fn detached(program: &Path, args: &[OsString]) -> Command {
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for kept in KEPT {
        if let Some(value) = env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command
}

/// Becomes `program`, with `args`, in place of this one. Returns only why that cannot be.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that becomes another program"
)]
pub fn replace_by(program: &Path, args: &[OsString]) -> io::Error {
    Command::new(program).args(args).exec()
}

/// Makes this process the leader of a session of its own, so that no terminal and no daemon's
/// process group takes it along, and lets it create files for its own user only.
pub fn leave_session() {
    // Fails only where this process leads a group already: then it was started by hand.
    _ = setsid();
    umask(Mode::S_IRWXG | Mode::S_IRWXO);
}
