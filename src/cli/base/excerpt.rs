//! A line of a file with some of its bytes underlined, for a terminal.

use crate::escape::visible;
use crate::span::{LineIndex, Span, index};

/// Bytes shown before the underlined ones, and of them and after them together.
const BEFORE: u32 = 40;
const SHOWN: u32 = 110;

/// Two lines of text: the source, and what goes below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// The line, escaped; long lines are cut, with `…` where something is missing.
    pub(crate) source: String,
    /// Spaces, as wide as what stands before.
    pub(crate) indent: String,
    /// Carets.
    pub(crate) carets: String,
}

impl Excerpt {
    /// The first line of `span` in `source`.
    pub(crate) fn new(source: &[u8], lines: &LineIndex, span: Span) -> Self {
        let line = lines.line_span(lines.position(span.start).line);
        let end = span.end.min(line.end).max(span.start);
        let from = line.start.max(span.start.saturating_sub(BEFORE));
        let from = char_start(source, from, line.start);
        let to = line.end.min(from.saturating_add(SHOWN));
        let to = if to < line.end {
            char_start(source, to, from)
        } else {
            to
        };
        let end = end.min(to).max(span.start.min(to));
        let part = |from: u32, to: u32| visible(Span::new(from, to).of(source));
        let (before, marked, behind) =
            (part(from, span.start), part(span.start, end), part(end, to));
        let head = if from > line.start { "…" } else { "" };
        let tail = if to < line.end { "…" } else { "" };
        Self {
            indent: " ".repeat(width(head) + width(&before)),
            carets: "^".repeat(width(&marked).max(1)),
            source: format!("{head}{before}{marked}{behind}{tail}"),
        }
    }
}

/// `at`, or the start of the character it cuts in two.
fn char_start(source: &[u8], at: u32, least: u32) -> u32 {
    let is_inside = |at: u32| {
        source
            .get(index(at))
            .is_some_and(|byte| byte & 0xc0 == 0x80)
    };
    let start = (0..4)
        .map(|back| at.saturating_sub(back))
        .find(|&at| !is_inside(at));
    start.unwrap_or(at).max(least)
}

/// Cells of a terminal that the text takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(cells).sum()
}

/// Two for the wide characters of East Asia and for emoji, none for marks on the character before.
fn cells(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// The end of `span`, as a place that programs can use: line and column, from 1, exclusive.
pub(crate) fn end_of(lines: &LineIndex, span: Span) -> (u32, u32) {
    let last = lines.position(span.end.saturating_sub(1).max(span.start));
    let length = u32::from(!span.is_empty());
    (last.line, last.column.saturating_add(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(source: &[u8], start: u32, end: u32) -> Excerpt {
        Excerpt::new(source, &LineIndex::new(source), Span::new(start, end))
    }

    #[test]
    fn carets_stand_below_what_is_meant() {
        let found = excerpt(b"a\nsshd: 1.2\n", 8, 11);
        assert_eq!(found.source, "sshd: 1.2");
        assert_eq!((found.indent.len(), found.carets.as_str()), (6, "^^^"));
    }

    #[test]
    fn escapes_and_wide_characters_keep_the_carets_in_place() {
        let found = excerpt("가\x1b: x\n".as_bytes(), 6, 7);
        assert_eq!(found.source, "가\\x1b: x");
        assert_eq!(found.indent.len(), 2 + 4 + 2);
        let found = excerpt(b"\xff\x01 b\n", 0, 2);
        assert_eq!(found.carets.len(), 8);
    }

    #[test]
    fn long_lines_are_cut_on_both_sides() {
        let source = "é".repeat(500);
        let found = excerpt(source.as_bytes(), 500, 502);
        assert!(found.source.starts_with("…é") && found.source.ends_with("é…"));
        assert_eq!(found.carets, "^");
        assert_eq!(found.indent.len(), 21);
    }

    #[test]
    fn a_place_without_bytes_has_one_caret() {
        let found = excerpt(b"", 0, 0);
        assert_eq!((found.source.as_str(), found.carets.as_str()), ("", "^"));
        assert_eq!(end_of(&LineIndex::new(b""), Span::empty(0)), (1, 1));
    }
}
