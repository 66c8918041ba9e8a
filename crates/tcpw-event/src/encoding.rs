//! An event as text, for the drop file and the system log: one value a line, every byte
//! representable, nothing in it that a terminal would obey.
//!
//! ```text
//! tcpw-event 1
//! time 2026-01-31T12:00:00.123456789Z
//! host 9 192.0.2.7
//! ...
//! end
//! ```
//!
//! The number is the length of the value as it was given; more than follows means it was cut.
//! An event with a client's user is of version 2, with a line `user` after the others; every
//! other event is of version 1, which all collectors know.

use super::event::{Claim, Event, HOST_LIMIT, VALUE_LIMIT};
use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt::Write as _;
use thiserror::Error;

/// What the first line of every version begins with.
const HEAD: &str = "tcpw-event ";
const WITHOUT_USER: &str = "1";
const WITH_USER: &str = "2";
const END: &str = "end";
/// The largest event file: all values at their limit, every byte escaped, and the frame.
pub const LARGEST: usize = 4 * (HOST_LIMIT + 5 * VALUE_LIMIT) + 1024;

/// Why a text is not an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// More than [`LARGEST`] bytes.
    #[error("it is too large")]
    TooLarge,
    /// Not the first line of any version.
    #[error("it does not start with {HEAD:?} and a version")]
    Head,
    /// The first line of a version of the future: a later tcpw can read it.
    #[error("it was written by a later version of tcpw")]
    Newer,
    /// A line that is missing, out of order, or malformed.
    #[error("its {0} is missing or malformed")]
    Line(&'static str),
    /// No last line: it was not written to its end.
    #[error("it has no end")]
    End,
}

/// The text of `event`.
pub fn encode(event: &Event) -> String {
    let time = event.time.to_rfc3339_opts(SecondsFormat::Nanos, true);
    let version = if event.user.is_empty() {
        WITHOUT_USER
    } else {
        WITH_USER
    };
    let mut text = format!("{HEAD}{version}\ntime {time}\n");
    let user = Some(("user", &event.user)).filter(|(_, user)| !user.is_empty());
    for (name, claim) in lines(event).into_iter().chain(user) {
        // Writing to a String cannot fail.
        _ = write!(text, "{name} {} ", claim.length());
        escape(&mut text, claim.bytes());
        text.push('\n');
    }
    text.push_str(END);
    text.push('\n');
    text
}

/// The event on one line, for the system log.
pub fn one_line(event: &Event) -> String {
    encode(event).trim_end().replace('\n', "; ")
}

/// The event in `bytes`, whose owner is `uid`. The content is not trusted.
///
/// # Errors
/// When it is anything but the text of an event.
pub fn decode(bytes: &[u8], uid: u32) -> Result<Event, DecodeError> {
    if bytes.len() > LARGEST {
        return Err(DecodeError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| DecodeError::Head)?;
    let mut lines = text.split('\n');
    let has_user = has_user(lines.next().unwrap_or_default())?;
    let time = lines
        .next()
        .and_then(|line| line.strip_prefix("time "))
        .and_then(|time| DateTime::parse_from_rfc3339(time).ok())
        .ok_or(DecodeError::Line("time"))?
        .with_timezone(&Utc);
    let mut claim = |name: &'static str, limit: usize| {
        lines
            .next()
            .and_then(|line| decode_claim(line, name, limit))
            .ok_or(DecodeError::Line(name))
    };
    let event = Event {
        time,
        host: claim("host", HOST_LIMIT)?,
        addr: claim("addr", VALUE_LIMIT)?,
        daemon: claim("daemon", VALUE_LIMIT)?,
        server: claim("server", VALUE_LIMIT)?,
        pid: claim("pid", VALUE_LIMIT)?,
        user: if has_user {
            claim("user", VALUE_LIMIT)?
        } else {
            Claim::default()
        },
        uid,
    };
    match (lines.next(), lines.next(), lines.next()) {
        (Some(END), Some(""), None) => Ok(event),
        _ => Err(DecodeError::End),
    }
}

/// Whether an event of this first line has a user.
fn has_user(head: &str) -> Result<bool, DecodeError> {
    match head.strip_prefix(HEAD).ok_or(DecodeError::Head)? {
        WITHOUT_USER => Ok(false),
        WITH_USER => Ok(true),
        version if version.parse::<u8>().is_ok_and(|number| number > 2) => Err(DecodeError::Newer),
        _ => Err(DecodeError::Head),
    }
}

