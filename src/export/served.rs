//! A daemon whose policy is exported, and where others find it.

use std::fmt;
use std::str::FromStr;

/// The longest name of a daemon, in bytes.
const LONGEST: usize = 64;
/// Names of units are shorter.
const LONGEST_UNIT: usize = 256;

/// How clients reach a daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// Its name, as nft and `/etc/services` have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// What programs other than libwrap know a daemon by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ServedAt {
    /// The port on which it listens, for a firewall.
    Port(Protocol, u16),
    /// Its unit, for systemd: a service or a socket.
    Unit(String),
}

/// A daemon by the name that it gives to libwrap, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedDaemon {
    /// The name of the process, as rules have it.
    pub name: String,
    /// Where it is, if that was said.
    pub at: Option<ServedAt>,
}

/// Why a daemon and its place cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ServedError {
    /// The name.
    #[error(
        "the name of a daemon has up to 64 of the characters a-z, A-Z, 0-9, `.`, `_`, `+` and `-`"
    )]
    Name,
    /// The port.
    #[error("a port is a number from 1 to 65535, with /udp after it for UDP")]
    Port,
    /// The unit.
    #[error("a unit is called as ssh.service or ssh.socket, without a path")]
    Unit,
}

impl ServedDaemon {
    /// Its port, if one was said.
    pub fn port(&self) -> Option<(Protocol, u16)> {
        match &self.at {
            Some(ServedAt::Port(protocol, port)) => Some((*protocol, *port)),
            Some(ServedAt::Unit(_)) | None => None,
        }
    }

    /// Its unit, if one was said.
    pub fn unit(&self) -> Option<&str> {
        match &self.at {
            Some(ServedAt::Unit(unit)) => Some(unit),
            Some(ServedAt::Port(..)) | None => None,
        }
    }
}

impl FromStr for ServedDaemon {
    type Err = ServedError;

    fn from_str(text: &str) -> Result<Self, ServedError> {
        let (name, at) = match text.split_once('=') {
            Some((name, at)) => (name, Some(at)),
            None => (text, None),
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
        let is_name = (1..=LONGEST).contains(&name.len()) && name.bytes().all(is_plain);
        // Words of libwrap, which no process is called.
        let is_word = ["ALL", "EXCEPT", "KNOWN", "LOCAL", "PARANOID", "UNKNOWN"]
            .iter()
            .any(|word| name.eq_ignore_ascii_case(word));
        if !is_name || is_word {
            return Err(ServedError::Name);
        }
        Ok(Self {
            name: name.to_owned(),
            at: at.map(read_place).transpose()?,
        })
    }
}

/// Whether this is the name of a service or a socket of systemd, and no path.
pub(super) fn is_unit(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte);
    let stem = text
        .strip_suffix(".service")
        .or_else(|| text.strip_suffix(".socket"));
    text.len() < LONGEST_UNIT
        && stem.is_some_and(|stem| !stem.is_empty() && !stem.starts_with('.'))
        && text.bytes().all(is_plain)
}

fn read_place(text: &str) -> Result<ServedAt, ServedError> {
    if text.ends_with(".service") || text.ends_with(".socket") {
        let unit = is_unit(text).then(|| ServedAt::Unit(text.to_owned()));
        return unit.ok_or(ServedError::Unit);
    }
    read_port(text).map(|(protocol, port)| ServedAt::Port(protocol, port))
}

fn read_port(text: &str) -> Result<(Protocol, u16), ServedError> {
    let (number, protocol) = match text.split_once('/') {
        None | Some((_, "tcp")) => (text.trim_end_matches("/tcp"), Protocol::Tcp),
        Some((number, "udp")) => (number, Protocol::Udp),
        Some(_) => return Err(ServedError::Port),
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let port = number.parse().ok().filter(|port| is_number && *port > 0);
    port.map(|port| (protocol, port)).ok_or(ServedError::Port)
}

impl fmt::Display for ServedDaemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            None => f.write_str(&self.name),
            Some(ServedAt::Port(protocol, port)) => {
                write!(f, "{} ({} {port})", self.name, protocol.name())
            }
            Some(ServedAt::Unit(unit)) => write!(f, "{} ({unit})", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_and_its_place_are_read_or_refused() {
        let read = |text: &str| text.parse::<ServedDaemon>();
        let sshd = read("sshd=22").unwrap();
        assert_eq!(
            (sshd.name.as_str(), sshd.port()),
            ("sshd", Some((Protocol::Tcp, 22)))
        );
        assert_eq!(
            read("rpcbind=111/udp").unwrap().port(),
            Some((Protocol::Udp, 111))
        );
        assert_eq!(read("sshd=22/tcp").unwrap(), sshd);
        assert_eq!(read("in.tftpd").unwrap().at, None);
        for unit in [
            "ssh.service",
            "ssh@.service",
            "in.tftpd.socket",
            "a\\x2db.service",
        ] {
            let read = read(&format!("sshd={unit}")).unwrap();
            assert_eq!((read.unit(), read.port()), (Some(unit), None));
        }
        for unit in [
            ".service",
            "../a.service",
            "a/b.socket",
            "a b.service",
            "'.service",
        ] {
            assert_eq!(
                read(&format!("sshd={unit}")),
                Err(ServedError::Unit),
                "{unit}"
            );
        }
        for text in [
            "",
            "=22",
            "a b=22",
            "a\"=22",
            "ALL=22",
            "all",
            "sshd@10.0.0.1=22",
        ] {
            assert_eq!(read(text), Err(ServedError::Name), "{text}");
        }
        for text in [
            "a=",
            "a=0",
            "a=65536",
            "a=+22",
            "a=ssh",
            "a=22/sctp",
            "a=22/",
            "a=22=23",
        ] {
            assert_eq!(read(text), Err(ServedError::Port), "{text}");
        }
    }
}
