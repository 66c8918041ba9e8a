//! The chains of a packet filter, walked as a new connection walks them.

use crate::import::entry::{Entry, EntryVerdict, Origin, Whom};
use crate::import::intake::Intake;
use crate::import::notes::SourcePlace;
use crate::import::ranges::RangeSet;
use crate::import::words::shown;
use std::collections::HashMap;
use std::rc::Rc;
use tcpw_gate::Network;

/// How deep chains may call each other; the kernel allows 16.
const DEEPEST: usize = 16;
/// How many rules are walked: chains that call each other many times can be written in few lines.
const MOST_STEPS: u64 = 5_000_000;

/// Which connections a rule is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Matching {
    /// From these addresses; nothing for all.
    pub(crate) from: Option<RangeSet>,
    /// To these ports, as the terms name them; nothing for all.
    pub(crate) ports: Option<Vec<String>>,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    Accept,
    Deny,
    /// Another chain, and then on.
    Jump(String),
    /// Another chain, and then where a return from this one would lead.
    Goto(String),
    /// Back to the chain that called this one.
    Return,
    /// Nothing to a new connection.
    Nothing,
    /// It is not known; in words why not.
    Unknown(String),
}

/// A rule.
#[derive(Debug, Clone)]
pub(crate) struct FilterRule {
    pub(crate) place: SourcePlace,
    pub(crate) matching: Matching,
    pub(crate) effect: Effect,
    /// When it runs out, and why it is there.
    pub(crate) origin: Origin,
}

/// Chains by their names, and the addresses that they ever see.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    pub(crate) chains: HashMap<String, Vec<FilterRule>>,
    pub(crate) family: Vec<Network>,
}

/// A walk through chains.
struct Walk<'f, 'i, 't> {
    filter: &'f Filter,
    intake: &'i mut Intake<'t>,
    steps: u64,
    daemons: HashMap<String, Rc<[String]>>,
}

impl Filter {
    /// Gives `intake` what becomes of new connections that enter this chain; whoever leaves it is
    /// denied if the policy says so.
    pub(crate) fn walk(&self, chain: &str, is_denied_at_end: bool, intake: &mut Intake<'_>) {
        let mut walk = Walk {
            filter: self,
            intake,
            steps: 0,
            daemons: HashMap::new(),
        };
        walk.chain(chain, &Matching::default(), 0);
        if walk.steps > MOST_STEPS {
            let what = "its chains call each other too often to be followed";
            intake.fault(&SourcePlace::Whole, what);
        }
        if is_denied_at_end {
            intake.take(Entry::new(
                EntryVerdict::Deny,
                Whom::Ranges(self.family.clone()),
            ));
        }
    }
}

impl Walk<'_, '_, '_> {
    /// Whether nobody leaves the chain without a verdict.
    fn chain(&mut self, name: &str, context: &Matching, depth: usize) -> bool {
        let filter = self.filter;
        let Some(rules) = filter.chains.get(name) else {
            return false;
        };
        for rule in rules {
            self.steps += 1;
            if self.steps > MOST_STEPS {
                return false;
            }
            let is_always = rule.matching.from.is_none() && rule.matching.ports.is_none();
            let matching = both(context, &rule.matching);
            match &rule.effect {
                Effect::Accept => self.take(EntryVerdict::Allow, &matching, rule),
                Effect::Deny => self.take(EntryVerdict::Deny, &matching, rule),
                Effect::Nothing => continue,
                Effect::Unknown(why) => self.intake.fault(&rule.place, why),
                Effect::Return if is_always => return false,
                Effect::Return => {
                    let what = "it leaves a chain for some connections only";
                    self.intake.fault(&rule.place, what);
                }
                Effect::Jump(name) | Effect::Goto(name)
                    if depth < DEEPEST && filter.chains.contains_key(name) =>
                {
                    let is_end = self.chain(name, &matching, depth + 1);
                    let goes_on = !is_end && matches!(rule.effect, Effect::Goto(_));
                    if goes_on && is_always {
                        return false;
                    }
                    if goes_on {
                        let what = format!(
                            "some connections leave the chain `{}` without a verdict, and this one with it",
                            shown(name)
                        );
                        self.intake.fault(&rule.place, &what);
                    }
                    if is_end && is_always {
                        return true;
                    }
                    continue;
                }
                Effect::Jump(name) | Effect::Goto(name) => {
                    let what = format!("the chain `{}` is not here, or too deep", shown(name));
                    self.intake.fault(&rule.place, &what);
                }
            }
            if is_always && matches!(rule.effect, Effect::Accept | Effect::Deny) {
                return true;
            }
        }
        false
    }

    fn take(&mut self, verdict: EntryVerdict, matching: &Matching, rule: &FilterRule) {
        let ranges = match &matching.from {
            None => self.filter.family.clone(),
            Some(from) => from.common(&RangeSet::of(&self.filter.family)),
        };
        let mut entry = Entry::new(verdict, Whom::Ranges(ranges));
        entry.origin.clone_from(&rule.origin);
        let Some(ports) = &matching.ports else {
            self.intake.take(entry);
            return;
        };
        for port in ports {
            match self.intake.daemon_at(port) {
                Ok(daemon) => {
                    let list = self.daemons.entry(daemon.to_owned());
                    let list = list.or_insert_with(|| Rc::from([daemon.to_owned()]));
                    entry.daemons = Some(Rc::clone(list));
                    self.intake.take(entry.clone());
                }
                Err(what) => self.intake.fault(&rule.place, &what),
            }
        }
    }
}

/// The connections that both are about.
fn both(one: &Matching, other: &Matching) -> Matching {
    let from = match (&one.from, &other.from) {
        (Some(one), Some(other)) => Some(RangeSet::of(&one.common(other))),
        (from, None) | (None, from) => from.clone(),
    };
    let ports = match (&one.ports, &other.ports) {
        (Some(one), Some(other)) => {
            let common = one.iter().filter(|port| other.contains(port));
            Some(common.cloned().collect())
        }
        (ports, None) | (None, ports) => ports.clone(),
    };
    Matching { from, ports }
}
