//! That long work goes on, said on standard error if that is a terminal.

use crate::escape::visible_lines;
use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// After how long something is said, and how often then.
const FIRST: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_secs(10);

/// Work that may take long. Its end is when this is dropped.
#[derive(Debug)]
pub(crate) struct Progress(Option<(Sender<()>, JoinHandle<()>)>);

impl Progress {
    /// Says what is done, if it takes longer than a second and somebody looks.
    pub(crate) fn of(what: impl Into<String>) -> Self {
        let what = what.into();
        let start = || {
            let (sender, receiver) = channel();
            let run = move || tell(&what, &receiver, (FIRST, AGAIN), &mut io::stderr());
            let thread = Builder::new().spawn(run).ok()?;
            Some((sender, thread))
        };
        Self(io::stderr().is_terminal().then(start).flatten())
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.0.take() {
            drop(sender);
            // It ends at once, and what it could fail in is no part of the work.
            drop(thread.join());
        }
    }
}

/// Says it again and again, until the other end is dropped.
fn tell(
    what: &str,
    end: &Receiver<()>,
    (first, again): (Duration, Duration),
    to: &mut dyn io::Write,
) {
    let begin = Instant::now();
    let mut pause = first;
    while end.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        pause = again;
        let seconds = begin.elapsed().as_secs();
        let text = format!("tcpw: {what} (for {seconds} s)");
        if writeln!(to, "{}", visible_lines(&text)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_after_a_while_and_no_longer_than_the_work_lasts() {
        let short = Duration::from_millis(5);
        let (sender, receiver) = channel::<()>();
        let thread = std::thread::spawn(move || {
            let mut told = Vec::new();
            tell("checking", &receiver, (short, short), &mut told);
            String::from_utf8(told).unwrap()
        });
        std::thread::sleep(Duration::from_millis(300));
        drop(sender);
        let told = thread.join().unwrap();
        assert!(told.lines().count() > 1, "{told}");
        assert!(
            told.lines().all(|line| line == "tcpw: checking (for 0 s)"),
            "{told}"
        );
        let (sender, receiver) = channel::<()>();
        drop(sender);
        let mut nothing = Vec::new();
        tell("checking", &receiver, (short, short), &mut nothing);
        assert!(nothing.is_empty());
    }
}
