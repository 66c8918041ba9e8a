//! Sleeping until an event file appears or a time is reached.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

/// How long to sleep at a time where the system gives no notice of new files.
const BLIND: Duration = Duration::from_secs(1);

/// Eyes on the drop directories.
#[derive(Debug)]
pub(super) struct Watch {
    inotify: Option<Inotify>,
}

impl Watch {
    /// Sees every file that is put into `directories` from now on.
    pub(super) fn new(directories: &[PathBuf]) -> Self {
        Self {
            inotify: open(directories).ok(),
        }
    }

    /// Returns when a file came, or after `longest`, or after a second where nothing can be seen.
    pub(super) fn wait(&self, longest: Duration) {
        let Some(inotify) = &self.inotify else {
            sleep(longest.min(BLIND));
            return;
        };
        let timeout = PollTimeout::try_from(longest).unwrap_or(PollTimeout::MAX);
        let mut polled = [PollFd::new(inotify.as_fd(), PollFlags::POLLIN)];
        // A signal ends the sleep early: then the directory is looked at once more.
        if poll(&mut polled, timeout).is_ok_and(|ready| ready > 0) {
            drop(inotify.read_events());
        }
    }
}

fn open(directories: &[PathBuf]) -> nix::Result<Inotify> {
    let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
    for directory in directories {
        inotify.add_watch(directory, AddWatchFlags::IN_MOVED_TO)?;
    }
    Ok(inotify)
}
