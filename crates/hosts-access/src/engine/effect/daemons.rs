//! Which daemons there are to tell apart: those that rules name, and one for all others.

use crate::engine::effect::claim::Daemons;
use crate::engine::search::list::list_matches;
use crate::engine::search::matching::Matcher;
use crate::engine::{Host, Request, Surroundings};
use crate::escape::visible_short;
use crate::policy::{DaemonPattern, Element, HostPattern, Process, Rule, TextPattern, rules};
use crate::span::{index, offset};
use crate::syntax::{Tree, parse_as};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// As much of a daemon list as a remark shows.
const SHOWN: usize = 40;

/// The daemon lists of the rules, each once.
#[derive(Default)]
pub(super) struct Heads {
    numbers: HashMap<Vec<u8>, u32>,
    texts: Vec<Vec<u8>>,
    of_rule: Vec<u32>,
}

impl Heads {
    /// The daemon list of a rule, without splices.
    pub(super) fn text<'t>(rule: Rule<'t, 't>) -> Cow<'t, [u8]> {
        rule.line().text(rule.daemons().span())
    }

    /// Notes the next rule.
    pub(super) fn push(&mut self, rule: Rule<'_, '_>) {
        let text = rule.line().text(rule.daemons().span());
        let number = if let Some(number) = self.numbers.get(&*text) {
            *number
        } else {
            let number = offset(self.texts.len());
            self.texts.push(text.to_vec());
            self.numbers.insert(text.into_owned(), number);
            number
        };
        self.of_rule.push(number);
    }

    fn of(&self, rule: u32) -> usize {
        self.of_rule
            .get(index(rule))
            .map_or(usize::MAX, |head| index(*head))
    }
}

/// Daemons that the same rules are for.
pub(super) struct View {
    /// An example.
    pub(super) daemon: Vec<u8>,
    pub(super) daemons: Daemons,
    /// For each daemon list.
    applies: Vec<bool>,
}

impl View {
    /// Whether a rule is for them.
    pub(super) fn has(&self, heads: &Heads, rule: u32) -> bool {
        self.applies
            .get(heads.of(rule))
            .is_some_and(|applies| *applies)
    }
}

/// All daemons that a change can concern.
pub(super) struct Views {
    pub(super) all: Vec<View>,
    pub(super) notes: Vec<String>,
}

impl Views {
    /// One daemon, for which all rules are.
    pub(super) fn only(heads: &Heads, daemon: &[u8]) -> Self {
        let daemons = Daemons {
            named: Rc::new(vec![daemon.to_ascii_lowercase()]),
            has: vec![true, false],
        };
        let view = View {
            daemon: daemon.to_vec(),
            daemons,
            applies: vec![true; heads.texts.len()],
        };
        Self {
            all: vec![view],
            notes: Vec::new(),
        }
    }

