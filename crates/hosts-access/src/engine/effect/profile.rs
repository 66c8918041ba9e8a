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
    /// The first rule of each version that decides by itself.
    pub(super) first: [u32; 2],
    /// What else matches before these, in order.
    pub(super) marks: Vec<(Slot, Mark)>,
}

impl Profile {
    pub(super) fn new() -> Self {
        Self {
            first: [NONE; 2],
            marks: Vec::new(),
        }
    }

    /// Takes a match into account.
    pub(super) fn add(&mut self, rules: &[Known], slot: Slot, mark: Mark) {
        let Some(rule) = rules.get(crate::span::index(slot.rule)) else {
            return;
        };
        if mark == Mark::Yes && rule.is_simple() {
            for (first, number) in self.first.iter_mut().zip(rule.numbers) {
                if number.is_some() {
                    *first = (*first).min(slot.rule);
                }
            }
        } else {
            self.marks.push((slot, mark));
        }
    }

    /// Drops what comes too late to matter.
    pub(super) fn finish(&mut self) {
        let last = self.first.into_iter().max().unwrap_or(NONE);
        self.marks.retain(|(slot, _)| slot.rule < last);
        self.marks.sort_unstable();
        self.marks.dedup();
    }

    /// The same for all that are decided alike: blocks in place of rules.
    pub(super) fn key(&self, rules: &[Known]) -> Self {
        let block = |rule: u32| {
            rules
                .get(crate::span::index(rule))
                .map_or(NONE, |rule| rule.block)
        };
        Self {
            first: self.first.map(block),
            marks: self.marks.clone(),
        }
    }
}
