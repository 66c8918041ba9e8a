//! Findings with one cause in many places are one finding: its first place, the others, and how
//! many there are.

use super::words;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Ranges of lines that a message names.
const RANGES: usize = 8;
/// Stands for the places while a message is made.
const MARK: &str = "\u{0}";

/// What tells the findings of one cause, within their code and their table, from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cause {
    key: u64,
    /// What the places are: `rule` or `line`.
    noun: &'static str,
}

impl Cause {
    /// The cause of rules that have all `parts` in common.
    pub(super) fn of_rules(parts: &[&[u8]]) -> Self {
        Self::new(parts, "rule")
    }

    /// The cause of lines that are not rules.
    pub(super) fn of_lines(parts: &[&[u8]]) -> Self {
        Self::new(parts, "line")
    }

    fn new(parts: &[&[u8]], noun: &'static str) -> Self {
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        Self {
            key: hasher.finish(),
            noun,
        }
    }

    pub(super) fn key(self) -> u64 {
        self.key
    }
}

/// What a finding says of one place and of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) cause: Cause,
    single: String,
    /// What goes before and after the places.
    several: [String; 2],
}

impl Group {
    /// `several` makes the message for places that it is given in words.
    pub(super) fn new(cause: Cause, single: String, several: impl FnOnce(&str) -> String) -> Self {
        let text = several(MARK);
        let (before, after) = text.split_once(MARK).unwrap_or((&text, ""));
        Self {
            cause,
            single,
            several: [before.to_owned(), after.to_owned()],
        }
    }

    /// The message about places in these lines, which are in order.
    pub(super) fn message(&self, lines: &[u32]) -> String {
        if lines.len() < 2 {
            return self.single.clone();
        }
        let [before, after] = &self.several;
        let (count, noun) = (lines.len(), self.cause.noun);
        let lines = words::lines(lines, RANGES);
        format!("{before}{count} {noun}s ({lines}){after}")
    }
}
