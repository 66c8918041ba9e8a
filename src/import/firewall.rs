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
/// How many ranges all rules have together, as they are walked: a long list in a rule that calls a
/// chain of many rules is one of each of them. As entries they take some hundred megabytes.
const MOST_RANGES: u64 = 8_000_000;

/// Which connections a rule is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Matching {
    /// From these addresses; nothing for all.
    pub(crate) from: Option<Rc<RangeSet>>,
    /// To these ports, as the terms name them; nothing for all.
    pub(crate) ports: Option<Vec<String>>,
    /// Until this time, in seconds since 1970; nothing for ever.
    pub(crate) until: Option<i64>,
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

impl Effect {
    /// What follows for whom a rule with this effect is about, if it is left out: a clause that goes on.
    fn consequence(&self) -> &'static str {
        match self {
            Self::Accept => "; it allows: left out, whom it is about may be denied by what follows",
            Self::Deny => "; it denies: left out, whom it is about may be allowed by what follows",
            Self::Jump(_) | Self::Goto(_) => "; left out, what its chain says of them is not said",
            Self::Return | Self::Nothing | Self::Unknown(_) => "",
        }
    }

    /// That a rule with this effect is left out, and why.
    pub(crate) fn left_out(&self, why: &str) -> Self {
        Self::Unknown(format!("{why}{}", self.consequence()))
    }
}

/// What of this machine's own addresses a rule about its loopback interface is about.
pub(crate) fn loopback() -> RangeSet {
    RangeSet::of(&[
        Network::V4 {
            first: 0x7f00_0000,
            last: 0x7fff_ffff,
        },
        Network::V6 { first: 1, last: 1 },
    ])
}

/// What is to be known of a rule about the loopback interface.
pub(crate) const LOOPBACK: &str = "what comes over the loopback interface is from 127.0.0.0/8 and ::1 here: \
    connections of this machine from its other addresses are treated as those of others";

/// A rule.
#[derive(Debug, Clone)]
pub(crate) struct FilterRule {
    pub(crate) place: SourcePlace,
    pub(crate) matching: Matching,
    pub(crate) effect: Effect,
    /// Why it is there.
    pub(crate) reason: Option<Rc<str>>,
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
    ranges: u64,
    daemons: HashMap<String, Rc<[String]>>,
    /// What comes after the chain that is walked: the rules of those that called it.
    after: Vec<&'f [FilterRule]>,
    is_denied_at_end: bool,
}

