//! The system log, spoken to directly (RFC 3164 over the local datagram socket): syslog(3) would
//! keep a descriptor and the program's name for the whole process.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process;
use std::time::Duration;

/// Where the system log listens.
pub const DEV_LOG: &str = "/dev/log";
/// Facility `auth`, where refusals are logged by libwrap's own users (sshd).
pub const AUTH: u8 = 4;
/// A log that does not read must not hold a client.
pub const PATIENCE: Duration = Duration::from_millis(200);

/// How bad it is (RFC 3164, table 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Something must be repaired.
    Error,
    /// Something is odd.
    Warning,
    /// Something happened that is worth knowing.
    Notice,
}

impl Severity {
    /// Its number (RFC 5424, section 6.2.1).
    pub fn code(self) -> u8 {
        match self {
            Self::Error => 3,
            Self::Warning => 4,
            Self::Notice => 5,
        }
    }
}

/// Sends one line to the log that listens at `socket`. `text` must be free of control
/// characters (`hosts_access::escape::visible` makes it so).
///
/// # Errors
/// When nobody listens, the message is too long for the socket, or the log does not read.
pub fn syslog(socket: &Path, severity: Severity, text: &str) -> io::Result<()> {
    let sender = UnixDatagram::unbound()?;
    sender.set_write_timeout(Some(PATIENCE))?;
    let line = syslog_line(severity, text);
    sender.send_to(line.as_bytes(), socket).map(drop)
}

/// The line as the log's socket wants it.
pub fn syslog_line(severity: Severity, text: &str) -> String {
    let priority = AUTH * 8 + severity.code();
    format!("<{priority}>tcpw[{}]: {text}", process::id())
}
