//! Where a mail server is, as people write it: `mail.example.org`, with a port, as a URL, or as an
//! address.

use std::net::{Ipv4Addr, Ipv6Addr};

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Not at all.
    None,
    /// By the STARTTLS command (RFC 3207); required, not merely tried.
    StartTls,
    /// From the first byte (RFC 8314).
    Implicit,
}

/// What a `host` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Name or address, without brackets.
    pub host: String,
    /// The port, where it says one.
    pub port: Option<u16>,
    /// How the connection is protected, where it says so.
    pub tls: Option<Tls>,
}

impl Endpoint {
    /// Reads a `host`.
    ///
    /// # Errors
    /// What is wrong, as what follows the key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (tls, rest) = match text.split_once("://") {
            None => (None, text),
            Some((scheme, rest)) => (protection(scheme)?, rest),
        };
        let is_url = rest.len() != text.len();
        let rest = if is_url {
            rest.strip_suffix('/').unwrap_or(rest)
        } else {
            rest
        };
        if rest.contains('@') {
            return Err(
                "holds a user name: write it in username and the password in password_file"
                    .to_owned(),
            );
        }
        let (host, port) = split(rest)?;
        let host = name(host)?;
        let port = port.map(number).transpose()?;
        Ok(Self { host, port, tls })
    }
}

fn protection(scheme: &str) -> Result<Option<Tls>, String> {
    match scheme.to_ascii_lowercase().as_str() {
        "smtp" => Ok(None),
        "smtps" | "submissions" => Ok(Some(Tls::Implicit)),
        "submission" => Ok(Some(Tls::StartTls)),
        _ => Err(format!(
            "has the unknown scheme {scheme:?}; smtp:// and smtps:// are known"
        )),
    }
}

/// The host, and the port as it is written.
fn split(text: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (inside, after) = rest
            .split_once(']')
            .ok_or_else(|| "has a [ without a ]".to_owned())?;
        return match (after, after.strip_prefix(':')) {
            ("", _) => Ok((inside, None)),
            (_, Some(port)) => Ok((inside, Some(port))),
            _ => Err(format!("has {after:?} after the ]")),
        };
    }
    // More than one colon is an address of IPv6 without brackets, which has no port.
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => Ok((host, Some(port))),
        _ => Ok((text, None)),
    }
}

fn number(port: &str) -> Result<u16, String> {
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    port.parse()
        .ok()
        .filter(|port| is_number && *port > 0)
        .ok_or_else(|| format!("has {port:?} for a port; it must be from 1 to 65535"))
}

fn name(host: &str) -> Result<String, String> {
    let is_address = host.parse::<Ipv6Addr>().is_ok() || host.parse::<Ipv4Addr>().is_ok();
    let is_label = |label: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(is_plain)
    };
    let bare = host.strip_suffix('.').unwrap_or(host);
    if is_address || (bare.len() <= 253 && bare.split('.').all(is_label)) {
        return Ok(bare.to_owned());
    }
    Err(format!(
        "{host:?} is not the name or the address of one server; more servers are more tables [[mail.smtp]]"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_understood_or_refused() {
        let read = |text: &str| Endpoint::parse(text).map(|it| (it.host, it.port, it.tls));
        let good = |host: &str, port, tls| Ok((host.to_owned(), port, tls));
        assert_eq!(
            read("mail.example.org"),
            good("mail.example.org", None, None)
        );
        assert_eq!(
            read("mail.example.org."),
            good("mail.example.org", None, None)
        );
        assert_eq!(read("mail:587"), good("mail", Some(587), None));
        assert_eq!(read("192.0.2.1:25"), good("192.0.2.1", Some(25), None));
        assert_eq!(read("::1"), good("::1", None, None));
        assert_eq!(read("[::1]"), good("::1", None, None));
        assert_eq!(
            read("[2001:db8::1]:465"),
            good("2001:db8::1", Some(465), None)
        );
        let implicit = Some(Tls::Implicit);
        assert_eq!(read("smtps://m.example"), good("m.example", None, implicit));
        assert_eq!(
            read("SMTPS://[::1]:4650/"),
            good("::1", Some(4650), implicit)
        );
        assert_eq!(
            read("smtp://m.example:2525"),
            good("m.example", Some(2525), None)
        );
        for bad in [
            "",
            "a b",
            "a,b",
            "m:",
            "m:0",
            "m:65536",
            "m:+25",
            "m:smtp",
            "[::1",
            "[::1]25",
            "http://m",
            "smtp://u:p@m",
            "smtp://m/path",
            "m/",
            "-m",
            "m..example",
            "1::2::3",
            "[m x]",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