    /// `changed` are the daemon lists of rules of one version only, in order.
    pub(super) fn new(
        heads: &Heads,
        changed: &[Vec<u8>],
        concerns_all: bool,
        extra: &[&[u8]],
        world: &dyn Surroundings,
    ) -> Self {
        let sources: Vec<Vec<u8>> = heads
            .texts
            .iter()
            .map(|text| [b" ", text.as_slice(), b":\n"].concat())
            .collect();
        let lists = trees(&sources, world);
        let mut named: BTreeSet<Vec<u8>> =
            extra.iter().map(|name| name.to_ascii_lowercase()).collect();
        let mut notes = BTreeSet::new();
        for list in &lists {
            look(list, &mut named, &mut notes, world);
        }
        let mut samples: Vec<Vec<u8>> = named.into_iter().collect();
        let named = Rc::new(samples.clone());
        samples.push(other(&named));
        let mut groups: BTreeMap<Vec<bool>, Vec<usize>> = BTreeMap::new();
        for (at, daemon) in samples.iter().enumerate() {
            let request = Request::new(daemon, Host::unknown());
            let matcher = Matcher::new(&request, world);
            let applies = lists.iter().map(|list| {
                rules(list).next().is_some_and(|rule| {
                    let found = list_matches(rule.daemons(), |text| matcher.daemon(text));
                    found.is_ok_and(|answer| answer.matched().is_some())
                })
            });
            groups.entry(applies.collect()).or_default().push(at);
        }
        let is_changed: Vec<bool> = heads
            .texts
            .iter()
            .map(|text| changed.binary_search(text).is_ok())
            .collect();
        let mut all: Vec<(usize, View)> = Vec::new();
        for (applies, members) in groups {
            let is_concerned = applies.iter().zip(&is_changed).any(|(a, b)| *a && *b);
            let first = members.iter().copied().min().unwrap_or_default();
            if !is_concerned && !concerns_all {
                continue;
            }
            let has = (0..samples.len()).map(|at| members.contains(&at)).collect();
            let daemons = Daemons {
                named: Rc::clone(&named),
                has,
            };
            let daemon = samples.get(first).cloned().unwrap_or_default();
            all.push((
                first,
                View {
                    daemon,
                    daemons,
                    applies,
                },
            ));
        }
        all.sort_by_key(|(first, _)| *first);
        let all = all.into_iter().map(|(_, view)| view).collect();
        Self {
            all,
            notes: notes.into_iter().collect(),
        }
    }
}

/// The trees of sources, as the build of the library reads them.
fn trees<'s>(sources: &'s [Vec<u8>], world: &dyn Surroundings) -> Vec<Tree<'s>> {
    let reading = world.dialect().reading;
    let read = |source: &'s Vec<u8>| parse_as(source, reading);
    sources.iter().map(read).collect()
}

/// Notes the names of a daemon list, and what about it cannot be computed.
fn look(
    list: &Tree<'_>,
    named: &mut BTreeSet<Vec<u8>>,
    notes: &mut BTreeSet<String>,
    world: &dyn Surroundings,
) {
    let elements = rules(list).flat_map(|rule| rule.daemons().elements());
    for element in elements {
        let Element::Pattern { text, .. } = element else {
            continue;
        };
        let pattern = DaemonPattern::read_in(&text, world.dialect());
        let shown = visible_short(&text, SHOWN);
        let is_anywhere = |host: HostPattern<'_>| {
            matches!(
                host,
                HostPattern::Text {
                    pattern: TextPattern::All,
                    ..
                }
            )
        };
        if !pattern.host.is_none_or(is_anywhere) {
            notes.insert(format!(
                "`{shown}`: daemons that tell their end of the connection"
            ));
        }
        match pattern.process {
            Process::Port(_) => {
                notes.insert(format!("`{shown}`: daemons that tell their port"));
            }
            Process::Name(TextPattern::Exact(name)) => {
                named.insert(name.to_ascii_lowercase());
            }
            Process::Name(TextPattern::Known) => {
                named.insert(b"unknown".to_vec());
            }
            Process::Name(TextPattern::All | TextPattern::Wildcard(b"*")) | Process::Overflow => {}
            Process::Name(
                TextPattern::Wildcard(_)
                | TextPattern::Prefix(_)
                | TextPattern::Suffix(_)
                | TextPattern::Ipv6(_)
                | TextPattern::BadIpv6(_),
            ) => {
                notes.insert(format!(
                    "`{shown}`: daemons that it matches and no rule names (--daemon NAME asks about one)"
                ));
            }
        }
    }
}

/// A daemon that no rule names.
fn other(named: &[Vec<u8>]) -> Vec<u8> {
    let tried = (0_usize..).map(|n| {
        if n == 0 {
            "daemon".to_owned()
        } else {
            format!("daemon{n}")
        }
    });
    let mut free = tried
        .map(String::into_bytes)
        .filter(|name| !named.contains(name));
    free.next().unwrap_or_default()
}
