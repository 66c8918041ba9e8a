//! Noticing that nobody reads standard output any more, while there is nothing to write.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io;
use std::os::fd::AsFd as _;
use std::thread::sleep;
use std::time::Duration;

/// Waits for `time`, or until the reader of standard output goes away: true then.
pub fn wait_for_hang_up(time: Duration) -> bool {
    let stdout = io::stdout();
    // Nothing is asked for: that the other end is gone is noticed in any case.
    let mut watched = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
    let timeout = PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX);
    if let Ok(0) = poll(&mut watched, timeout) {
        return false;
    }
    let gone = PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL;
    let is_gone = watched
        .iter()
        .any(|fd| fd.revents().is_some_and(|events| events.intersects(gone)));
    if !is_gone {
        sleep(time);
    }
    is_gone
}
