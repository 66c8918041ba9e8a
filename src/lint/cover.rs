//! Which clients earlier rules have decided about already: an index of patterns, so that a table
//! of a million rules takes one look-up a pattern.
//!
//! It answers yes only where it is certain: equal patterns, `ALL`, networks in networks, names in
//! domains, prefixes in prefixes. Everything else is taken for a pattern of its own.

use super::view::{RuleView, base, has_except};
use crate::engine::ClientGroup;
use crate::policy::{ClientPattern, Dialect, mask4};
use crate::span::offset;
use std::borrow::Cow;
use std::collections::HashMap;

/// Rules with more pairs of daemon and client for each of their words are neither looked up nor
/// kept: the pairs are the square of the line's length, and the time must stay linear.
const PAIRS_PER_WORD: usize = 4;

/// The rule that covers another one.
#[derive(Debug, Clone, Copy)]
pub(super) struct CoveredBy {
    /// Index of its line in its tree.
    pub(super) line: usize,
    /// Whether no further rule is needed for that.
    pub(super) is_alone: bool,
    /// Whether it grants, and the others with it; nothing if they differ.
    pub(super) grants: Option<bool>,
}

/// The patterns of the rules so far, by daemon.
#[derive(Debug, Default)]
pub(super) struct Cover {
    daemons: HashMap<Vec<u8>, u32>,
    /// The number of `ALL` among the daemons.
    all_daemons: Option<u32>,
    known: Vec<Known>,
    ipv4: HashMap<u64, Owner>,
    others: HashMap<(u32, ClientGroup<'static>), Owner>,
}

/// What there is about one daemon, so that most look-ups need not be made.
#[derive(Debug, Default)]
struct Known {
    all: Option<Owner>,
    ipv4_lengths: u64,
    ipv6_lengths: [u128; 2],
    has_domain: bool,
    has_head: bool,
}

/// The line of a pattern.
#[derive(Debug, Clone, Copy)]
struct Owner {
    line: u32,
    /// Whether a match there ends the search in both tables.
    for_good: bool,
    grants: bool,
}

impl Cover {
    /// Remembers the patterns of a rule.
    pub(super) fn add(&mut self, terms: &Terms<'_, '_, '_>, for_good: bool) {
        let rule = terms.rule;
        if has_except(&rule.daemons) || has_except(&rule.clients) || terms.has_too_many_pairs {
            return;
        }
        let owner = Owner {
            line: offset(rule.rule.line().index()),
            for_good,
            grants: rule.grants(),
        };
        for (daemon, _) in base(&rule.daemons) {
            let daemon = self.daemon_or_new(daemon, rule.dialect);
            for client in &terms.clients {
                self.add_client(daemon, client, owner);
            }
        }
    }

    fn daemon_or_new(&mut self, daemon: &[u8], dialect: &Dialect) -> u32 {
        let key = daemon_key(daemon, dialect);
        if let Some(&known) = self.daemons.get(&*key) {
            return known;
        }
        let id = offset(self.known.len());
        if &*key == b"all" {
            self.all_daemons = Some(id);
        }
        self.known.push(Known::default());
        self.daemons.insert(key.into_owned(), id);
        id
    }

    fn add_client(&mut self, daemon: u32, client: &ClientGroup<'_>, owner: Owner) {
        let Some(known) = self.known.get_mut(crate::span::index(daemon)) else {
            return;
        };
        match *client {
            ClientGroup::Nobody => return,
            ClientGroup::Everybody => {
                known.all.get_or_insert(owner);
                return;
            }
            ClientGroup::Net4 { net, length } => {
                known.ipv4_lengths |= 1 << length;
                if let Some(key) = ipv4_key(daemon, net, length) {
                    self.ipv4.entry(key).or_insert(owner);
                }
                return;
            }
            ClientGroup::Net6 { length, .. } => {
                let (word, bit) = bit_of(length);
                if let Some(lengths) = known.ipv6_lengths.get_mut(word) {
                    *lengths |= 1 << bit;
                }
            }
            ClientGroup::Domain(_) => known.has_domain = true,
            ClientGroup::Head(_) => known.has_head = true,
            ClientGroup::Name(_) | ClientGroup::Other(_) => {}
        }
        let key = (daemon, client.owned());
        self.others.entry(key).or_insert(owner);
    }

    /// The earlier rule that matches everything a rule matches, alone or with others.
    pub(super) fn covers(&self, terms: &Terms<'_, '_, '_>) -> Option<CoveredBy> {
        self.search(terms, false)
    }

    /// Likewise, among those rules that leave nothing to the next table.
    pub(super) fn covers_for_good(&self, terms: &Terms<'_, '_, '_>) -> Option<CoveredBy> {
        self.search(terms, true)
    }

    fn search(&self, terms: &Terms<'_, '_, '_>, for_good: bool) -> Option<CoveredBy> {
        if self.known.is_empty() || terms.has_too_many_pairs {
            return None;
        }
        let mut found: Option<CoveredBy> = None;
        for (daemon, _) in base(&terms.rule.daemons) {
            let own = self
                .daemons
                .get(&*daemon_key(daemon, terms.rule.dialect))
                .copied();
            let all = self.all_daemons.filter(|_| own != self.all_daemons);
            let ids = [own, all];
            for group in &terms.clients {
                if *group == ClientGroup::Nobody {
                    continue;
                }
                let owner = ids
                    .into_iter()
                    .flatten()
                    .filter_map(|id| self.owner(id, group))
                    .find(|owner| owner.for_good || !for_good)?;
                let line = crate::span::index(owner.line);
                let is_alone = found.is_none_or(|by| by.is_alone && by.line == line);
                let line = found.map_or(line, |by| by.line);
                let grants = found
                    .map_or(Some(owner.grants), |by| by.grants)
                    .filter(|&grants| grants == owner.grants);
                found = Some(CoveredBy {
                    line,
                    is_alone,
                    grants,
                });
            }
        }
        found
    }

