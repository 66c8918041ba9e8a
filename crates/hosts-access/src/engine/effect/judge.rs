//! What both versions decide about clients of one kind; and where that hangs on something that is
//! not known, whether the answer matters.

use crate::engine::clients::axis::Axis;
use crate::engine::effect::budget::Budget;
use crate::engine::effect::compile::End;
use crate::engine::effect::compile::Slot;
use crate::engine::effect::profile::{Known, Mark, NONE, Profile, Rules};
use crate::engine::{Access, TableName};
use std::collections::BTreeSet;

/// Open questions that are tried both ways, together.
pub(super) const OPEN_LIMIT: usize = 6;

/// What becomes of a client.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Fate {
    Same,
    Gains,
    Loses,
    /// Nobody can tell, for these reasons.
    Open(BTreeSet<Reason>),
}

/// What is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Reason {
    /// Whether a pattern matches.
    Question(u32),
    /// What the options of a rule do.
    Rule(u32),
}

/// How one version decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    /// By this rule, if it is one.
    Decided(Access, u32),
    /// As the options of this rule do, after an `aclexec` has failed or none has.
    Options(u32, bool),
    /// It hangs on this question.
    Ask(u32),
}

/// Both versions, as far as it is the same for all clients.
pub(super) struct Judge<'a> {
    pub(super) rules: &'a Rules,
    /// What becomes of those whom no rule matches.
    pub(super) ends: [Access; 2],
    /// Whether the deny tables are the same.
    pub(super) is_deny_common: bool,
    /// How much it may take.
    pub(super) budget: &'a Budget,
}

impl Judge<'_> {
    pub(super) fn fate(&self, axis: Axis, address: &Profile, name: &Profile) -> Fate {
        self.budget.take(address.marks.len() + name.marks.len() + 1);
        self.assuming(axis, [address, name], &mut Vec::new())
    }

    fn assuming(&self, axis: Axis, of: [&Profile; 2], known: &mut Vec<(u32, bool)>) -> Fate {
        let walks = [0, 1].map(|side| self.walk(side, axis, of, known));
        let asked = walks.iter().find_map(|walk| match walk {
            Walk::Ask(question) => Some(*question),
            Walk::Decided(..) | Walk::Options(..) => None,
        });
        if let Some(question) = asked {
            if known.len() >= OPEN_LIMIT {
                return Fate::Open(BTreeSet::from([Reason::Question(question)]));
            }
            let [yes, no] = [true, false].map(|answer| {
                known.push((question, answer));
                let fate = self.assuming(axis, of, known);
                known.pop();
                fate
            });
            if yes == no {
                return yes;
            }
            let mut reasons = BTreeSet::from([Reason::Question(question)]);
            for fate in [yes, no] {
                if let Fate::Open(more) = fate {
                    reasons.extend(more);
                }
            }
            return Fate::Open(reasons);
        }
        match walks {
            [Walk::Decided(old, _), Walk::Decided(new, _)] if old == new => Fate::Same,
            [Walk::Decided(..), Walk::Decided(Access::Granted, _)] => Fate::Gains,
            [Walk::Decided(..), Walk::Decided(..)] => Fate::Loses,
            [Walk::Options(old, _), Walk::Options(..)]
                if walks[0] == walks[1] && self.goes_on_alike(old) =>
            {
                Fate::Same
            }
            _ => {
                let rules = walks.iter().filter_map(|walk| match walk {
                    Walk::Options(rule, _) => Some(Reason::Rule(*rule)),
                    Walk::Decided(..) | Walk::Ask(_) => None,
                });
                Fate::Open(rules.collect())
            }
        }
    }

    /// Whether both versions go on alike when `aclexec` in a common rule fails: with the deny
    /// table, or with nothing (F-ACL-02, F-ACL-05).
    fn goes_on_alike(&self, rule: u32) -> bool {
        let rule = self.rules.get(rule);
        self.is_deny_common || rule.is_some_and(|rule| rule.table == TableName::Deny)
    }

    /// The search of one version.
    pub(super) fn walk(
        &self,
        side: usize,
        axis: Axis,
        [address, name]: [&Profile; 2],
        known: &[(u32, bool)],
    ) -> Walk {
        let mut search = Searching {
            judge: self,
            side,
            axis,
            known,
            has_failed: false,
        };
        let first = |of: fn(&Profile) -> [u32; 2]| {
            let at = |profile: &Profile| of(profile).get(side).copied().unwrap_or(NONE);
            at(address).min(at(name))
        };
        let mut marks: Vec<_> = address.marks.iter().chain(&name.marks).copied().collect();
        // Both are in order, and this sort joins two such runs in one pass.
        marks.sort();
        let end = first(|profile| profile.first.of_all);
        let walk = search.until(end, &marks, 0).or_else(|| {
            // A command has failed: the rest of the allow table is not read (F-ACL-02).
            let end = first(|profile| profile.first.of_deny);
            search.until(end, &marks, self.rules.second.unwrap_or(NONE))
        });
        walk.unwrap_or(Walk::Decided(Access::Granted, NONE))
    }
}

