//! The comment itself: how it is written, and how it is read when somebody else wrote it.

use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::fmt;

/// How tcpw begins such a comment.
const MARK: &str = "# tcpw: ";
/// As much of a faulty word as is shown.
const SHOWN: usize = 60;
/// What a comment can say.
const KEYS: [&str; 6] = ["rule", "since", "until", "by", "follow", "reason"];
/// What people write instead of `until`.
const MISTAKEN: [&str; 9] = [
    "expire", "expires", "expiry", "end", "ends", "till", "untill", "for", "valid",
];

/// What tcpw knows about a rule it has written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label {
    /// When it was written, in UTC, as `2026-11-22T19:30:00Z`.
    pub since: Option<String>,
    /// When it runs out, in the same form.
    pub until: Option<String>,
    /// By whom.
    pub by: Option<String>,
    /// The name whose addresses its clients are, as `tcpw expire` keeps them.
    pub follow: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// A comment about a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// What it says.
    pub label: Label,
    /// The identity of the rule it is about; none if it does not say, as in comments of early
    /// versions or by hand.
    pub rule: Option<String>,
}

/// Why a comment about a rule cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelFault {
    /// A time that is none, or of which the zone is not known.
    Time(String),
    /// A word that means nothing here.
    Word(String),
    /// A word that is there twice.
    Doubled(&'static str),
    /// A word after `reason=`, where it is a part of the reason.
    InReason(&'static str),
    /// Bytes that are not UTF-8.
    NotText,
}

impl fmt::Display for LabelFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(word) => write!(
                f,
                "`{word}` is not a time with date, time and zone, such as 2026-11-23T19:30:00Z"
            ),
            Self::Word(word) => write!(f, "`{word}` is not a word that tcpw knows here"),
            Self::Doubled(key) => write!(f, "`{key}=` is there twice"),
            Self::InReason(key) => write!(
                f,
                "`{key}=` stands after `reason=`, where it is a part of the reason"
            ),
            Self::NotText => f.write_str("it holds bytes that are not text"),
        }
    }
}

impl Label {
    /// The line of this label for the rule with this identity, with its newline.
    pub fn line(&self, rule: &str) -> String {
        let mut line = format!("{MARK}rule={rule}");
        let words = [
            ("since", self.since.as_deref().map(Cow::Borrowed)),
            ("until", self.until.as_deref().map(Cow::Borrowed)),
            ("by", encoded(self.by.as_ref(), char::is_whitespace)),
            ("follow", encoded(self.follow.as_ref(), char::is_whitespace)),
            // `=`, so that no word of the reason looks like one of the comment.
            ("reason", encoded(self.reason.as_ref(), |c| c == '=')),
        ];
        for (key, value) in words {
            if let Some(value) = value {
                line = format!("{line} {key}={value}");
            }
        }
        line.push('\n');
        line
    }
}

impl Comment {
    /// Reads a comment line; none if it is not a comment about a rule.
    ///
    /// What is clear is taken, however it is spelled: `#tcpw:`, capitals, a time in another zone.
    ///
    /// # Errors
    /// When it is one and cannot be followed: nobody may take it for one that can.
    pub fn read(line: &[u8]) -> Option<Result<Self, LabelFault>> {
        let words = words_of(line)?;
        let Ok(words) = str::from_utf8(words) else {
            return Some(Err(LabelFault::NotText));
        };
        Some(Self::of_words(words.trim_end()))
    }

    fn of_words(mut rest: &str) -> Result<Self, LabelFault> {
        let mut found: [Option<String>; 6] = Default::default();
        while !rest.is_empty() {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let unknown = || LabelFault::Word(short(word));
            let (key, value) = word.split_once('=').ok_or_else(unknown)?;
            let mut places = KEYS.iter().zip(&mut found);
            let (key, place) = places
                .find(|(known, _)| known.eq_ignore_ascii_case(key))
                .ok_or_else(unknown)?;
            if place.is_some() {
                return Err(LabelFault::Doubled(key));
            }
            if *key == "reason" {
                let value = rest.split_once('=').map_or("", |(_, value)| value);
                check_reason(value)?;
                *place = Some(decode(value));
                break;
            }
            if value.is_empty() {
                return Err(unknown());
            }
            *place = Some(match *key {
                "since" | "until" => time(value).ok_or_else(|| LabelFault::Time(short(word)))?,
                "rule" | "follow" => decode(value).to_ascii_lowercase(),
                _ => decode(value),
            });
            rest = after.trim_start();
        }
        let [rule, since, until, by, follow, reason] = found;
        Ok(Self {
            label: Label {
                since,
                until,
                by,
                follow,
                reason,
            },
            rule,
        })
    }
}

