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
    /// The measured facts behind it, by their ids; `none` for what is no matter of libwrap.
    pub facts: &'static str,
    /// Tables with the mistake: each a line with the name of the table, then its lines, indented.
    pub bad: &'static str,
    /// The same intent without it.
    pub good: &'static str,
}

/// The texts of a code, before they are borrowed.
#[derive(Default)]
struct Texts {
    what: String,
    why: String,
    repair: &'static str,
    facts: &'static str,
    bad: &'static str,
    good: &'static str,
}

static TEXTS: LazyLock<BTreeMap<&'static str, Texts>> = LazyLock::new(read);

/// What `code` means; nothing is said about a code that does not exist.
pub fn of(code: &str) -> Doc {
    TEXTS.get(code).map_or_else(Doc::default, |texts| Doc {
        what: &texts.what,
        why: &texts.why,
        repair: texts.repair,
        facts: texts.facts,
        bad: texts.bad,
        good: texts.good,
    })
}

/// The codes that are explained, in order.
pub fn codes() -> impl Iterator<Item = &'static str> {
    TEXTS.keys().copied()
}

fn read() -> BTreeMap<&'static str, Texts> {
    let mut all: BTreeMap<&'static str, Texts> = BTreeMap::new();
    for row in ROWS {
        let mut paragraphs = row.text.split("\n\n");
        let mut joined = || {
            let lines = paragraphs.next().unwrap_or_default().lines();
            lines.map(str::trim).collect::<Vec<_>>().join(" ")
        };
        let (what, why) = (joined(), joined());
        let mut fields = paragraphs.next().unwrap_or_default().lines();
        let mut field = |name: &str| {
            let line = fields
                .next()
                .and_then(|line| line.trim().strip_prefix(name));
            line.unwrap_or_default()
        };
        let texts = Texts {
            what,
            why,
            repair: field("Repair: "),
            facts: field("Facts: "),
            ..Texts::default()
        };
        all.insert(row.check.code, texts);
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
