//! Starting a program that outlives its starter and holds nothing of it.

use crate::limits::widen_limits;
use nix::sys::signal::{self, SigHandler, SigSet, Signal};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, setsid};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
            match &*widen_limits() {
                [] => Err(command.exec()),
                low => {
                    let low = low.join(", ");
                    let text = format!(
                        "the limits of the daemon that reported are too low for it ({low})"
                    );
                    Err(io::Error::other(text))
                }
            }
        }
    }
}

/// Does some work in a process of its own, and waits for its end: whatever that starts is a child of
/// nobody who goes on here.
///
/// # Errors
/// When the process cannot be made.
#[expect(
    unsafe_code,
    reason = "to fork, and to end the child without cleaning up"
)]
pub fn apart(work: impl FnOnce()) -> io::Result<()> {
    // SAFETY: the caller has one thread, so that no lock can be held by another.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => {
            // How it ended is its own business.
            _ = waitpid(child, None);
            Ok(())
        }
        ForkResult::Child => {
            drop(catch_unwind(AssertUnwindSafe(work)));
            // SAFETY: it ends this process, and nothing of its maker's is done twice.
            unsafe { nix::libc::_exit(0) }
        }
    }
}

/// A process that waits to be told to start a program, with the rights that its maker has now: who
/// gives up rights may have a program started later that needs them, and nothing else.
#[derive(Debug)]
pub struct Relay {
    order: File,
}

impl Relay {
    /// Makes the process. It ends with this one if it is not told anything.
    ///
    /// # Errors
    /// When there is no pipe or no process to be had.
    #[expect(
        unsafe_code,
        reason = "to fork, and to end the child without cleaning up"
    )]
    pub fn prepare(program: &Path, args: &[OsString]) -> io::Result<Self> {
        let mut command = detached(program, args);
        let (mut hears, order) = io::pipe()?;
        // SAFETY: the caller has one thread, so that no lock can be held by another.
        if let ForkResult::Parent { .. } = unsafe { fork() }? {
            let order = File::from(OwnedFd::from(order));
            return Ok(Self { order });
        }
        drop(order);
        if hears.read_exact(&mut [0]).is_ok() {
            leave_session();
            // Whoever is told to run it hears nothing of an error, either.
            drop(command.exec());
        }
        // SAFETY: it ends this process, and nothing of its maker's is done twice.
        unsafe { nix::libc::_exit(0) }
    }

    /// Has the program started.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn start(mut self) -> io::Result<()> {
        self.order.write_all(&[0])
    }
}

/// Leaves nothing in the environment of this process but the variables in `kept`, and puts those of
/// `set` there. To be called while there is one thread.
#[expect(unsafe_code, reason = "to change the environment")]
pub fn set_environment(kept: &[&str], set: &[(&str, &OsStr)]) {
    for (name, _) in env::vars_os() {
        if !kept.iter().any(|kept| name == *kept) {
            // SAFETY: the caller has one thread, so that no other reads the environment.
            unsafe { env::remove_var(name) };
        }
    }
    for (name, value) in set {
        // SAFETY: as above.
        unsafe { env::set_var(name, value) };
    }
}

/// Has every signal do again what it does by default, and blocks none: what a daemon ignores or blocks
/// is handed down to what it starts. Writing to a closed pipe stays an error.
#[expect(unsafe_code, reason = "to set what a signal does")]
pub fn default_signals() {
    for signal in Signal::iterator() {
        if !matches!(signal, Signal::SIGPIPE | Signal::SIGKILL | Signal::SIGSTOP) {
            // SAFETY: no handler is set, and nobody in this program relies on one.
            // It fails for no signal there is.
            _ = unsafe { signal::signal(signal, SigHandler::SigDfl) };
        }
    }
    SigSet::empty().thread_set_mask().unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_apart_is_done_once_and_leaves_no_child() {
        let place = tempfile::tempdir().unwrap();
        let told = place.path().join("told");
        apart(|| {
            std::fs::write(&told, std::process::id().to_string()).unwrap();
        })
        .unwrap();
        let child = std::fs::read_to_string(&told).unwrap();
        assert_ne!(child, std::process::id().to_string());
        assert!(!Path::new("/proc").join(child).exists());
    }
}
