//! Letting go of the descriptors that a daemon left open in its children.
//!
//! sshd leaves its start-up pipe open in a spawned command; whoever keeps it, even in the
//! background, uses up one of sshd's `MaxStartups` until nobody can log in.

use nix::unistd::close;
use std::fs;
use std::os::fd::RawFd;

/// The first descriptor that is not standard input, output or error.
const FIRST: RawFd = 3;
/// How far to go where `/proc` is not mounted: Linux's usual hard limit is far above what any
/// daemon has open.
const LAST_GUESS: RawFd = 65_535;

/// Closes every descriptor from 3 up. To be called before anything else is opened: it does not
/// ask whose descriptor it is.
pub fn close_inherited() {
    match open_descriptors() {
        Some(open) => open.into_iter().for_each(close_one),
        None => (FIRST..=LAST_GUESS).for_each(close_one),
    }
}

fn close_one(descriptor: RawFd) {
    // The directory that listed them is closed by now; and nothing could be done about an error.
    _ = close(descriptor);
}

fn open_descriptors() -> Option<Vec<RawFd>> {
    let mut open = Vec::new();
    for entry in fs::read_dir("/proc/self/fd").ok()? {
        let number: Option<RawFd> = entry.ok().and_then(|entry| {
            entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
        });
        open.extend(number.filter(|&descriptor| descriptor >= FIRST));
    }
    Some(open)
}
