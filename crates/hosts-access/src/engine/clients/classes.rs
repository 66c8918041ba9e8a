//! Texts, names or users, as classes that a number of patterns does not tell apart.

use crate::engine::clients::answer::Answer;
use crate::engine::clients::atom::LONGEST;
use crate::engine::search::compare::text_matches;
use crate::policy::TextPattern;
use std::collections::BTreeSet;

/// Texts that all patterns but wildcards treat alike.
#[derive(Debug)]
pub(super) struct Class {
    /// One of them, in lower case.
    pub(super) example: Vec<u8>,
    /// Whether it is the only one.
    is_single: bool,
    /// Whether there is one for certain.
    pub(super) is_certain: bool,
}

impl Class {
    /// Whether the texts of the class match.
    pub(super) fn matches(&self, pattern: TextPattern<'_>) -> Answer {
        match pattern {
            TextPattern::Wildcard(_) if !self.is_single => Answer::Unknown,
            TextPattern::Ipv6(_) => Answer::Unknown,
            TextPattern::Wildcard(_)
            | TextPattern::Suffix(_)
            | TextPattern::Prefix(_)
            | TextPattern::All
            | TextPattern::Known
            | TextPattern::BadIpv6(_)
            | TextPattern::Exact(_) => text_matches(pattern, &self.example).into(),
        }
    }

    /// Whether they are names, rather than a word for there being none.
    pub(super) fn is_known(&self) -> bool {
        self.example != b"unknown" && self.example != b"paranoid"
    }
}

/// The classes of all texts: `words`, the texts that patterns name, and those with each pair of a
/// head and a tail that they name, or with neither.
pub(super) fn classes(words: &[&[u8]], patterns: &[TextPattern<'_>]) -> Vec<Class> {
    let mut singles: BTreeSet<Vec<u8>> = words.iter().map(|word| word.to_vec()).collect();
    let mut heads = BTreeSet::from([Vec::new()]);
    let mut tails = BTreeSet::from([Vec::new()]);
    for pattern in patterns {
        let text = pattern.text().to_ascii_lowercase();
        match pattern {
            TextPattern::Exact(_) if text.len() <= LONGEST => singles.insert(text),
            TextPattern::Prefix(_) => heads.insert(text),
            TextPattern::Suffix(_) => tails.insert(text),
            TextPattern::Exact(_)
            | TextPattern::Wildcard(_)
            | TextPattern::All
            | TextPattern::Known
            | TextPattern::Ipv6(_)
            | TextPattern::BadIpv6(_) => continue,
        };
    }
    let is_named = |example: &[u8], head: &[u8], tail: &[u8]| {
        patterns.iter().any(|pattern| match pattern {
            TextPattern::Prefix(text) => text.len() > head.len() && text_matches(*pattern, example),
            TextPattern::Suffix(text) => text.len() > tail.len() && text_matches(*pattern, example),
            TextPattern::Exact(_) => text_matches(*pattern, example),
            TextPattern::Wildcard(_)
            | TextPattern::All
            | TextPattern::Known
            | TextPattern::Ipv6(_)
            | TextPattern::BadIpv6(_) => false,
        })
    };
    let fresh = |head: &[u8], middle: &str, tail: &[u8]| {
        let example = |n: usize| [head, format!("n{n}{middle}").as_bytes(), tail].concat();
        let found = (0..=patterns.len()).map(example);
        let found = found
            .into_iter()
            .find(|example| !is_named(example, head, tail));
        let is_certain = found.as_ref().is_some_and(|text| text.len() <= LONGEST);
        Class {
            example: found.unwrap_or_default(),
            is_single: false,
            is_certain,
        }
    };
    let pairs = heads
        .iter()
        .flat_map(|head| tails.iter().map(move |tail| (head, tail)));
    let mut found: Vec<Class> = pairs.map(|(head, tail)| fresh(head, "", tail)).collect();
    // Those with neither are told apart by their dots.
    found.push(fresh(b"", ".nowhere", b""));
    found.extend(singles.into_iter().map(|example| Class {
        example,
        is_single: true,
        is_certain: true,
    }));
    found
}
