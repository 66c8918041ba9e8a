//! Lines of the system log as libwrap and the daemons around it write them.

use hosts_access::escape::visible;
use std::cell::Cell;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use tcpw_event::syslog::{DEV_LOG, PATIENCE};

/// The level at which libwrap complains: `err`.
const COMPLAINT: u8 = 3;
/// The level of clients that are not let in: `warning`.
const DENIED: u8 = 4;
/// The level of clients that are let in, and of how a command of `aclexec` ended: `info`.
const INFORMATION: u8 = 6;
/// The longest line that is sent: what the usual daemons of the log keep.
const LONGEST: usize = 2048;

/// The log of one daemon, in whose name lines are written.
#[derive(Debug)]
pub(crate) struct Log {
    tag: String,
    process: u32,
    facility: u8,
    /// The priority of lines about clients that are let in, and about those that are not.
    granted: Cell<u8>,
    denied: Cell<u8>,
}

impl Log {
    /// The log of `daemon`, whose process has this number, in a facility (RFC 3164).
    pub(crate) fn new(daemon: &[u8], process: u32, facility: u8) -> Self {
        Self {
            tag: visible(daemon),
            process,
            facility,
            granted: Cell::new(of(facility, INFORMATION)),
            denied: Cell::new(of(facility, DENIED)),
        }
    }

    /// The facility of everything that has no other one.
    pub(crate) fn facility(&self) -> u8 {
        self.facility
    }

    /// The option `severity` was met: both priorities are this one.
    pub(crate) fn set_priority(&self, priority: u8) {
        self.granted.set(priority);
        self.denied.set(priority);
    }

    /// About a client that is let in.
    pub(crate) fn granted(&self, text: &str) {
        self.send(self.granted.get(), text);
    }

    /// About a client that is not.
    pub(crate) fn denied(&self, text: &str) {
        self.send(self.denied.get(), text);
    }

    /// About a policy or a machine that is not in order.
    pub(crate) fn complain(&self, text: &str) {
        self.send(of(self.facility, COMPLAINT), text);
    }

    /// About what is worth knowing.
    pub(crate) fn inform(&self, text: &str) {
        self.send(of(self.facility, INFORMATION), text);
    }

    /// A log that does not listen keeps no client waiting, and lets nobody in.
    fn send(&self, priority: u8, text: &str) {
        let text = visible(text.as_bytes());
        let mut line = format!("<{priority}>{}[{}]: {text}", self.tag, self.process);
        let end = (0..=LONGEST.min(line.len()))
            .rev()
            .find(|&at| line.is_char_boundary(at));
        line.truncate(end.unwrap_or(0));
        drop(send_to(Path::new(DEV_LOG), line.as_bytes()));
    }
}

/// A priority: eight times the facility, and the level.
fn of(facility: u8, level: u8) -> u8 {
    facility * 8 + level
}

fn send_to(socket: &Path, line: &[u8]) -> io::Result<()> {
    let sender = UnixDatagram::unbound()?;
    sender.set_write_timeout(Some(PATIENCE))?;
    sender.send_to(line, socket).map(drop)
}

/// What the system says of an error, without the number that Rust adds: as `%m` in syslog(3).
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_as_the_c_library_says_it() {
        let error = io::Error::from_raw_os_error(2);
        assert_eq!(reason(&error), "No such file or directory");
        assert_eq!(reason(&io::Error::other("too long")), "too long");
    }
}
