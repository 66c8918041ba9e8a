//! What is done before a signal ends this process.

use nix::sys::signal::{SigSet, Signal, raise};
use std::io;
use std::thread;

/// The signals by which a terminal or an operator ends a command (signal(7)).
const ENDS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// From here on `last` is done when a signal comes that ends this process, which it then does. To be
/// called before there are other threads; programs that are started get the usual signals.
///
/// # Errors
/// When signals cannot be blocked, or no thread can be started.
pub fn at_end(last: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut ends = SigSet::empty();
    for end in ENDS {
        ends.add(end);
    }
    ends.thread_block()?;
    thread::Builder::new().spawn(move || {
        let Ok(came) = ends.wait() else {
            return;
        };
        last();
        // As without this thread: whoever waits for the process sees the signal.
        ends.thread_unblock().unwrap_or_default();
        raise(came).unwrap_or_default();
    })?;
    Ok(())
}
