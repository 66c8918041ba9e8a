//! Words of lists that several checks look for.

use crate::lint::view::{RuleView, base};
use crate::policy::Element;
use crate::span::Span;

/// Whether a pattern matches so many clients that it is dangerous by accident.
pub(in crate::lint::checks) fn is_broad(text: &[u8]) -> bool {
    [
        &b"ALL"[..],
        b"KNOWN",
        b"LOCAL",
        b"UNKNOWN",
        b"PARANOID",
        b"*",
    ]
    .iter()
    .any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a pattern matches everything: `ALL` or `*`.
pub(in crate::lint::checks) fn is_all(text: &[u8]) -> bool {
    text.eq_ignore_ascii_case(b"ALL") || text == b"*"
}

/// Whether a word is digits, dots and slashes only: no name, no path, no special word. Long tables
/// are made of such words.
pub(in crate::lint::checks) fn is_ipv4_text(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_digit)
        && text
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'/'))
}

/// Whether the part of a list before `EXCEPT` matches everything.
pub(in crate::lint::checks) fn matches_all(elements: &[Element<'_>]) -> bool {
    base(elements).any(|(text, _)| is_all(text))
}

/// A word of a list and its place.
pub(in crate::lint::checks) type Word<'v> = (&'v [u8], Span);

/// What was meant as a comment after the clients: its place, and its words after the `#`.
pub(in crate::lint::checks) fn comment_words<'v>(
    rule: &'v RuleView<'_, '_>,
) -> Option<(Span, Vec<Word<'v>>)> {
    let mut patterns = rule.clients.iter().filter_map(|element| match element {
        Element::Pattern { text, span } => Some((&**text, *span)),
        Element::Except { .. } => None,
    });
    let (_, span) = patterns.find(|(text, _)| text.starts_with(b"#"))?;
    let words: Vec<_> = patterns.collect();
    let end = words.last().map_or(span.end, |(_, span)| span.end);
    Some((Span::new(span.start, end), words))
}
