//! Which findings about one line follow from another one: only the root cause is reported.
//!
//! A rule that is dead or malformed has no findings about its options, its words and its place
//! among the rules; a word that is not a pattern has no findings about what it would match.

use super::check::{Check, Ends};
use crate::engine::TableName;
use crate::span::Span;

/// Words beside `ALL`: of one that is not a pattern the same is said.
const BESIDE: &str = "TW216";

/// A finding about a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) check: &'static Check,
    pub(super) span: Span,
}

/// Which of the findings about one line follow from others of them.
///
/// Where `no_daemon` is left that could be one, what is wrong with the clients follows too.
pub(super) fn derived(found: &[Found], no_daemon: bool) -> Vec<bool> {
    let causes: Vec<_> = found
        .iter()
        .enumerate()
        .filter_map(|(at, one)| Some((one.check.ends?, at)))
        .collect();
    let mut is_derived = vec![false; found.len()];
    let Some(((deepest, _), root)) = causes.iter().min().copied() else {
        return is_derived;
    };
    for (at, one) in found.iter().enumerate() {
        let (own, code) = (one.check.ends, one.check.code);
        // What is wrong with a line as such stays wrong.
        let is_of_line = code < "TW200" && own.is_none();
        let is_of_clients = matches!(own, Some((Ends::Word, _))) && !code.starts_with("TW4");
        let is_of_nobody = no_daemon && is_of_clients;
        if is_of_line || (at == root && !is_of_nobody) {
            continue;
        }
        let follows = |cause: usize| {
            found.get(cause).is_some_and(|cause| {
                cause.span.start < one.span.end && one.span.start < cause.span.end
            })
        };
        let is_after_rest = || {
            let begin = found.get(root).map_or(0, |root| root.span.start);
            code >= "TW500" || (own.is_none() && one.span.start >= begin)
        };
        let is_weaker = |rank: (Ends, u8)| own.is_none_or(|own| rank < own);
        let is_beside = code == BESIDE && is_word_beside_all(found);
        let is_in_word = causes
            .iter()
            .any(|&(rank, cause)| cause != at && is_weaker(rank) && follows(cause));
        let is_dropped = match deepest {
            Ends::Rule => true,
            _ if is_of_nobody => true,
            Ends::Rest => is_after_rest() || is_in_word || is_beside,
            Ends::Word => is_in_word || is_beside,
        };
        if let Some(flag) = is_derived.get_mut(at) {
            *flag = is_dropped;
        }
    }
    is_derived
}

/// Whether a word that is not a pattern at all is among the findings.
fn is_word_beside_all(found: &[Found]) -> bool {
    found.iter().any(|one| one.check.is_no_pattern)
}

/// The dead rules and words of all lines, by table and place.
#[derive(Debug, Clone, Default)]
pub(super) struct Dead {
    /// Rules that are dead as a whole, and whether their options are none.
    rules: Vec<(TableName, Span, bool)>,
    words: Vec<(TableName, Span)>,
}

impl Dead {
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.words.is_empty()
    }

    pub(super) fn add_rule(&mut self, table: TableName, span: Span, without_options: bool) {
        self.rules.push((table, span, without_options));
    }

    pub(super) fn add_word(&mut self, table: TableName, span: Span) {
        self.words.push((table, span));
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.rules.append(&mut other.rules);
        self.words.append(&mut other.words);
    }

    /// To be called before it is asked.
    pub(super) fn sort(&mut self) {
        self.rules
            .sort_unstable_by_key(|&(table, span, _)| (table, span.start));
        self.words
            .sort_unstable_by_key(|&(table, span)| (table, span.start));
    }

    /// Whether what is found about both tables, or about the files they name, follows from a dead
    /// rule or word at its place.
    pub(super) fn explains(&self, table: TableName, found: Found) -> bool {
        let (code, span) = (found.check.code, found.span);
        // What has no place is about the table.
        if span.is_empty() || !("TW200".."TW800").contains(&code) {
            return false;
        }
        let end = self
            .words
            .partition_point(|&(other, word)| (other, word.start) <= (table, span.start));
        let word = end.checked_sub(1).and_then(|at| self.words.get(at));
        if word.is_some_and(|&(other, word)| other == table && span.end <= word.end) {
            return true;
        }
        let end = self
            .rules
            .partition_point(|&(other, rule, _)| (other, rule.start) <= (table, span.start));
        let rule = end.checked_sub(1).and_then(|at| self.rules.get(at));
        rule.is_some_and(|&(other, rule, without_options)| {
            let is_there = other == table && span.start < rule.end;
            is_there && (code >= "TW700" || (without_options && code >= "TW500"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::table::CHECKS;

    fn kept(found: &[(&'static str, u32, u32)]) -> Vec<&'static str> {
        let found: Vec<_> = found
            .iter()
            .map(|&(code, start, end)| Found {
                check: CHECKS.iter().find(|check| check.code == code).unwrap(),
                span: Span::new(start, end),
            })
            .collect();
        let derived = derived(&found, false);
        let pairs = found.iter().zip(derived);
        pairs
            .filter(|(_, derived)| !derived)
            .map(|(one, _)| one.check.code)
            .collect()
    }

    #[test]
    fn only_the_root_cause_of_a_line_is_left() {
        assert_eq!(kept(&[("TW502", 12, 13), ("TW201", 0, 13)]), ["TW201"]);
        assert_eq!(
            kept(&[("TW101", 0, 13), ("TW201", 0, 13)]),
            ["TW101", "TW201"]
        );
        assert_eq!(kept(&[("TW324", 6, 20), ("TW310", 6, 20)]), ["TW310"]);
        assert_eq!(
            kept(&[("TW309", 6, 9), ("TW301", 10, 20)]),
            ["TW309", "TW301"]
        );
        assert_eq!(kept(&[("TW501", 10, 12), ("TW204", 5, 20)]), ["TW204"]);
        assert_eq!(kept(&[("TW216", 5, 8), ("TW315", 9, 12)]), ["TW315"]);
        assert_eq!(
            kept(&[("TW216", 5, 8), ("TW301", 9, 12)]),
            ["TW216", "TW301"]
        );
        assert_eq!(
            kept(&[("TW321", 5, 8), ("TW601", 9, 12)]),
            ["TW321", "TW601"]
        );
    }
}
