//! Daemon names as the operator types them.

use crate::editor::client::word_error::{WordError, limit, refuse};
use std::fmt;

/// Names of services whose daemon is called something else.
const SERVICES: &[(&str, &str)] = &[("ssh", "sshd"), ("ldap", "slapd"), ("ftp", "vsftpd")];

/// A daemon, or all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Daemon {
    /// `ALL`.
    All,
    /// One, by the name of its process.
    Named(String),
}

impl Daemon {
    /// Reads the value of `--daemon`.
    ///
    /// # Errors
    /// When libwrap would take it for something else than the name of a process.
    pub fn parse(text: &str) -> Result<Self, WordError> {
        let example = "give the name of the process, such as sshd";
        if text.eq_ignore_ascii_case("ALL") {
            return Ok(Self::All);
        }
        if text.starts_with('/') {
            // F-DAEMON-01.
            let name = text.rsplit('/').next().unwrap_or_default();
            let hint = format!("give the name of the process: {name}");
            return refuse(text, "libwrap compares names, not paths", hint);
        }
        for word in ["KNOWN", "UNKNOWN", "LOCAL", "PARANOID", "EXCEPT"] {
            if text.eq_ignore_ascii_case(word) {
                return refuse(text, "it is a word of the tables, not a daemon", example);
            }
        }
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+');
        if text.is_empty() || !text.bytes().all(is_plain) {
            let why = "a daemon's name has letters, digits and .-_+ only";
            return refuse(text, why, example);
        }
        if text.starts_with('.') || text.ends_with('.') {
            let why = "libwrap takes a dot at either end for a part of a longer name";
            return refuse(text, why, example);
        }
        if text
            .trim_start_matches(['+', '-'])
            .bytes()
            .all(|byte| byte.is_ascii_digit())
        {
            // F-DAEMON-10, F-DAEMON-11.
            let why = "a port works only in programs that show libwrap their socket";
            return refuse(
                text,
                why,
                "give the daemon's name; a port is to be written by hand",
            );
        }
        if let Some((_, daemon)) = SERVICES
            .iter()
            .find(|(service, _)| text.eq_ignore_ascii_case(service))
        {
            let hint = format!("give the name of the process: {daemon}");
            return refuse(
                text,
                "it is a service, and libwrap knows the daemon's name",
                hint,
            );
        }
        limit(text)?;
        Ok(Self::Named(text.to_owned()))
    }
}

impl fmt::Display for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("ALL"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_pass_and_traps_are_refused() {
        for good in ["sshd", "in.ftpd", "vsftpd", "sshd-session", "22x"] {
            assert_eq!(Daemon::parse(good).unwrap().to_string(), good);
        }
        assert_eq!(Daemon::parse("all"), Ok(Daemon::All));
        for (bad, offer) in [
            ("ssh", "sshd"),
            ("/usr/sbin/sshd", ": sshd"),
            ("22", "by hand"),
            ("+22", "by hand"),
            ("EXCEPT", "sshd"),
            ("sshd@ALL", "sshd"),
            ("a b", "sshd"),
            ("a:b", "sshd"),
            ("[a]", "sshd"),
            ("#x", "sshd"),
            ("", "sshd"),
            ("in.", "sshd"),
            ("ssh*", "sshd"),
        ] {
            let error = Daemon::parse(bad).expect_err(bad);
            assert!(error.hint.contains(offer), "{bad}: {}", error.hint);
        }
        assert!(Daemon::parse(&"x".repeat(128)).is_err());
    }
}
