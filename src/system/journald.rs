//! Structured entries in the system's log: for systemd's journal in its native form, else for the
//! classic log as one line of `key="value"` pairs.

use crate::escape::visible_short;
use std::cell::Cell;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tcpw_event::syslog::{AUTH, DEV_LOG, PATIENCE, Severity, syslog_line};

/// Where systemd's journal listens.
pub const JOURNAL_SOCKET: &str = "/run/systemd/journal/socket";
/// What all entries about refused connections have in common, for `journalctl MESSAGE_ID=...`.
pub const EVENT_MESSAGE_ID: &str = "0dc4a9293de04da2bfd51f6c384445d6";
/// A log that took nothing is left alone for so long: mail must not wait for it.
const REST: Duration = Duration::from_secs(10);
/// How much of a value is kept.
const LONGEST_VALUE: usize = 4096;
/// No datagram for the journal is longer.
const LONGEST_ENTRY: usize = 64 * 1024;
/// No line for the classic log is longer.
const LONGEST_LINE: usize = 8 * 1024;

/// Where the logs of this machine listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSockets {
    /// systemd's journal.
    pub journal: PathBuf,
    /// The classic log.
    pub classic: PathBuf,
}

impl Default for LogSockets {
    fn default() -> Self {
        Self {
            journal: JOURNAL_SOCKET.into(),
            classic: DEV_LOG.into(),
        }
    }
}

/// The logs of this machine for a process that writes many entries: one that takes nothing costs a
/// moment once and is then left alone for a while.
#[derive(Debug)]
pub struct SystemLog {
    journal: Listener,
    classic: Listener,
    /// How many entries nobody took since the last one that somebody took.
    skipped: Cell<u64>,
}

impl SystemLog {
    /// Writes to the logs that listen at `sockets`.
    pub fn new(sockets: LogSockets) -> Self {
        Self {
            journal: Listener::new(sockets.journal),
            classic: Listener::new(sockets.classic),
            skipped: Cell::new(0),
        }
    }

    /// Writes one entry about an event: `message` for people, `fields` for collectors. The names of
    /// fields are in capitals (`TCPW_ADDR`); values may be any bytes. The journal gets it if it
    /// listens, else the classic log, in which the values are escaped and shortened.
    ///
    /// # Errors
    /// When nobody listens, or the log does not read.
    pub fn event(
        &self,
        fields: &[(&str, &[u8])],
        message: &str,
        severity: Severity,
    ) -> io::Result<()> {
        let is_taken = self.journal.path.exists()
            && self.journal.take(&entry(fields, message, severity)).is_ok();
        if is_taken {
            return Ok(());
        }
        // A journal that is stopped or takes nothing so long leaves the classic socket.
        self.say(severity, &line(fields, message))
    }

    /// Writes one line to the classic log. `text` must be free of control characters
    /// (`hosts_access::escape::visible` makes it so).
    ///
    /// # Errors
    /// When nobody listens, or the log does not read.
    pub fn say(&self, severity: Severity, text: &str) -> io::Result<()> {
        let skipped = self.skipped.get();
        if skipped > 0 && self.classic.is_awake() {
            let text = format!("{skipped} entries are missing here: the system log took nothing");
            if let Err(cause) = self
                .classic
                .take(syslog_line(Severity::Warning, &text).as_bytes())
            {
                self.skipped.set(skipped.saturating_add(1));
                return Err(cause);
            }
            self.skipped.set(0);
        }
        let taken = self.classic.take(syslog_line(severity, text).as_bytes());
        if taken.is_err() {
            self.skipped.set(self.skipped.get().saturating_add(1));
        }
        taken
    }
}

/// The socket of a log.
#[derive(Debug)]
struct Listener {
    path: PathBuf,
    /// It took nothing, and is left alone until then.
    asleep_until: Cell<Option<Instant>>,
}

impl Listener {
    fn new(path: PathBuf) -> Self {
        Self {
            path,
            asleep_until: Cell::new(None),
        }
    }

    fn is_awake(&self) -> bool {
        self.asleep_until
            .get()
            .is_none_or(|until| Instant::now() >= until)
    }

    fn take(&self, entry: &[u8]) -> io::Result<()> {
        if !self.is_awake() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let sender = UnixDatagram::unbound()?;
        sender.set_write_timeout(Some(PATIENCE))?;
        let taken = sender.send_to(entry, &self.path).map(drop);
        let is_asleep = taken.as_ref().is_err_and(|cause| {
            matches!(
                cause.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            )
        });
        let until = is_asleep.then(|| Instant::now() + REST);
        self.asleep_until.set(until);
        taken
    }
}

