//! Starting a program that outlives its starter and holds nothing of it.

use nix::sys::stat::{Mode, umask};
use nix::unistd::setsid;
use std::env;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Starts `program`, and does not wait for it: working directory `/`, standard streams on
/// `/dev/null`, an environment of nothing but `PATH`, `TZ`, `CREDENTIALS_DIRECTORY` and what says
/// where a user's own state is. It is expected to call [`leave_session`] as its first act.
///
/// # Errors
/// When the process cannot be made or the program cannot be executed.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that starts a detached program"
)]
pub fn start_detached(program: &Path, args: &[OsString]) -> io::Result<()> {
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for kept in ["TZ", "CREDENTIALS_DIRECTORY", "HOME", "XDG_STATE_HOME"] {
        if let Some(value) = env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command.spawn().map(drop)
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
