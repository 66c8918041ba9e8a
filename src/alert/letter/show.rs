//! Values as they may stand in a letter: on one line, escaped, shortened, no link, no mail address.

use crate::alert::event::{Claim, Event};
use crate::alert::letter::setting::Setting;
use crate::alert::letter::words::choose::{fill, number};
use crate::alert::letter::words::table::Words;
use crate::alert::model::reporter::Reporter;
use crate::escape::visible_short;
use chrono::{DateTime, Utc};
use std::net::IpAddr;

/// How much of a value is shown; the journal has all of it.
const MOST_SHOWN: usize = 200;
/// How much of a text of our own is shown, which may hold values.
const MOST_TEXT: usize = 1000;

/// A value that a stranger may have chosen.
pub(super) fn shown(claim: &Claim, words: &Words) -> String {
    let text = safe(claim.bytes());
    if claim.is_cut() {
        let values = [("value", text.as_str()), ("bytes", &number(claim.length()))];
        return fill(words.values.cut, &values);
    }
    text
}

/// Bytes that a stranger may have chosen.
pub(super) fn safe(bytes: &[u8]) -> String {
    defuse(&visible_short(bytes, MOST_SHOWN)).replace('@', "[@]")
}

/// A text that a stranger may have chosen parts of, such as a rule or a path.
pub(super) fn safe_text(text: &str) -> String {
    defuse(&visible_short(text.as_bytes(), MOST_TEXT))
}

/// Keeps mail readers from making a link of a value.
fn defuse(text: &str) -> String {
    let mut out = text.replace("://", "[:]//");
    for link in ["www.", "mailto:", "javascript:", "tel:"] {
        let mut from = 0;
        while let Some(found) = out
            .get(from..)
            .and_then(|rest| find_in_any_case(rest, link))
        {
            let end = from + found + link.len();
            out.insert(end, ']');
            out.insert(end - 1, '[');
            from = end + 2;
        }
    }
    out
}

fn find_in_any_case(text: &str, word: &str) -> Option<usize> {
    let matches = |part: &[u8]| part.eq_ignore_ascii_case(word.as_bytes());
    text.as_bytes().windows(word.len()).position(matches)
}

/// The server's end, which has an `@` of its own.
pub(super) fn server_end(claim: &Claim, words: &Words) -> String {
    let is_plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
    match std::str::from_utf8(claim.bytes()).map(|text| text.split_once('@')) {
        Ok(Some((daemon, host)))
            if daemon
                .bytes()
                .chain(host.bytes())
                .all(|byte| is_plain(&byte))
                && !claim.is_cut()
                && claim.length() < 200 =>
        {
            format!("{}@{}", defuse(daemon), defuse(host))
        }
        _ => shown(claim, words),
    }
}

/// Who knocked, in one column: the name and the address, or only one of them.
pub(super) fn visitor(event: &Event, words: &Words) -> String {
    let (host, addr) = (shown(&event.host, words), shown(&event.addr, words));
    if event.addr.is_empty() || host == addr {
        return host;
    }
    if event.host.is_empty() {
        return addr;
    }
    format!("{host} ({addr})")
}

/// A source as the journal has it: an address alone without its prefix length.
pub(super) fn source(key: &str) -> String {
    let (address, bits) = key.split_once('/').unwrap_or((key, ""));
    let is_alone = match address.parse() {
        Ok(IpAddr::V4(_)) => bits == "32",
        Ok(IpAddr::V6(_)) => bits == "128",
        Err(_) => false,
    };
    if is_alone {
        return address.to_owned();
    }
    safe(key.strip_prefix("name ").unwrap_or(key).as_bytes())
}

/// Who reported, in a word or two.
pub(super) fn named(reporter: Reporter, words: &Words) -> String {
    match reporter.uid() {
        Some(uid) => format!("uid {uid}"),
        None => words.values.reporter_unknown.to_owned(),
    }
}

/// A time as the clocks of this place show it, with their zone.
pub(super) fn local(time: DateTime<Utc>, setting: &Setting<'_>) -> String {
    (setting.local)(time)
        .format("%Y-%m-%d %H:%M:%S %:z")
        .to_string()
}

/// The same in UTC.
pub(super) fn utc(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// Both.
pub(super) fn both(time: DateTime<Utc>, setting: &Setting<'_>) -> String {
    let utc = time.format("%Y-%m-%d %H:%M:%S UTC");
    format!("{} ({utc})", local(time, setting))
}

/// How long it is from `first` to `last`, in the largest unit that tells it well.
pub(super) fn span(first: DateTime<Utc>, last: DateTime<Utc>, words: &Words) -> String {
    let seconds = (last - first).num_seconds().max(1);
    let rounded = |unit: i64| (seconds + unit / 2) / unit;
    let (form, count) = match seconds {
        0..90 => (words.units.seconds, seconds),
        90..3570 => (words.units.minutes, rounded(60)),
        3570..172_800 => (words.units.hours, rounded(3600)),
        _ => (words.units.days, rounded(86_400)),
    };
    fill(form, &[("n", &count.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::letter::words::choose::words;
    use crate::values::Language;

    #[test]
    fn no_value_becomes_a_link() {
        for (text, wanted) in [
            ("http://a.example/", "http[:]//a.example/"),
            ("WwW.a.example www.b", "WwW[.]a.example www[.]b"),
            ("MAILTO:root", "MAILTO[:]root"),
            ("a@b.example", "a[@]b.example"),
            ("javascript:x tel:1", "javascript[:]x tel[:]1"),
            ("plain.example", "plain.example"),
        ] {
            assert_eq!(safe(text.as_bytes()), wanted);
        }
        let end =
            |text: &str| server_end(&Claim::cut(text.as_bytes(), 999), words(Language::English));
        assert_eq!(end("sshd@192.0.2.1"), "sshd@192.0.2.1");
        assert_eq!(end("a b@c"), "a b[@]c");
    }

    #[test]
    fn lengths_of_time_are_told_in_one_unit() {
        let words = words(Language::English);
        let zero = DateTime::UNIX_EPOCH;
        for (seconds, wanted) in [
            (0, "1 s"),
            (89, "89 s"),
            (90, "2 min"),
            (3569, "59 min"),
            (3590, "1 h"),
            (100_000, "28 h"),
            (200_000, "2 d"),
        ] {
            let later = zero + chrono::TimeDelta::seconds(seconds);
            assert_eq!(span(zero, later, words), wanted, "{seconds}");
        }
    }

    #[test]
    fn a_source_is_shown_without_what_says_nothing() {
        for (key, wanted) in [
            ("192.0.2.7/32", "192.0.2.7"),
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("2001:db8::7/128", "2001:db8::7"),
            ("2001:db8::/64", "2001:db8::/64"),
            ("name a.example", "a.example"),
        ] {
            assert_eq!(source(key), wanted);
        }
    }
}
