//! What the generated cases hit, so that a run that proves nothing shows itself.

use super::case::Case;
use super::generate::Source;
use super::library::Tables;
use std::collections::BTreeMap;

/// Whether a line contains something.
type Recognise = fn(&str) -> bool;

/// Things a deciding line can contain: name, and how it is recognised.
const KINDS: [(&str, Recognise); 12] = [
    ("EXCEPT", |l| l.to_ascii_uppercase().contains("EXCEPT")),
    ("[IPv6]", |l| l.contains('[')),
    ("net/mask", |l| {
        l.contains(|c: char| c.is_ascii_digit()) && l.contains('/')
    }),
    ("wildcard", |l| l.contains(['*', '?'])),
    ("@", |l| l.contains('@')),
    ("/file", |l| l.contains("/list")),
    ("options", |l| l.matches(':').count() > 1),
    ("aclexec", |l| l.to_ascii_lowercase().contains("aclexec")),
    ("name", |l| l.to_ascii_lowercase().contains("foo")),
    ("word", |l| {
        ["KNOWN", "LOCAL", "PARANOID"].iter().any(|w| l.contains(w))
    }),
    ("prefix or suffix", |l| {
        l.contains(" .") || l.contains(". ") || l.ends_with('.')
    }),
    ("long", |l| l.len() > 2000),
];

/// Counters of one worker, or of all.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    queries: usize,
    inside: usize,
    sources: BTreeMap<Source, usize>,
    verdicts: BTreeMap<&'static str, usize>,
    kinds: BTreeMap<&'static str, usize>,
}

impl Tally {
    /// Counts a case.
    pub(crate) fn count_source(&mut self, source: Source) {
        *self.sources.entry(source).or_default() += 1;
    }

    /// Counts queries that this process answered.
    pub(crate) fn count_inside(&mut self, queries: usize) {
        self.inside += queries;
    }

    /// Counts one answer of the library to a query of `case`.
    pub(crate) fn count(&mut self, case: &Case, tables: &Tables, answer: &str) {
        self.queries += 1;
        let (verdict, rule) = answer.split_once('\t').unwrap();
        let (file, line) = rule.rsplit_once(':').unwrap_or((rule, ""));
        let in_allow = file == tables.allow.to_str().unwrap();
        let table = if in_allow { &case.allow } else { &case.deny };
        let text = line
            .parse()
            .ok()
            .and_then(|number| logical_line(table.as_deref()?, number));
        let name = match (verdict, rule, in_allow) {
            ("died", ..) => "died",
            (_, "default", _) => "default",
            ("granted", _, true) => "granted by allow",
            ("granted", ..) => "granted by deny",
            (_, _, true) => "denied by allow",
            _ => "denied by deny",
        };
        *self.verdicts.entry(name).or_default() += 1;
        for (kind, is) in KINDS {
            if text.as_deref().is_some_and(is) {
                *self.kinds.entry(kind).or_default() += 1;
            }
        }
        if text.as_deref().is_some_and(|text| text.contains("\\\n")) {
            *self.kinds.entry("continued").or_default() += 1;
        }
    }

    /// Takes over what another worker counted.
    pub(crate) fn add(&mut self, other: &Self) {
        self.queries += other.queries;
        self.inside += other.inside;
        for (source, count) in &other.sources {
            *self.sources.entry(*source).or_default() += count;
        }
        for (name, count) in &other.verdicts {
            *self.verdicts.entry(name).or_default() += count;
        }
        for (name, count) in &other.kinds {
            *self.kinds.entry(name).or_default() += count;
        }
    }

    /// Fails if the cases were too few or mostly decided by nothing.
    pub(crate) fn demand_substance(&self, per_case: usize) {
        let count = |name| self.verdicts.get(name).copied().unwrap_or(0);
        let undecided = count("default") + count("died");
        assert!(self.queries >= 1_000_000 && self.queries / per_case >= 50_000);
        assert!(undecided * 100 <= self.queries * 80, "{self:?}");
        assert!(count("died") * 100 <= self.queries * 3, "{self:?}");
        for (name, least_of_1000) in [
            ("granted by allow", 80),
            ("denied by deny", 100),
            ("denied by allow", 3),
        ] {
            assert!(
                count(name) * 1000 >= self.queries * least_of_1000,
                "{name}: {self:?}"
            );
        }
        for (kind, _) in KINDS {
            assert!(self.kinds.contains_key(kind), "no verdict rests on: {kind}");
        }
    }

    /// The counters, as lines to read.
    pub(crate) fn lines(&self) -> [String; 3] {
        let list = |counts: &BTreeMap<&str, usize>| {
            let words: Vec<String> = counts.iter().map(|(n, c)| format!("{n} {c}")).collect();
            words.join(", ")
        };
        [
            format!(
                "oracle: pairs: {:?}; queries answered by the library in this process: {}",
                self.sources, self.inside
            ),
            format!("oracle: verdicts: {}", list(&self.verdicts)),
            format!("oracle: in the deciding line: {}", list(&self.kinds)),
        ]
    }

    /// How much was asked.
    pub(crate) fn size(&self, per_case: usize) -> String {
        format!(
            "{} table pairs, {} queries",
            self.queries / per_case,
            self.queries
        )
    }
}

/// The physical line `number` and the lines continued into it, as text.
fn logical_line(table: &[u8], number: usize) -> Option<String> {
    let lines: Vec<&[u8]> = table.split_inclusive(|&b| b == b'\n').collect();
    let mut first = number.checked_sub(1)?;
    while first > 0 && lines.get(first - 1)?.ends_with(b"\\\n") {
        first -= 1;
    }
    let bytes = lines.get(first..number)?.concat();
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
