//! Signals that must not end a program in the middle of its work.

use nix::sys::signal::{SigSet, Signal};

/// Turns a limit on the size of files (`RLIMIT_FSIZE`), which a daemon hands down to what it
/// starts, into an error of the write that breaks it: unasked, the signal ends the program.
pub fn survive_size_limit() {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGXFSZ);
    // Fails for no signal there is; the limit itself is rare.
    _ = signals.thread_block();
}
