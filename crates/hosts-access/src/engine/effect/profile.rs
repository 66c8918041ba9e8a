//! What the rules of both versions have to say about an address, or about a name.

use crate::engine::TableName;
use crate::engine::effect::compile::{End, Slot};

/// No rule.
pub(super) const NONE: u32 = u32::MAX;

/// A rule of the merged tables.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) table: TableName,
    pub(super) numbers: [Option<u32>; 2],
    /// Index of its line in the old version.
    pub(super) old_line: Option<usize>,
    pub(super) groups: u32,
    pub(super) end: End,
    /// Rules in a row that do the same in the same versions have one number.
    pub(super) block: u32,
}

impl Known {
    /// Whether one hit decides.
    pub(super) fn is_simple(&self) -> bool {
        self.groups == 1 && matches!(self.end, End::Access(_))
    }
}

/// The rules of the merged tables, those of the allow tables first.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) all: Vec<Known>,
    /// The number of the first rule of the deny tables, where an `aclexec` of the allow tables can
    /// lead past rules of these.
    pub(super) second: Option<u32>,
}

impl Rules {
    pub(super) fn get(&self, number: u32) -> Option<&Known> {
        self.all.get(crate::span::index(number))
    }
}

/// The first rules that decide by themselves, of each version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Firsts {
    /// Of both tables.
    pub(super) of_all: [u32; 2],
    /// Of the deny table, where the search can come there past such a rule of the allow table.
    pub(super) of_deny: [u32; 2],
}

impl Firsts {
    pub(super) const NONE: Self = Self {
        of_all: [NONE; 2],
        of_deny: [NONE; 2],
    };

    fn add(&mut self, rules: &Rules, number: u32, numbers: [Option<u32>; 2]) {
        let is_second = rules.second.is_some_and(|second| number >= second);
        for (side, is) in numbers.iter().enumerate() {
            if is.is_none() {
                continue;
            }
            for firsts in [
                Some(&mut self.of_all),
                is_second.then_some(&mut self.of_deny),
            ] {
                if let Some(first) = firsts.and_then(|firsts| firsts.get_mut(side)) {
                    *first = (*first).min(number);
                }
            }
        }
    }

    /// Whether what matches in this rule can matter before these decide.
    pub(super) fn are_after(&self, rules: &Rules, rule: u32) -> bool {
        let is_before = |firsts: [u32; 2]| firsts.into_iter().any(|first| rule < first);
        match rules.second {
            Some(second) if rule >= second => is_before(self.of_deny),
            Some(_) | None => is_before(self.of_all),
        }
    }
}

/// How certain an atom matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Mark {
    Yes,
    /// If the address is known.
    IfAddress,
    /// If the answer to this question is yes.
    If(u32),
}

/// All that matches an address, or a name, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Profile {
    pub(super) first: Firsts,
    /// What else matches before these, in order.
    pub(super) marks: Vec<(Slot, Mark)>,
}

impl Profile {
    pub(super) fn new() -> Self {
        Self {
            first: Firsts::NONE,
            marks: Vec::new(),
        }
    }

    /// Takes a match into account.
    pub(super) fn add(&mut self, rules: &Rules, slot: Slot, mark: Mark) {
        let Some(rule) = rules.get(slot.rule) else {
            return;
        };
        if mark == Mark::Yes && rule.is_simple() {
            self.first.add(rules, slot.rule, rule.numbers);
        } else {
            self.marks.push((slot, mark));
        }
    }

    /// Drops what comes too late to matter.
    pub(super) fn finish(&mut self, rules: &Rules) {
        let first = self.first;
        self.marks
            .retain(|(slot, _)| first.are_after(rules, slot.rule));
        self.marks.sort_unstable();
        self.marks.dedup();
    }

    /// The same for all that are decided alike: blocks in place of rules.
    pub(super) fn key(&self, rules: &Rules) -> Self {
        let block = |rule: u32| rules.get(rule).map_or(NONE, |rule| rule.block);
        let Firsts { of_all, of_deny } = self.first;
        Self {
            first: Firsts {
                of_all: of_all.map(block),
                of_deny: of_deny.map(block),
            },
            marks: self.marks.clone(),
        }
    }
}