impl Filter {
    /// Gives `intake` what becomes of new connections that enter this chain; whoever leaves it is
    /// denied if the policy says so.
    pub(crate) fn walk(&self, chain: &str, is_denied_at_end: bool, intake: &mut Intake<'_>) {
        let mut walk = Walk {
            filter: self,
            intake,
            steps: 0,
            ranges: 0,
            daemons: HashMap::new(),
            after: Vec::new(),
            is_denied_at_end,
        };
        walk.chain(chain, &Matching::default(), 0);
        if walk.is_too_long() {
            let what =
                "its chains call each other too often, or with too many addresses, to be followed";
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

impl<'f> Walk<'f, '_, '_> {
    fn is_too_long(&self) -> bool {
        self.steps > MOST_STEPS || self.ranges > MOST_RANGES
    }

    /// Whether nobody leaves the chain without a verdict.
    fn chain(&mut self, name: &str, context: &Matching, depth: usize) -> bool {
        let filter = self.filter;
        let Some(rules) = filter.chains.get(name) else {
            return false;
        };
        let mut context = context.clone();
        let mut has_left = false;
        for (number, rule) in (1..).zip(rules) {
            self.steps += 1;
            let matching = both(&context, &rule.matching);
            self.ranges += matching.from.as_ref().map_or(1, |from| from.count());
            if self.is_too_long() {
                return false;
            }
            let is_always = rule.matching.from.is_none() && rule.matching.ports.is_none();
            let rest = rules.get(number..).unwrap_or_default();
            match &rule.effect {
                Effect::Accept => self.take(EntryVerdict::Allow, &matching, rule),
                Effect::Deny => self.take(EntryVerdict::Deny, &matching, rule),
                Effect::Nothing => continue,
                Effect::Unknown(why) => self.intake.fault(&rule.place, why),
                Effect::Return if is_always => return false,
                Effect::Return => {
                    has_left = true;
                    context = self.leave(context, &matching, rule);
                }
                Effect::Jump(name) | Effect::Goto(name)
                    if depth < DEEPEST && filter.chains.contains_key(name) =>
                {
                    if self.call(name, &matching, (rule, rest), depth) {
                        if is_always {
                            return !has_left;
                        }
                    } else if matches!(rule.effect, Effect::Goto(_)) && is_always {
                        return false;
                    }
                    continue;
                }
                Effect::Jump(name) | Effect::Goto(name) => {
                    let what = format!("the chain `{}` is not here, or too deep", shown(name));
                    self.intake.fault(&rule.place, &what);
                }
            }
            if is_always && matches!(rule.effect, Effect::Accept | Effect::Deny) {
                return !has_left;
            }
        }
        false
    }

    /// Walks the chain that a rule calls, before the rest of its own; whether nobody leaves it without
    /// a verdict.
    fn call(
        &mut self,
        name: &str,
        matching: &Matching,
        (rule, rest): (&FilterRule, &'f [FilterRule]),
        depth: usize,
    ) -> bool {
        let is_goto = matches!(rule.effect, Effect::Goto(_));
        if !is_goto {
            self.after.push(rest);
        }
        let is_end = self.chain(name, matching, depth + 1);
        if !is_goto {
            self.after.pop();
        }
        let is_always = rule.matching.from.is_none() && rule.matching.ports.is_none();
        if is_goto && !is_end && !is_always {
            let what = format!(
                "some connections leave the chain `{}` without a verdict, and this one with it",
                shown(name)
            );
            self.intake.fault(&rule.place, &what);
        }
        is_end
    }

    /// The connections that stay in a chain after a rule by which others leave it.
    fn leave(&mut self, context: Matching, left: &Matching, rule: &FilterRule) -> Matching {
        let are_all_ports = match (&context.ports, &left.ports) {
            (_, None) => true,
            (Some(all), Some(left)) => all == left,
            (None, Some(_)) => false,
        };
        // Nobody knows of whom the set is that is left after its time, unless nothing else is asked
        // about these connections: then the policy decides, and does so until then.
        if left.until.is_some() {
            if self.is_last(left) {
                let verdict = if self.is_denied_at_end {
                    EntryVerdict::Deny
                } else {
                    EntryVerdict::Allow
                };
                self.take(verdict, left, rule);
                return context;
            }
        } else if let (Some(from), true) = (&left.from, are_all_ports) {
            let all = context
                .from
                .as_ref()
                .map_or_else(|| self.filter.family.clone(), |context| context.ranges());
            let rest: Vec<Network> = all
                .into_iter()
                .flat_map(|range| from.rest_of(range))
                .collect();
            return Matching {
                from: Some(Rc::new(RangeSet::of(&rest))),
                ..context
            };
        }
        let what = "it leaves a chain for some connections only";
        self.intake.fault(&rule.place, what);
        context
    }

    /// Whether no rule after this chain is about these connections.
    fn is_last(&self, matching: &Matching) -> bool {
        let mut rest = self.after.iter().flat_map(|rules| rules.iter());
        rest.all(|rule| {
            let is_elsewhere = match (&rule.matching.ports, &matching.ports) {
                (Some(its), Some(ours)) => !its.iter().any(|port| ours.contains(port)),
                (None, _) | (_, None) => false,
            };
            is_elsewhere || rule.effect == Effect::Nothing
        })
    }

    fn take(&mut self, verdict: EntryVerdict, matching: &Matching, rule: &FilterRule) {
        let ranges = match &matching.from {
            None => self.filter.family.clone(),
            Some(from) => from.common(&RangeSet::of(&self.filter.family)),
        };
        let mut entry = Entry::new(verdict, Whom::Ranges(ranges));
        entry.origin = Origin {
            until: matching.until,
            reason: rule.reason.clone(),
            ..Origin::default()
        };
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
                Err(what) => {
                    let what = format!("{what}{}", rule.effect.consequence());
                    self.intake.fault(&rule.place, &what);
                }
            }
        }
    }
}

/// The connections that both are about.
fn both(one: &Matching, other: &Matching) -> Matching {
    let from = match (&one.from, &other.from) {
        (Some(one), Some(other)) => Some(Rc::new(RangeSet::of(&one.common(other)))),
        (from, None) | (None, from) => from.clone(),
    };
    let ports = match (&one.ports, &other.ports) {
        (Some(one), Some(other)) => {
            let common = one.iter().filter(|port| other.contains(port));
            Some(common.cloned().collect())
        }
        (ports, None) | (None, ports) => ports.clone(),
    };
    let ends = [one.until, other.until];
    Matching {
        from,
        ports,
        until: ends.into_iter().flatten().min(),
    }
}
