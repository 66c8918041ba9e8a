//! A process that stands by for another one: it stands before its starter goes on, notices when that
//! one ends, and hears the signals that end a login instead of ending by them.

use super::cgroup::leave_cgroup;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;
use tcpw_event::detach::leave_session;

/// What of the environment goes along: the time zone, and where a user's own state is.
const KEPT: [&str; 3] = ["TZ", "HOME", "XDG_STATE_HOME"];
/// What a process says when it stands by.
const STANDS: u8 = b'\n';
/// By which a login, or all of the machine, is ended.
const ENDS: [Signal; 4] = [
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
];

/// The starter's end: as long as it is held, the process that stands by knows that its starter is
/// there.
#[derive(Debug)]
pub struct StandbyHandle {
    _stream: UnixStream,
}

/// Starts `program`, which is to call [`Standby::begin`], and waits until it stands by.
///
/// # Errors
/// When it cannot be started, or does not stand by within `limit`.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that starts a process that stands by"
)]
pub fn start_standby(
    program: &Path,
    args: &[OsString],
    limit: Duration,
) -> io::Result<StandbyHandle> {
    let (mut ours, theirs) = UnixStream::pair()?;
    ours.set_read_timeout(Some(limit))?;
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .current_dir("/")
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for kept in KEPT {
        if let Some(value) = env::var_os(kept) {
            command.env(kept, value);
        }
    }
    let mut child = command.spawn()?;
    // It holds the other end, so that its death is noticed.
    drop(command);
    let mut answer = [0];
    match ours.read_exact(&mut answer) {
        Ok(()) => Ok(StandbyHandle { _stream: ours }),
        Err(error) => {
            // It is not wanted any more, whatever keeps it; one that is gone needs no end.
            drop(child.kill());
            drop(child.wait());
            Err(error)
        }
    }
}

/// Why a process that stands by goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// The time is over.
    Time,
    /// A signal was sent that ends a login or the machine.
    Signal,
    /// The starter has ended.
    StarterGone,
}

/// This process, standing by.
#[derive(Debug)]
pub struct Standby {
    signals: SignalFd,
    starter: Option<UnixStream>,
}

impl Standby {
    /// From here on no signal that can be caught ends this process, and it is not part of the
    /// starter's session any more, nor, as far as it may leave, of its control group. The starter is
    /// told so, if standard input leads to one. To be called before there are other threads.
    ///
    /// # Errors
    /// When signals cannot be caught, or the starter has ended.
    pub fn begin() -> io::Result<Self> {
        let mut ends = SigSet::empty();
        for signal in ENDS {
            ends.add(signal);
        }
        ends.thread_block()?;
        let signals = SignalFd::with_flags(&ends, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        leave_session();
        leave_cgroup(Path::new("/proc"));
        let input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        let is_starter = input.metadata()?.file_type().is_socket();
        let mut starter = is_starter.then(|| UnixStream::from(OwnedFd::from(input)));
        if let Some(stream) = &mut starter {
            stream.write_all(&[STANDS])?;
        }
        Ok(Self { signals, starter })
    }

    /// Whether the starter is there.
    pub fn has_starter(&self) -> bool {
        self.starter.is_some()
    }

    /// Waits, at most for `time`.
    pub fn wait(&mut self, time: Duration) -> Wake {
        let timeout = PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX);
        let mut watched = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        let starter = self.starter.iter();
        watched.extend(starter.map(|stream| PollFd::new(stream.as_fd(), PollFlags::POLLIN)));
        match poll(&mut watched, timeout) {
            Ok(0) | Err(Errno::EINTR) => return Wake::Time,
            Ok(_) => {}
            Err(_) => {
                sleep(time);
                return Wake::Time;
            }
        }
        let mut is_caught = false;
        while let Ok(Some(_)) = self.signals.read_signal() {
            is_caught = true;
        }
        if is_caught {
            return Wake::Signal;
        }
        // It says nothing: what there is to be heard is its end.
        self.starter = None;
        Wake::StarterGone
    }
}
