//! Sleeping until an event file appears or a time is reached.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// How long to sleep at a time where the system gives no notice of new files.
const BLIND: Duration = Duration::from_secs(1);

/// Eyes on the drop directories.
#[derive(Debug)]
pub(crate) struct Watch {
    inotify: Option<Inotify>,
}

impl Watch {
    /// Sees every file that is put into `drops` from now on, and in the journal's directory every
    /// request to make room.
    pub(crate) fn new(drops: &[PathBuf], journal_directory: Option<&Path>) -> Self {
        Self {
            inotify: open(drops, journal_directory).ok(),
        }
    }

    /// Returns when a file came, or after `longest`, or after a second where nothing can be seen.
    pub(crate) fn wait(&self, longest: Duration) {
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

fn open(drops: &[PathBuf], journal_directory: Option<&Path>) -> nix::Result<Inotify> {
    let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
    for directory in drops {
        inotify.add_watch(directory, AddWatchFlags::IN_MOVED_TO)?;
    }
    if let Some(directory) = journal_directory {
        // A removed directory is noticed too: it takes the lock file along.
        let flags = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_DELETE;
        inotify.add_watch(directory, flags)?;
    }
    Ok(inotify)
}
