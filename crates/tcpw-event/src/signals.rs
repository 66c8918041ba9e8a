//! Signals that must not end a program in the middle of its work.

use nix::sys::signal::{SigHandler, SigSet, Signal, signal};

/// Turns a limit on the size of files (`RLIMIT_FSIZE`), which a daemon hands down to what it
/// starts, into an error of the write that breaks it: unasked, the signal ends the program.
pub fn survive_size_limit() {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGXFSZ);
    // Fails for no signal there is; the limit itself is rare.
    _ = signals.thread_block();
}

/// Calls `then` while SIGHUP is ignored, and so is by what it starts: libwrap does that to commands
/// (F-SPAWN-04), which outlive the daemon's terminal.
#[expect(unsafe_code, reason = "to set what a signal does")]
pub fn without_hang_up<T>(then: impl FnOnce() -> T) -> T {
    // SAFETY: no handler is set, and nobody in this program relies on one.
    let before = unsafe { signal(Signal::SIGHUP, SigHandler::SigIgn) };
    let done = then();
    if let Ok(before) = before {
        // SAFETY: as above; what was there is put back. It fails for no signal there is.
        _ = unsafe { signal(Signal::SIGHUP, before) };
    }
    done
}
