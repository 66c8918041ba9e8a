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