/// The native form (systemd.journal-fields(7), "Native Journal Protocol").
fn entry(fields: &[(&str, &[u8])], message: &str, severity: Severity) -> Vec<u8> {
    let mut entry = Vec::new();
    let (priority, facility) = (severity.code().to_string(), AUTH.to_string());
    let message = visible_short(message.as_bytes(), LONGEST_VALUE);
    let own: [(&str, &[u8]); 5] = [
        ("MESSAGE", message.as_bytes()),
        ("MESSAGE_ID", EVENT_MESSAGE_ID.as_bytes()),
        ("PRIORITY", priority.as_bytes()),
        ("SYSLOG_FACILITY", facility.as_bytes()),
        ("SYSLOG_IDENTIFIER", b"tcpw"),
    ];
    for (name, value) in own.iter().chain(fields) {
        let value = value.get(..LONGEST_VALUE).unwrap_or(value);
        if is_name(name) && entry.len() + name.len() + value.len() + 16 <= LONGEST_ENTRY {
            push_field(&mut entry, name, value);
        }
    }
    entry
}

/// `NAME=value`, or where the value has a line end its length before it.
fn push_field(entry: &mut Vec<u8>, name: &str, value: &[u8]) {
    entry.extend_from_slice(name.as_bytes());
    if value.contains(&b'\n') {
        let length = u64::try_from(value.len()).unwrap_or(u64::MAX);
        entry.push(b'\n');
        entry.extend_from_slice(&length.to_le_bytes());
    } else {
        entry.push(b'=');
    }
    entry.extend_from_slice(value);
    entry.push(b'\n');
}

