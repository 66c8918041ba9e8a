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

use super::event::{Claim, Event, HOST_LIMIT, VALUE_LIMIT};
use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt::Write as _;
use thiserror::Error;

const HEAD: &str = "tcpw-event 1";
const END: &str = "end";
/// The largest event file: all values at their limit, every byte escaped, and the frame.
pub(super) const LARGEST: usize = 4 * (HOST_LIMIT + 4 * VALUE_LIMIT) + 1024;

/// Why a text is not an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum DecodeError {
    /// More than [`LARGEST`] bytes.
    #[error("it is too large")]
    TooLarge,
    /// Not the first line of this version.
    #[error("it does not start with {HEAD:?}")]
    Head,
    /// A line that is missing, out of order, or malformed.
    #[error("its {0} is missing or malformed")]
    Line(&'static str),
    /// No last line: it was not written to its end.
    #[error("it has no end")]
    End,
}

/// The text of `event`.
pub(super) fn encode(event: &Event) -> String {
    let time = event.time.to_rfc3339_opts(SecondsFormat::Nanos, true);
    let mut text = format!("{HEAD}\ntime {time}\n");
    for (name, claim) in lines(event) {
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
pub(super) fn decode(bytes: &[u8], uid: u32) -> Result<Event, DecodeError> {
    if bytes.len() > LARGEST {
        return Err(DecodeError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| DecodeError::Head)?;
    let mut lines = text.split('\n');
    if lines.next() != Some(HEAD) {
        return Err(DecodeError::Head);
    }
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
        uid,
    };
    match (lines.next(), lines.next(), lines.next()) {
        (Some(END), Some(""), None) => Ok(event),
        _ => Err(DecodeError::End),
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
        assert!(encode(&worst).len() <= LARGEST);
    }

    #[test]
    fn what_was_tampered_with_is_refused() {
        let good = encode(&event(b"h", b"1"));
        let cases = [
            (good.replace("event 1", "event 2"), DecodeError::Head),
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