fn lines(event: &Event) -> [(&'static str, &Claim); 5] {
    [
        ("host", &event.host),
        ("addr", &event.addr),
        ("daemon", &event.daemon),
        ("server", &event.server),
        ("pid", &event.pid),
    ]
}

fn decode_claim(line: &str, name: &str, limit: usize) -> Option<Claim> {
    let (length, value) = line
        .strip_prefix(name)?
        .strip_prefix(' ')?
        .split_once(' ')?;
    let bytes = unescape(value)?;
    (bytes.len() <= limit).then_some(())?;
    Claim::kept(bytes, length.parse().ok()?)
}

/// Printable ASCII but `\` stays; every other byte is `\x` and two digits.
fn escape(out: &mut String, bytes: &[u8]) {
    for &byte in bytes {
        match byte {
            b' '..=b'~' if byte != b'\\' => out.push(char::from(byte)),
            _ => _ = write!(out, "\\x{byte:02x}"),
        }
    }
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'\\' => {
                let digits = [rest.next()?, rest.next()?, rest.next()?];
                let [b'x', high, low] = digits else {
                    return None;
                };
                bytes.push(hex(high)? << 4 | hex(low)?);
            }
            b' '..=b'~' => bytes.push(byte),
            _ => return None,
        }
    }
    Some(bytes)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(host: &[u8], pid: &[u8]) -> Event {
        Event {
            time: DateTime::from_timestamp(1_700_000_000, 123_456_789).unwrap(),
            host: Claim::cut(host, HOST_LIMIT),
            addr: Claim::cut(b"192.0.2.7", VALUE_LIMIT),
            daemon: Claim::cut(b"sshd", VALUE_LIMIT),
            server: Claim::cut(b"", VALUE_LIMIT),
            pid: Claim::cut(pid, VALUE_LIMIT),
            user: Claim::default(),
            uid: 7,
        }
    }

    #[test]
    fn over_long_values_are_cut_and_say_so() {
        let long = event(&vec![b'a'; 20_000], b"");
        assert!(long.host.is_cut());
        let text = encode(&long);
        assert!(text.contains("host 20000 aaa"));
        assert_eq!(decode(text.as_bytes(), 7), Ok(long));
        assert!(!event(&[b'a'; 10_000], b"").host.is_cut());
    }

    #[test]
    fn the_largest_event_fits() {
        let mut worst = event(&vec![0; 99_999], &vec![b'\\'; 99_999]);
        worst.addr = Claim::cut(&[255; 9_999], VALUE_LIMIT);
        worst.daemon = worst.addr.clone();
        worst.server = worst.addr.clone();
        worst.user = worst.addr.clone();
        assert!(encode(&worst).len() <= LARGEST);
    }

    #[test]
    fn only_an_event_with_a_user_needs_the_second_version() {
        let plain = event(b"h", b"1");
        let text = encode(&plain);
        assert!(text.starts_with("tcpw-event 1\n"), "{text}");
        let mut with_user = plain.clone();
        with_user.user = Claim::cut(b"ada\n", VALUE_LIMIT);
        let text = encode(&with_user);
        assert!(text.starts_with("tcpw-event 2\n"), "{text}");
        assert!(text.ends_with("pid 1 1\nuser 4 ada\\x0a\nend\n"), "{text}");
        assert_eq!(decode(text.as_bytes(), 7), Ok(with_user));
        // As it stands in the files of the first version.
        let old = "tcpw-event 1\ntime 2023-11-14T22:13:20.123456789Z\nhost 1 h\naddr 9 192.0.2.7\n\
                   daemon 4 sshd\nserver 0 \npid 1 1\nend\n";
        assert_eq!(decode(old.as_bytes(), 7), Ok(plain));
    }

    #[test]
    fn what_was_tampered_with_is_refused() {
        let good = encode(&event(b"h", b"1"));
        let cases = [
            (good.replace("event 1", "event x"), DecodeError::Head),
            (good.replace("event 1", "event 0"), DecodeError::Head),
            (good.replace("event 1", "event 3"), DecodeError::Newer),
            (
                good.replace("event 1", "event 2"),
                DecodeError::Line("user"),
            ),
            (good.replace("time 2", "time x"), DecodeError::Line("time")),
            (
                good.replace("host 1 h", "host 0 h"),
                DecodeError::Line("host"),
            ),
            (
                good.replace("host 1 h", "host 1 \\xzz"),
                DecodeError::Line("host"),
            ),
            (
                good.replace("host 1 h", "host 1 \u{1b}"),
                DecodeError::Line("host"),
            ),
            (good.replace("daemon", "demon"), DecodeError::Line("daemon")),
            (good.replace("end\n", ""), DecodeError::End),
            (good.clone() + "more", DecodeError::End),
            ("x".repeat(LARGEST + 1), DecodeError::TooLarge),
        ];
        for (text, wanted) in cases {
            assert_eq!(decode(text.as_bytes(), 0), Err(wanted), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_value_survives(host: Vec<u8>, pid: Vec<u8>) {
            let event = event(&host, &pid);
            let text = encode(&event);
            prop_assert!(text.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)));
            prop_assert!(!one_line(&event).contains('\n'));
            prop_assert_eq!(decode(text.as_bytes(), 7), Ok(event));
        }

        #[test]
        fn no_bytes_make_the_parser_panic(bytes: Vec<u8>) {
            prop_assert!(decode(&bytes, 0).is_err());
        }
    }
}