/// The words of a comment that is about a rule, after its mark.
fn words_of(line: &[u8]) -> Option<&[u8]> {
    let start = line.iter().position(|byte| !b"# \t".contains(byte))?;
    if start == 0 || line.first() != Some(&b'#') {
        return None;
    }
    let (name, rest) = line.get(start..)?.split_at_checked(b"tcpw".len())?;
    if !name.eq_ignore_ascii_case(b"tcpw") {
        return None;
    }
    let has_colon = rest.first() == Some(&b':');
    let is_apart = has_colon || rest.first().is_some_and(u8::is_ascii_whitespace);
    let words = rest.get(usize::from(has_colon)..)?.trim_ascii();
    let mut keys = words.split(u8::is_ascii_whitespace).map(|word| {
        let end = word.iter().position(|byte| b"=:".contains(byte));
        (
            word.get(..end.unwrap_or(word.len())).unwrap_or_default(),
            end,
        )
    });
    let (first, end) = keys.next()?;
    if !is_apart || first.eq_ignore_ascii_case(b"ignore") {
        return None;
    }
    let is_one_of = |word: &[u8], known: &[&str]| {
        known
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
    };
    let is_about_rule = |(word, end): (&[u8], Option<usize>)| {
        is_one_of(word, &KEYS) && end.is_some() || is_one_of(word, &["until"])
    };
    // Prose that begins with the name of the program is not a comment of this kind.
    let is_it = is_about_rule((first, end))
        || has_colon && (end.is_some() || is_one_of(first, &MISTAKEN))
        || keys.any(is_about_rule);
    is_it.then_some(words)
}

/// A time in UTC, in the one form that can be compared as text.
fn time(text: &str) -> Option<String> {
    // RFC 3339 leaves neither the seconds nor the zone out.
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    let year = time.with_timezone(&Utc).format("%Y").to_string();
    // Beyond four digits text does not compare as time.
    (year.len() == 4).then(|| {
        let time = time.with_timezone(&Utc);
        time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    })
}

/// Whether `text` is a time as a label has it: in UTC, as `2026-11-22T19:30:00Z`.
pub fn is_time(text: &str) -> bool {
    time(text).as_deref() == Some(text)
}

fn check_reason(reason: &str) -> Result<(), LabelFault> {
    let mut words = reason.split_whitespace();
    let hidden = words.find_map(|word| {
        let (key, _) = word.split_once('=')?;
        KEYS.iter().find(|known| known.eq_ignore_ascii_case(key))
    });
    hidden.map_or(Ok(()), |key| Err(LabelFault::InReason(key)))
}

fn short(word: &str) -> String {
    crate::escape::visible_short(word.as_bytes(), SHOWN)
}

/// Control characters, backslashes and `%` as `%` and two hexadecimal digits, as also what
/// `is_special` says: a comment that ended in a backslash would swallow the rule below
/// (F-LINE-09), and no value can end the line.
fn encoded(text: Option<&String>, is_special: fn(char) -> bool) -> Option<Cow<'static, str>> {
    let is_plain = |c: char| !(c.is_control() || matches!(c, '\\' | '%') || is_special(c));
    let one = |c: char| {
        let plain = String::from(c);
        if is_plain(c) {
            plain
        } else {
            plain
                .bytes()
                .map(|byte| format!("%{byte:02X}"))
                .collect::<Vec<_>>()
                .concat()
        }
    };
    text.map(|text| Cow::Owned(text.trim().chars().map(one).collect()))
}

