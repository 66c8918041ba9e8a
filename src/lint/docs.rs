//! What each code means: the one source of `tcpw explain`, of tcpw-codes(7) and of the rules in
//! SARIF.
//!
//! The texts stand with the row of each check; `examples.txt` is made from the fixtures by a test, so that
//! every example is one that the linter was run on.

use super::table::ROWS;
use std::collections::BTreeMap;
use std::sync::LazyLock;

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
    /// The measured facts that it rests on, by their ids; `none` for what does not come from libwrap.
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
    let mut all: BTreeMap<&'static str, Doc> = BTreeMap::new();
    for row in ROWS {
        let mut paragraphs = row.text.split("\n\n");
        let mut joined = || {
            let lines = paragraphs.next().unwrap_or_default().lines();
            // Read once, and kept as long as the program runs.
            &*lines.map(str::trim).collect::<Vec<_>>().join(" ").leak()
        };
        let (what, why) = (joined(), joined());
        let mut fields = paragraphs.next().unwrap_or_default().lines();
        let mut field = |name: &str| {
            let line = fields
                .next()
                .and_then(|line| line.trim().strip_prefix(name));
            line.unwrap_or_default()
        };
        let doc = Doc {
            what,
            why,
            repair: field("Repair: "),
            facts: field("Facts: "),
            ..Doc::default()
        };
        all.insert(row.check.code, doc);
    }
    for entry in EXAMPLES.split("\n== ") {
        let Some((head, text)) = entry.trim_start_matches("== ").split_once('\n') else {
            continue;
        };
        match head.split_once(' ') {
            Some((code, "bad")) => all.entry(code).or_default().bad = text,
            Some((code, "good")) => all.entry(code).or_default().good = text,
            _ => {}
        }
    }
    all
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
