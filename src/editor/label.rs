//! The comment line above a rule of tcpw: since when, until when, by whom and why.
//!
//! `# tcpw: since=2026-11-22T19:30:00Z until=2026-11-23T19:30:00Z by=alice reason=vendor visit`
//!
//! Times are UTC. `until`, `by` and `reason` may be missing; `reason` goes to the end of the line.
//! In values, control characters, backslashes and `%` are written as `%` and two hexadecimal
//! digits, in `by` blanks too: a comment that ended in a backslash would swallow the rule below
//! (F-LINE-09), and no value can end the line. The label is about the next line, if that is a rule.

use super::word::{WordError, refuse};
use crate::syntax::{Line, LineKind};

const MARK: &str = "# tcpw: ";
/// As many bytes of a name and of a reason as are taken: even if each becomes three, the line is
/// far shorter than libwrap reads.
const BY_LIMIT: usize = 64;
const REASON_LIMIT: usize = 400;

/// What tcpw knows about a rule it has written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label {
    /// When it was written, as `2026-11-22T19:30:00Z`.
    pub since: String,
    /// When it runs out, in the same form.
    pub until: Option<String>,
    /// By whom.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

impl Label {
    /// Refuses values that are too long to be kept, or empty.
    ///
    /// # Errors
    /// With the limit.
    pub fn check(&self) -> Result<(), WordError> {
        for (value, limit) in [(&self.by, BY_LIMIT), (&self.reason, REASON_LIMIT)] {
            let Some(value) = value else { continue };
            if value.trim().is_empty() {
                return refuse(
                    value,
                    "it is empty",
                    "say who or why, or leave the option out",
                );
            }
            if value.len() > limit {
                let why = format!("it is longer than {limit} bytes");
                return refuse(value, why, "give a shorter text");
            }
        }
        Ok(())
    }

    /// The line, with its newline.
    pub(super) fn line(&self) -> String {
        let until = self.until.as_ref().map(|until| format!(" until={until}"));
        let by = self
            .by
            .as_ref()
            .map(|by| format!(" by={}", encode(by.trim(), true)));
        let reason = self
            .reason
            .as_ref()
            .map(|reason| format!(" reason={}", encode(reason.trim(), false)));
        let rest: String = [until, by, reason].into_iter().flatten().collect();
        format!("{MARK}since={}{rest}\n", self.since)
    }

    /// Reads a line back; none if it is no label.
    pub fn read(line: &[u8]) -> Option<Self> {
        let text = str::from_utf8(line).ok()?.trim_end();
        let mut rest = text.strip_prefix(MARK)?;
        let mut label = Self::default();
        while !rest.is_empty() {
            if let Some(reason) = rest.strip_prefix("reason=") {
                label.reason = Some(decode(reason)?);
                break;
            }
            let (word, behind) = rest.split_once(' ').unwrap_or((rest, ""));
            let (key, value) = word.split_once('=')?;
            match key {
                "since" => label.since = time(value)?,
                "until" => label.until = Some(time(value)?),
                "by" => label.by = Some(decode(value)?),
                _ => return None,
            }
            rest = behind;
        }
        (!label.since.is_empty()).then_some(label)
    }

    /// The label above a line, and the line it stands in.
    pub(super) fn above<'t, 's>(line: Line<'t, 's>) -> Option<(Self, Line<'t, 's>)> {
        let above = line.tree().line(line.index().checked_sub(1)?)?;
        let label = Self::of(above)?;
        Some((label, above))
    }

    /// The label in a line.
    pub(super) fn of(line: Line<'_, '_>) -> Option<Self> {
        (line.kind() == LineKind::Comment)
            .then(|| Self::read(&line.text(line.span())))
            .flatten()
    }
}

/// A time of the one form, which can be compared as text.
fn time(text: &str) -> Option<String> {
    let form = b"0000-00-00T00:00:00Z";
    let fits = text.len() == form.len()
        && text.bytes().zip(form).all(|(byte, &form)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == form,
        });
    fits.then(|| text.to_owned())
}

fn encode(text: &str, is_word: bool) -> String {
    let is_plain =
        |c: char| !(c.is_control() || matches!(c, '\\' | '%') || is_word && c.is_whitespace());
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
    text.chars().map(one).collect()
}

fn decode(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{LINE_LIMIT, parse};

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
            let label = Label {
                since: "2026-11-22T19:30:00Z".to_owned(),
                until: Some("2026-11-23T19:30:00Z".to_owned()),
                by: Some(reason.to_owned()),
                reason: Some(reason.to_owned()),
            };
            let line = label.line();
            let text = format!("{line}sshd: 10.1.2.3\n");
            let tree = parse(text.as_bytes());
            assert_eq!(tree.lines().count(), 2, "{line}");
            let rule = tree.line(1).unwrap();
            assert_eq!(rule.kind(), LineKind::Rule);
            let trimmed = Some(reason.trim().to_owned());
            let expected = Label {
                by: trimmed.clone(),
                reason: trimmed,
                ..label
            };
            assert_eq!(Label::above(rule).map(|(label, _)| label), Some(expected));
        }
    }

    #[test]
    fn no_label_is_too_long_and_other_comments_are_none() {
        let label = Label {
            since: "2026-11-22T19:30:00Z".to_owned(),
            until: Some("2026-11-22T19:30:00Z".to_owned()),
            by: Some("\\".repeat(BY_LIMIT)),
            reason: Some("\\".repeat(REASON_LIMIT)),
        };
        assert_eq!(label.check(), Ok(()));
        assert!(label.line().len() < LINE_LIMIT);
        let long = Label {
            reason: Some("x".repeat(REASON_LIMIT + 1)),
            ..label
        };
        assert!(long.check().is_err());
        for line in [
            "# tcpw: hello",
            "# tcpw: since=yesterday",
            "# tcpw: by=x",
            "# tcpw: since=2026-11-22T19:30:00Z by=%",
            "#tcpw: since=2026-11-22T19:30:00Z",
        ] {
            assert_eq!(Label::read(line.as_bytes()), None, "{line}");
        }
    }
}