/// What [`encoded`] made; what it cannot have made is taken as it is.
fn decode(text: &str) -> String {
    decoded(text).unwrap_or_else(|| text.to_owned())
}

fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{LineKind, parse};

    fn label(word: &str) -> Label {
        Label {
            since: Some("2026-11-22T19:30:00Z".to_owned()),
            until: Some("2026-11-23T19:30:00Z".to_owned()),
            by: Some(word.to_owned()),
            follow: Some("home.dyn.example.org".to_owned()),
            reason: Some(word.to_owned()),
        }
    }

    #[test]
    fn hostile_words_come_back_and_end_nothing() {
        for reason in [
            "vendor visit",
            "\\",
            "a\\\\",
            "x\nALL: ALL",
            "100%",
            "%5C",
            "until=x by=y",
            "업체",
            "\u{2028}\r\0",
        ] {
            let line = label(reason).line("0123456789ab");
            let text = format!("{line}sshd: 10.1.2.3\n");
            let tree = parse(text.as_bytes());
            assert_eq!(tree.lines().count(), 2, "{line}");
            let rule = tree.line(1).unwrap();
            assert_eq!(rule.kind(), LineKind::Rule);
            let expected = Comment {
                label: label(reason.trim()),
                rule: Some("0123456789ab".to_owned()),
            };
            assert_eq!(Comment::read(line.as_bytes()), Some(Ok(expected)));
        }
    }

    #[test]
    fn what_is_clear_is_taken_however_it_is_spelled() {
        for (line, until) in [
            ("#tcpw: until=2020-01-02T00:00:00Z", "2020-01-02T00:00:00Z"),
            ("# tcpw until=2020-01-02T00:00:00Z", "2020-01-02T00:00:00Z"),
            ("## TCPW:Until=2020-01-02T00:00:00z", "2020-01-02T00:00:00Z"),
            (
                "#\ttcpw:   by=x   until=2020-01-02T00:00:00+09:00 \r\n",
                "2020-01-01T15:00:00Z",
            ),
            (
                "# tcpw: until=2020-01-02T00:00:00.5Z reason=100%",
                "2020-01-02T00:00:00Z",
            ),
        ] {
            let read = Comment::read(line.as_bytes()).unwrap().unwrap();
            assert_eq!(read.label.until.as_deref(), Some(until), "{line}");
            assert_eq!(read.rule, None);
        }
    }

    #[test]
    fn what_is_not_clear_is_an_error_and_no_silence() {
        for line in [
            "# tcpw: until=2020-01-02",
            "# tcpw: until=2020-01-02T00:00:00",
            "# tcpw: until=2020-01-02 00:00:00Z",
            "# tcpw: until=2020-13-45T99:99:99Z",
            "# tcpw: until=tomorrow by=x",
            "# tcpw: until: 2020-01-02",
            "# tcpw: until 2020-01-02",
            "# tcpw: until=",
            "# tcpw: expires=2020-01-02",
            "# tcpw: expires 2020-01-02",
            "# tcpw: since=yesterday",
            "# tcpw: owner=x until=2020-01-02T00:00:00Z",
            "# tcpw: please until=2020-01-02T00:00:00Z",
            "# tcpw: until=2020-01-02T00:00:00Z until=2021-01-02T00:00:00Z",
            "# tcpw: reason=visit until=2020-01-02T00:00:00Z",
            "# tcpw until 2020",
        ] {
            let read = Comment::read(line.as_bytes());
            assert!(matches!(read, Some(Err(_))), "{line}: {read:?}");
        }
        assert_eq!(
            Comment::read(b"# tcpw: by=\xff"),
            Some(Err(LabelFault::NotText))
        );
    }

    #[test]
    fn other_comments_are_none() {
        for line in [
            "# tcpw: please",
            "# tcpw: ignore=TW301 until=never",
            "# tcpw is what we use",
            "# tcpwrapper: until=x",
            "# mine until=2020",
            "sshd: 10.1.2.3",
            "#",
            "",
        ] {
            assert_eq!(Comment::read(line.as_bytes()), None, "{line}");
        }
    }
}
