//! Structured entries in the system's log: for systemd's journal in its native form, else for the
//! classic log as one line of `key="value"` pairs.

use crate::escape::visible_short;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use tcpw_event::syslog::{AUTH, DEV_LOG, PATIENCE, Severity, syslog};

/// Where systemd's journal listens.
pub const JOURNAL_SOCKET: &str = "/run/systemd/journal/socket";
/// What all entries about refused connections have in common, for `journalctl MESSAGE_ID=...`.
pub const EVENT_MESSAGE_ID: &str = "0dc4a9293de04da2bfd51f6c384445d6";
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

/// Writes one entry about an event: `message` for people, `fields` for collectors. The names of
/// fields are in capitals (`TCPW_ADDR`); values may be any bytes. The journal gets it if it
/// listens, else the classic log, in which the values are escaped and shortened.
///
/// # Errors
/// When nobody listens, or the log does not read.
pub fn log_event(
    sockets: &LogSockets,
    fields: &[(&str, &[u8])],
    message: &str,
    severity: Severity,
) -> io::Result<()> {
    if sockets.journal.exists() {
        let entry = entry(fields, message, severity);
        let sender = UnixDatagram::unbound()?;
        sender.set_write_timeout(Some(PATIENCE))?;
        if sender.send_to(&entry, &sockets.journal).is_ok() {
            return Ok(());
        }
        // A journal that is stopped or takes nothing so long leaves the classic socket.
    }
    syslog(&sockets.classic, severity, &line(fields, message))
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
            log_event(&self.sockets, fields, message, Severity::Notice)
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
    fn nobody_listens() {
        assert!(Stage::new().log(&[], "x").is_err());
    }
}
