//! Pieces of sentences that several checks need.

use crate::engine::TableName;
use crate::escape::{visible, visible_short};

/// The most characters of a table that a message repeats; the excerpt shows the rest.
const QUOTE_LIMIT: usize = 60;

/// Text of a table inside a sentence.
pub(super) fn quote(text: &[u8]) -> String {
    format!("`{}`", visible_short(text, QUOTE_LIMIT))
}

/// Text of a table as somebody may write it again.
pub(super) fn plain(text: &[u8]) -> String {
    visible(text)
}

/// The name of a table inside a sentence.
pub(super) fn table(name: TableName) -> &'static str {
    match name {
        TableName::Allow => "the allow table",
        TableName::Deny => "the deny table",
    }
}

/// What a mistake in an option does: libwrap refuses everybody the rule matches (section 5 of the
/// measured facts: an option error denies in both tables).
pub(super) const REFUSES: &str = "everybody the rule matches is refused";

/// `keeps nobody out` as several rules do it.
pub(super) fn plural(clause: &str) -> String {
    let (verb, rest) = clause.split_once(' ').unwrap_or((clause, ""));
    format!("{} {rest}", verb.strip_suffix('s').unwrap_or(verb))
}

/// The numbers of lines in order, as at most `most` ranges: `lines 3, 5-7 and 40 more`.
pub(super) fn lines(lines: &[u32], most: usize) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &line in lines {
        match ranges.last_mut() {
            Some((_, last)) if line == *last + 1 => *last = line,
            _ => ranges.push((line, line)),
        }
    }
    let shown = ranges.iter().take(most).map(|(first, last)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    });
    let mut text = shown.collect::<Vec<_>>().join(", ");
    let left: u32 = ranges
        .iter()
        .skip(most)
        .map(|(first, last)| last - first + 1)
        .sum();
    if left > 0 {
        text = format!("{text} and {left} more");
    }
    format!("lines {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_named_as_ranges() {
        assert_eq!(lines(&[3, 5, 6, 7], 8), "lines 3, 5-7");
        assert_eq!(lines(&[1, 3, 5, 6, 7, 9], 2), "lines 1, 3 and 4 more");
        assert_eq!(plural("lets nobody in"), "let nobody in");
    }
}
