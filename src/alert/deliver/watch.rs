//! Sleeping until an event file appears or a time is reached.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use std::cell::RefCell;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// How long to sleep at a time where the system gives no notice of new files.
const BLIND: Duration = Duration::from_secs(1);

/// `IN_MASK_ADD` of inotify(7): what a directory is watched for already stays.
const ADD: AddWatchFlags = AddWatchFlags::from_bits_retain(0x2000_0000);
/// How often what the system has noted is read before it counts as read.
const MOST_READINGS: usize = 1000;

/// Eyes on the drop directories.
#[derive(Debug)]
pub(crate) struct Watch {
    inotify: Option<Inotify>,
    /// Directories that could not be watched: they may be made, or opened to this user, later.
    unseen: RefCell<Vec<PathBuf>>,
}

impl Watch {
    /// Sees every file that is put into `drops` from now on, and in the journal's directory every
    /// request to make room.
    pub(crate) fn new(drops: &[PathBuf], journal_directory: Option<&Path>) -> Self {
        let watch = Self {
            inotify: open(journal_directory).ok(),
            unseen: RefCell::new(drops.to_vec()),
        };
        watch.look_for_unseen();
        watch
    }

    /// Returns when a file came, or after `longest`, or after a second where something cannot be
    /// seen.
    pub(crate) fn wait(&self, longest: Duration) {
        let unseen = self.unseen.borrow().len();
        let is_blind = self.look_for_unseen();
        let Some(inotify) = &self.inotify else {
            sleep(longest.min(BLIND));
            return;
        };
        if self.unseen.borrow().len() < unseen {
            // A file may have come before it was seen.
            return;
        }
        let longest = if is_blind {
            longest.min(BLIND)
        } else {
            longest
        };
        let timeout = PollTimeout::try_from(longest).unwrap_or(PollTimeout::MAX);
        let mut polled = [PollFd::new(inotify.as_fd(), PollFlags::POLLIN)];
        // A signal ends the sleep early: then the directory is looked at once more.
        if poll(&mut polled, timeout).is_ok_and(|ready| ready > 0) {
            let is_more = || inotify.read_events().is_ok();
            // Of many files at once each would end one sleep.
            (0..MOST_READINGS).take_while(|_| is_more()).for_each(drop);
        }
    }

    /// Looks once more for what could not be watched, and watches what is above it meanwhile; says
    /// whether that cannot be watched either.
    fn look_for_unseen(&self) -> bool {
        let Some(inotify) = &self.inotify else {
            return true;
        };
        let add = |path: &Path, flags| {
            let added = inotify.add_watch(path, flags | ADD);
            added.is_ok()
        };
        let mut is_blind = false;
        self.unseen.borrow_mut().retain(|directory| {
            if add(directory, AddWatchFlags::IN_MOVED_TO) {
                return false;
            }
            let flags =
                AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO | AddWatchFlags::IN_ATTRIB;
            is_blind |= !directory.parent().is_some_and(|above| add(above, flags));
            true
        });
        is_blind
    }
}

fn open(journal_directory: Option<&Path>) -> nix::Result<Inotify> {
    let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
    if let Some(directory) = journal_directory {
        // A removed directory is noticed too: it takes the lock file along.
        let flags = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_DELETE;
        inotify.add_watch(directory, flags)?;
    }
    Ok(inotify)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::Instant;

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn a_directory_that_is_made_later_is_watched_too() {
        let [place, elsewhere] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let ways = ["root", "drop"].map(|name| place.path().join(name));
        fs::create_dir(&ways[1]).unwrap();
        let watch = Watch::new(&ways, None);
        let begin = Instant::now();
        fs::create_dir(&ways[0]).unwrap();
        watch.wait(LONG);
        watch.wait(LONG);
        assert!(watch.unseen.borrow().is_empty());
        for way in &ways {
            fs::write(elsewhere.path().join("x"), "").unwrap();
            fs::rename(elsewhere.path().join("x"), way.join("x")).unwrap();
            watch.wait(LONG);
        }
        assert!(begin.elapsed() < LONG, "each was seen");
        let begin = Instant::now();
        watch.wait(Duration::from_millis(50));
        assert!(begin.elapsed() >= Duration::from_millis(50), "all was read");
    }
}
