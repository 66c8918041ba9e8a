//! What each code means: the one source of `tcpw explain`, of tcpw-codes(7) and of the rules in
//! SARIF.
//!
//! `codes.txt` is written by hand; `examples.txt` is made from the fixtures by a test, so that
//! every example is one that the linter was run on.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const CODES: &str = include_str!("codes.txt");
const EXAMPLES: &str = include_str!("examples.txt");

/// What a code means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doc {
    /// What is wrong, in one sentence.
    pub what: &'static str,
    /// What comes of it.
    pub why: &'static str,
    /// What repairs it: `--fix`, `--unsafe-fixes`, or `by hand`.
    pub repair: &'static str,
    /// The measured facts behind it, by their ids; `none` for what is no matter of libwrap.
    pub facts: &'static str,
    /// Tables with the mistake: each a line with the name of the table, then its lines, indented.
    pub bad: &'static str,
    /// The same intent without it.
    pub good: &'static str,
}

static DOCS: LazyLock<BTreeMap<&'static str, Doc>> = LazyLock::new(read);

/// What `code` means; nothing is said about a code that does not exist.
pub fn of(code: &str) -> Doc {
    DOCS.get(code).copied().unwrap_or_default()
}

/// The codes that are explained, in order.
pub fn codes() -> impl Iterator<Item = &'static str> {
    DOCS.keys().copied()
}

fn read() -> BTreeMap<&'static str, Doc> {
    let mut docs: BTreeMap<&'static str, Doc> = BTreeMap::new();
    for entry in CODES.split("\n\n") {
        let (code, text) = entry.trim().split_once('\n').unwrap_or_default();
        let field = |name: &str| {
            let mut lines = text.lines();
            lines
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                .unwrap_or_default()
        };
        let doc = Doc {
            what: field("what"),
            why: field("why"),
            repair: field("repair"),
            facts: field("facts"),
            ..Doc::default()
        };
        docs.insert(code, doc);
    }
    for entry in EXAMPLES.split("\n== ") {
        let Some((head, text)) = entry.trim_start_matches("== ").split_once('\n') else {
            continue;
        };
        match head.split_once(' ') {
            Some((code, "bad")) => docs.entry(code).or_default().bad = text,
            Some((code, "good")) => docs.entry(code).or_default().good = text,
            _ => {}
        }
    }
    docs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_complete() {
        for code in codes() {
            let doc = of(code);
            assert!(doc.what.ends_with('.') && doc.what.len() > 10, "{code}");
            assert!(doc.why.ends_with('.') && doc.why.len() > 10, "{code}");
            let facts: Vec<_> = doc.facts.split(' ').collect();
            let is_fact = |fact: &&str| fact.starts_with("F-") || **fact == *"none";
            assert!(facts.iter().all(is_fact) && !facts.is_empty(), "{code}");
        }
        assert_eq!(of("TW000"), Doc::default());
    }
}
