//! A daemon whose policy is exported, and where it listens.

use std::fmt;
use std::str::FromStr;

/// The longest name of a daemon, in bytes.
const LONGEST: usize = 64;

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

/// A daemon by the name that it gives to libwrap, and its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedDaemon {
    /// The name of the process, as rules have it.
    pub name: String,
    /// Where it listens, if that was said.
    pub port: Option<(Protocol, u16)>,
}

/// Why a daemon and its port cannot be read.
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
}

impl FromStr for ServedDaemon {
    type Err = ServedError;

    fn from_str(text: &str) -> Result<Self, ServedError> {
        let (name, port) = match text.split_once('=') {
            Some((name, port)) => (name, Some(port)),
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
            port: port.map(read_port).transpose()?,
        })
    }
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
        match self.port {
            None => f.write_str(&self.name),
            Some((protocol, port)) => write!(f, "{} ({} {port})", self.name, protocol.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_and_its_port_are_read_or_refused() {
        let read = |text: &str| text.parse::<ServedDaemon>();
        let sshd = read("sshd=22").unwrap();
        assert_eq!(
            (sshd.name.as_str(), sshd.port),
            ("sshd", Some((Protocol::Tcp, 22)))
        );
        assert_eq!(
            read("rpcbind=111/udp").unwrap().port,
            Some((Protocol::Udp, 111))
        );
        assert_eq!(read("sshd=22/tcp").unwrap(), sshd);
        assert_eq!(read("in.tftpd").unwrap().port, None);
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