    fn owner(&self, daemon: u32, group: &ClientGroup<'_>) -> Option<Owner> {
        let known = self.known.get(crate::span::index(daemon))?;
        if known.all.is_some() {
            return known.all;
        }
        if let ClientGroup::Net4 { net, length } = *group {
            return self.ipv4_owner(daemon, known, net, length);
        }
        group
            .holders()
            .filter(|holder| known.may_have(holder))
            .find_map(|holder| self.others.get(&(daemon, holder)))
            .copied()
    }

    /// Most patterns are addresses, so the lengths that there are none of cost no time.
    fn ipv4_owner(&self, daemon: u32, known: &Known, net: u32, length: u8) -> Option<Owner> {
        let mut lengths = known.ipv4_lengths & (u64::MAX >> (63 - length));
        while lengths > 0 {
            let shorter = u8::try_from(lengths.trailing_zeros()).ok()?;
            lengths &= lengths - 1;
            let key = ipv4_key(daemon, net & mask4(shorter), shorter)?;
            if let Some(owner) = self.ipv4.get(&key) {
                return Some(*owner);
            }
        }
        None
    }
}

impl Known {
    /// Whether there may be such a group; most look-ups need not be made.
    fn may_have(&self, group: &ClientGroup<'_>) -> bool {
        match *group {
            ClientGroup::Net6 { length, .. } => {
                let (word, bit) = bit_of(length);
                let lengths = self.ipv6_lengths.get(word);
                lengths.is_some_and(|lengths| lengths >> bit & 1 == 1)
            }
            ClientGroup::Domain(_) => self.has_domain,
            ClientGroup::Head(_) => self.has_head,
            ClientGroup::Name(_) | ClientGroup::Other(_) => true,
            ClientGroup::Everybody | ClientGroup::Nobody | ClientGroup::Net4 { .. } => false,
        }
    }
}

/// What a rule is about, as far as containment goes.
pub(super) struct Terms<'v, 't, 's> {
    rule: &'v RuleView<'t, 's>,
    clients: Vec<ClientGroup<'v>>,
    has_too_many_pairs: bool,
}

impl<'v, 't, 's> Terms<'v, 't, 's> {
    pub(super) fn of(rule: &'v RuleView<'t, 's>) -> Self {
        let has_too_many_pairs = has_too_many_pairs(rule);
        let clients = base(&rule.clients).filter(|_| !has_too_many_pairs);
        let group = |(text, _): (&'v [u8], _)| group(text, rule.dialect);
        Self {
            rule,
            clients: clients.map(group).collect(),
            has_too_many_pairs,
        }
    }
}

/// Whether two rules are about the same daemons and clients, in whatever spelling.
pub(super) fn are_about_the_same(a: &RuleView<'_, '_>, b: &RuleView<'_, '_>) -> bool {
    let is_plain = |rule: &RuleView<'_, '_>| {
        !has_except(&rule.daemons) && !has_except(&rule.clients) && !has_too_many_pairs(rule)
    };
    let daemons = |rule: &RuleView<'_, '_>| -> Vec<Vec<u8>> {
        let keys = base(&rule.daemons).map(|(text, _)| daemon_key(text, rule.dialect).into_owned());
        keys.collect()
    };
    is_plain(a)
        && is_plain(b)
        && daemons(a) == daemons(b)
        && a.clients.len() == b.clients.len()
        && base(&a.clients)
            .zip(base(&b.clients))
            .all(|((one, _), (other, _))| group(one, a.dialect) == group(other, b.dialect))
}

/// Whom a pattern reaches. What an untested build reads in its own way contains nothing but itself, as
/// far as is known.
fn group<'v>(text: &'v [u8], dialect: &Dialect) -> ClientGroup<'v> {
    let is_usual = || ClientPattern::read_in(text, dialect) == ClientPattern::read(text);
    if dialect.has_debian_patterns() || is_usual() {
        ClientGroup::of(text, dialect)
    } else {
        ClientGroup::Other(folded(text))
    }
}

fn has_too_many_pairs(rule: &RuleView<'_, '_>) -> bool {
    let (daemons, clients) = (rule.daemons.len(), rule.clients.len());
    daemons.saturating_mul(clients) > PAIRS_PER_WORD.saturating_mul(daemons + clients)
}

fn daemon_key<'d>(daemon: &'d [u8], dialect: &Dialect) -> Cow<'d, [u8]> {
    if daemon == b"*" && dialect.wildcards {
        return Cow::Borrowed(b"all");
    }
    folded(daemon)
}

/// In lower case, but for paths and netgroups, whose case counts.
fn folded(text: &[u8]) -> Cow<'_, [u8]> {
    if text.iter().any(|&byte| byte == b'/' || byte == b'@')
        || !text.iter().any(u8::is_ascii_uppercase)
    {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.to_ascii_lowercase())
}

/// One number for network, length and daemon; none beyond 67 million daemons.
fn ipv4_key(daemon: u32, net: u32, length: u8) -> Option<u64> {
    let daemon = Some(daemon).filter(|&daemon| daemon < 1 << 26)?;
    Some(u64::from(net) << 32 | u64::from(daemon) << 6 | u64::from(length))
}

/// Where the bit of a prefix length from 0 to 128 is kept.
fn bit_of(length: u8) -> (usize, u8) {
    (usize::from(length > 127), length & 127)
}
