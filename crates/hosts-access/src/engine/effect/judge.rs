//! What both versions decide about clients of one kind; and where that hangs on something that is
//! not known, whether the answer matters.

use crate::engine::clients::axis::Axis;
use crate::engine::effect::compile::End;
use crate::engine::effect::profile::{Known, Mark, NONE, Profile};
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
    /// As the options of this rule do.
    Options(u32),
    /// It hangs on this question.
    Ask(u32),
}

/// Both versions, as far as it is the same for all clients.
pub(super) struct Judge<'a> {
    pub(super) rules: &'a [Known],
    /// What becomes of those whom no rule matches.
    pub(super) ends: [Access; 2],
    /// Whether the deny tables are the same.
    pub(super) is_deny_common: bool,
}

impl Judge<'_> {
    pub(super) fn fate(&self, axis: Axis, address: &Profile, name: &Profile) -> Fate {
        self.assuming(axis, [address, name], &mut Vec::new())
    }

    fn assuming(&self, axis: Axis, of: [&Profile; 2], known: &mut Vec<(u32, bool)>) -> Fate {
        let walks = [0, 1].map(|side| self.walk(side, axis, of, known));
        let asked = walks.iter().find_map(|walk| match walk {
            Walk::Ask(question) => Some(*question),
            Walk::Decided(..) | Walk::Options(_) => None,
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
            [Walk::Options(old), Walk::Options(new)] if old == new && self.goes_on_alike(old) => {
                Fate::Same
            }
            _ => {
                let rules = walks.iter().filter_map(|walk| match walk {
                    Walk::Options(rule) => Some(Reason::Rule(*rule)),
                    Walk::Decided(..) | Walk::Ask(_) => None,
                });
                Fate::Open(rules.collect())
            }
        }
    }

    /// Whether both versions go on alike when `aclexec` in a common rule fails: with the deny
    /// table, or with nothing (F-ACL-02, F-ACL-05).
    fn goes_on_alike(&self, rule: u32) -> bool {
        let rule = self.rules.get(crate::span::index(rule));
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
        let at = |profile: &Profile| profile.first.get(side).copied().unwrap_or(NONE);
        let first = at(address).min(at(name));
        let mut marks: Vec<_> = address.marks.iter().chain(&name.marks).copied().collect();
        marks.retain(|(slot, _)| slot.rule < first);
        marks.sort_unstable();
        for marks in marks.chunk_by(|a, b| a.0.rule == b.0.rule) {
            let number = marks.first().map_or(NONE, |mark| mark.0.rule);
            let rule = self.rules.get(crate::span::index(number));
            let Some(rule) =
                rule.filter(|rule| rule.numbers.get(side).is_some_and(Option::is_some))
            else {
                continue;
            };
            let mut is_match = false;
            for group in 0..rule.groups {
                let own = marks
                    .iter()
                    .filter(|(slot, _)| slot.group == group)
                    .map(|mark| mark.1);
                match hit(own, axis, known) {
                    Ok(false) => break,
                    Ok(true) => is_match = !is_match,
                    Err(question) => return Walk::Ask(question),
                }
            }
            if is_match {
                return decided(rule, number);
            }
        }
        if let Some(rule) = self.rules.get(crate::span::index(first)) {
            decided(rule, first)
        } else {
            let end = self.ends.get(side).copied();
            Walk::Decided(end.unwrap_or(Access::Granted), NONE)
        }
    }
}

fn decided(rule: &Known, number: u32) -> Walk {
    match &rule.end {
        End::Access(access) => Walk::Decided(*access, number),
        End::Unknown(_) => Walk::Options(number),
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