/// The search of one version for clients of one kind.
struct Searching<'j> {
    judge: &'j Judge<'j>,
    side: usize,
    axis: Axis,
    known: &'j [(u32, bool)],
    /// Whether a command has failed, so that rules with options that decide nothing count for
    /// nothing.
    has_failed: bool,
}

impl Searching<'_> {
    /// Searches the rules from number `from` up to the one that decides by itself; nothing if the
    /// allow table is left.
    fn until(&mut self, first: u32, marks: &[(Slot, Mark)], from: u32) -> Option<Walk> {
        let marks = marks
            .iter()
            .filter(|(slot, _)| (from..first).contains(&slot.rule));
        let marks: Vec<(Slot, Mark)> = marks.copied().collect();
        for marks in marks.chunk_by(|a, b| a.0.rule == b.0.rule) {
            let number = marks.first().map_or(NONE, |mark| mark.0.rule);
            let rule = self.judge.rules.get(number).filter(|rule| {
                let number = rule.numbers.get(self.side);
                number.is_some_and(Option::is_some)
            });
            let Some(rule) = rule else {
                continue;
            };
            match self.matches(rule, marks) {
                Ok(true) => return self.decided(rule, number, marks),
                Ok(false) => {}
                Err(question) => return Some(Walk::Ask(question)),
            }
        }
        if let Some(rule) = self.judge.rules.get(first) {
            return self.decided(rule, first, &[]);
        }
        let end = self.judge.ends.get(self.side).copied();
        Some(Walk::Decided(end.unwrap_or(Access::Granted), NONE))
    }

    /// Whether the client list of a rule matches, or the question it hangs on.
    fn matches(&self, rule: &Known, marks: &[(Slot, Mark)]) -> Result<bool, u32> {
        let mut is_match = false;
        for group in 0..rule.groups {
            if !self.is_in(group, marks)? {
                break;
            }
            is_match = !is_match;
        }
        Ok(is_match)
    }

    fn is_in(&self, group: u32, marks: &[(Slot, Mark)]) -> Result<bool, u32> {
        let own = marks.iter().filter(|(slot, _)| slot.group == group);
        hit(own.map(|mark| mark.1), self.axis, self.known)
    }

    /// What a rule that matches comes to; nothing if the allow table is left.
    fn decided(&mut self, rule: &Known, number: u32, marks: &[(Slot, Mark)]) -> Option<Walk> {
        let (own, counts) = match &rule.end {
            End::Access(access) => (*access, Ok(true)),
            End::Options(own) => (*own, Ok(!self.has_failed)),
            End::Gate(own) => (*own, self.is_in(rule.groups, marks)),
            End::Unknown(_) => return Some(Walk::Options(number, self.has_failed)),
        };
        match counts {
            Ok(true) => Some(Walk::Decided(own, number)),
            Ok(false) if rule.table == TableName::Deny => {
                Some(Walk::Decided(Access::Granted, NONE))
            }
            Ok(false) => {
                self.has_failed = true;
                None
            }
            Err(question) => Some(Walk::Ask(question)),
        }
    }
}

/// Whether one of the alternatives holds, or the question it hangs on.
fn hit(marks: impl Iterator<Item = Mark>, axis: Axis, known: &[(u32, bool)]) -> Result<bool, u32> {
    let mut open = None;
    for mark in marks {
        match mark {
            Mark::IfAddress if axis == Axis::Nowhere => {}
            Mark::Yes | Mark::IfAddress => return Ok(true),
            Mark::If(question) => match known.iter().find(|(asked, _)| *asked == question) {
                Some((_, true)) => return Ok(true),
                Some((_, false)) => {}
                None => open = open.or(Some(question)),
            },
        }
    }
    open.map_or(Ok(false), Err)
}