/// What the journal takes as the name of a field from a stranger.
fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// The message and the fields on one line: each value between quotes, in which quotes and
/// backslashes have a backslash in front. A field that has no room is left out as a whole.
fn line(fields: &[(&str, &[u8])], message: &str) -> String {
    let mut line = visible_short(message.as_bytes(), 1024);
    for (name, value) in fields.iter().filter(|(name, _)| is_name(name)) {
        let value = visible_short(value, 1024)
            .replace('\\', "\\\\")
            .replace('"', "\\\"");
        let pair = format!(" {}=\"{value}\"", name.to_ascii_lowercase());
        if line.len() + pair.len() <= LONGEST_LINE {
            line.push_str(&pair);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const HOSTILE: &[u8] = b"x\nMESSAGE=forged\nPRIORITY=0\n\x1b[2J\xff\" evil=\"1\\";

    /// What journald makes of a datagram.
    fn parse(mut entry: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut fields = BTreeMap::new();
        while !entry.is_empty() {
            let at = entry.iter().position(|&b| b == b'=' || b == b'\n').unwrap();
            let name = String::from_utf8(entry[..at].to_vec()).unwrap();
            let (value, rest) = if entry[at] == b'=' {
                let end = entry.iter().position(|&b| b == b'\n').unwrap();
                (&entry[at + 1..end], &entry[end + 1..])
            } else {
                let length = u64::from_le_bytes(entry[at + 1..at + 9].try_into().unwrap());
                let end = at + 9 + usize::try_from(length).unwrap();
                assert_eq!(entry[end], b'\n');
                (&entry[at + 9..end], &entry[end + 1..])
            };
            assert!(fields.insert(name, value.to_vec()).is_none());
            entry = rest;
        }
        fields
    }

    fn receive(socket: &UnixDatagram) -> Vec<u8> {
        let mut buffer = vec![0; 200_000];
        let length = socket.recv(&mut buffer).unwrap();
        buffer.truncate(length);
        buffer
    }

    struct Stage {
        directory: tempfile::TempDir,
        sockets: LogSockets,
    }

    impl Stage {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let sockets = LogSockets {
                journal: directory.path().join("journal"),
                classic: directory.path().join("log"),
            };
            Self { directory, sockets }
        }

        fn bind(&self, name: &str) -> UnixDatagram {
            let socket = UnixDatagram::bind(self.directory.path().join(name)).unwrap();
            socket.set_read_timeout(Some(PATIENCE * 10)).unwrap();
            socket
        }

        fn log(&self, fields: &[(&str, &[u8])], message: &str) -> io::Result<()> {
            SystemLog::new(self.sockets.clone()).event(fields, message, Severity::Notice)
        }
    }

    #[test]
    fn the_journal_gets_every_byte_and_no_field_that_was_not_meant() {
        let stage = Stage::new();
        let journal = stage.bind("journal");
        let classic = stage.bind("log");
        let fields: [(&str, &[u8]); 4] = [
            ("TCPW_HOST", HOSTILE),
            ("TCPW_ADDR", b"192.0.2.7"),
            ("_FORGED", b"1"),
            ("bad name=", b"1"),
        ];
        stage.log(&fields, "sshd refused\nx").unwrap();
        let got = parse(&receive(&journal));
        assert_eq!(got["TCPW_HOST"], HOSTILE);
        assert_eq!(got["TCPW_ADDR"], b"192.0.2.7");
        assert_eq!(got["MESSAGE"], b"sshd refused\\nx");
        assert_eq!(got["MESSAGE_ID"], EVENT_MESSAGE_ID.as_bytes());
        assert_eq!(got["PRIORITY"], b"5");
        assert_eq!(got["SYSLOG_FACILITY"], b"4");
        assert_eq!(got["SYSLOG_IDENTIFIER"], b"tcpw");
        assert_eq!(got.len(), 7);
        classic.set_nonblocking(true).unwrap();
        assert!(classic.recv(&mut [0; 9]).is_err(), "told twice");
    }

    #[test]
    fn the_classic_log_gets_one_line_that_can_be_taken_apart() {
        let stage = Stage::new();
        let classic = stage.bind("log");
        let fields: [(&str, &[u8]); 2] = [("TCPW_HOST", HOSTILE), ("TCPW_PID", b"7")];
        stage.log(&fields, "sshd refused").unwrap();
        let line = String::from_utf8(receive(&classic)).unwrap();
        assert!(line.starts_with("<37>tcpw["), "{line}");
        assert!(!line.chars().any(char::is_control), "{line}");
        let wanted = "sshd refused tcpw_host=\"x\\\\nMESSAGE=forged\\\\nPRIORITY=0\\\\n\\\\x1b[2J\\\\xff\\\" evil=\\\"1\\\\\" tcpw_pid=\"7\"";
        assert!(line.ends_with(wanted), "{line}");
    }

    #[test]
    fn what_is_endless_is_bounded_and_a_dead_journal_is_passed_by() {
        let stage = Stage::new();
        // A socket file without a listener is what a stopped journal leaves behind.
        drop(stage.bind("journal"));
        let classic = stage.bind("log");
        let long = vec![b'a'; 100_000];
        let names: Vec<String> = (0..50).map(|n| format!("TCPW_F{n}")).collect();
        let fields: Vec<(&str, &[u8])> = names
            .iter()
            .map(|name| (name.as_str(), long.as_slice()))
            .collect();
        stage.log(&fields, &"m".repeat(100_000)).unwrap();
        let line = receive(&classic);
        assert!((7000..8300).contains(&line.len()), "{}", line.len());
        assert_eq!(line.last(), Some(&b'"'));
        assert!(entry(&fields, "m", Severity::Notice).len() <= LONGEST_ENTRY);
    }

    #[test]
    fn a_log_that_takes_nothing_costs_a_moment_once_and_says_later_what_is_missing() {
        let stage = Stage::new();
        let (journal, classic) = (stage.bind("journal"), stage.bind("log"));
        let log = SystemLog::new(stage.sockets);
        let begin = Instant::now();
        let mut refused = 0;
        for _ in 0..2000 {
            refused += u64::from(log.event(&[], "x", Severity::Notice).is_err());
        }
        let time = begin.elapsed();
        assert!(time < PATIENCE * 8, "{time:?}");
        assert!(refused > 1000, "both sockets took everything: {refused}");
        for socket in [&journal, &classic] {
            socket.set_nonblocking(true).unwrap();
            while socket.recv(&mut [0; 9]).is_ok() {}
            socket.set_nonblocking(false).unwrap();
        }
        // It is left alone for now.
        assert!(log.say(Severity::Notice, "early").is_err());
        log.classic.asleep_until.set(Some(Instant::now()));
        log.say(Severity::Notice, "late").unwrap();
        let told = String::from_utf8(receive(&classic)).unwrap();
        let missing = format!("{} entries are missing here", refused + 1);
        assert!(told.contains(&missing), "{told}");
        assert!(
            String::from_utf8(receive(&classic))
                .unwrap()
                .ends_with("late")
        );
        log.say(Severity::Notice, "again").unwrap();
        assert!(
            String::from_utf8(receive(&classic))
                .unwrap()
                .ends_with("again")
        );
    }

    #[test]
    fn nobody_listens() {
        assert!(Stage::new().log(&[], "x").is_err());
    }
}
