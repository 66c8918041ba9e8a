//! What is wrong with a word the operator typed, and what would work.

use crate::escape::visible_short;
use thiserror::Error;

/// libwrap keeps this many bytes of a name (F-DAEMON-12): a longer one never matches.
const NAME_LIMIT: usize = 127;
/// As much of a word as an error shows.
const SHOWN: usize = 80;

/// A word that cannot be written into a table.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("`{word}` cannot be written into a table: {why}")]
pub struct WordError {
    /// The word, safe to show.
    pub word: String,
    /// What is wrong with it.
    pub why: String,
    /// What would work.
    pub hint: String,
}

/// The error for `word`.
pub(crate) fn refuse<T>(
    word: &str,
    why: impl Into<String>,
    hint: impl Into<String>,
) -> Result<T, WordError> {
    Err(WordError {
        word: visible_short(word.as_bytes(), SHOWN),
        why: why.into(),
        hint: hint.into(),
    })
}

/// Refuses names that libwrap would cut.
pub(crate) fn limit(word: &str) -> Result<(), WordError> {
    if word.len() > NAME_LIMIT {
        let why = format!("libwrap compares only the first {NAME_LIMIT} bytes of a name");
        return refuse(word, why, "give a shorter name, or an address");
    }
    Ok(())
}
