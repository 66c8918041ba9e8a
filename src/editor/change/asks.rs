//! Whose access a change is asked to change: whoever else gains or loses has to be reported first.

use crate::editor::client::daemon::Daemon;
use crate::editor::client::pattern::Client;
use crate::editor::trial::asked::{Asked, Wish};
use crate::editor::trial::cover::parents;
use crate::editor::trial::effect::Part;
use crate::engine::{Change, Claim, NameGroup};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Who is asked to gain or to lose access.
#[derive(Debug, Clone, Copy)]
pub enum Asks<'a> {
    /// Whoever the new content says.
    Anybody,
    /// These clients, for these daemons, in the direction of the wish.
    Clients(&'a Asked),
    /// These clients, for these daemons; without any, for all.
    Named(&'a [Client], &'a [Daemon]),
    /// Whoever no rule decides about may lose.
    Undecided,
    /// Both: the clients of the list may gain, and whoever no rule decides about may lose.
    Setup(&'a Asked),
    /// Whoever it is may gain, and nobody may lose.
    Opening,
    /// Clients of these daemons, without any of all, in these directions; a gate tells which.
    Gated(&'a [Daemon], &'a [Change]),
    /// Nobody.
    Nobody,
}

impl Asks<'_> {
    /// The parts of an effect that are not asked for, and those that are.
    pub(in crate::editor) fn split(&self, parts: Vec<Part>) -> (Vec<Part>, Vec<Part>) {
        let clients = match self {
            Self::Clients(asked) | Self::Setup(asked) => asked.clients(),
            Self::Named(clients, _) => clients,
            Self::Anybody | Self::Undecided | Self::Opening | Self::Gated(..) | Self::Nobody => &[],
        };
        let reached = Reached::of(clients);
        let is_other = |part: &Part| !self.has(&part.claim, &reached);
        parts.into_iter().partition(is_other)
    }

    fn has(&self, claim: &Claim, reached: &Reached<'_>) -> bool {
        let listed = |asked: &Asked| {
            let is_wished = match asked.wish() {
                Wish::Grant => claim.change == Change::Gains,
                Wish::Refuse => claim.change == Change::Loses,
            };
            (is_wished || claim.change == Change::Unknown)
                && are_asked(claim, asked.daemons())
                && reached.has(claim)
        };
        let is_undecided = match claim.change {
            Change::Loses => !claim.had_rule,
            Change::Unknown => true,
            Change::Gains => false,
        };
        match self {
            Self::Anybody => true,
            Self::Clients(asked) => listed(asked),
            Self::Named(_, daemons) => {
                (daemons.is_empty() || are_asked(claim, daemons)) && reached.has(claim)
            }
            Self::Undecided => is_undecided,
            Self::Setup(asked) => is_undecided || listed(asked),
            Self::Opening => claim.change != Change::Loses,
            Self::Gated(daemons, changes) => {
                (daemons.is_empty() || are_asked(claim, daemons)) && changes.contains(&claim.change)
            }
            Self::Nobody => false,
        }
    }
}

/// Whether all daemons of a claim are among those asked for.
fn are_asked(claim: &Claim, daemons: &[Daemon]) -> bool {
    let is_asked = |name: &[u8]| {
        daemons.iter().any(|daemon| match daemon {
            Daemon::All => true,
            Daemon::Named(asked) => name.eq_ignore_ascii_case(asked.as_bytes()),
        })
    };
    let is_other = claim.daemons.exceptions().is_some();
    daemons.contains(&Daemon::All) || !is_other && claim.daemons.names().all(is_asked)
}

/// The clients of a list, as ranges of addresses and as names.
struct Reached<'c> {
    /// In order, and apart from each other.
    ranges: Vec<(bool, u128, u128)>,
    names: BTreeSet<&'c Client>,
}

impl<'c> Reached<'c> {
    fn of(clients: &'c [Client]) -> Self {
        let mut ranges = Vec::new();
        let mut names = BTreeSet::new();
        for client in clients {
            match *client {
                Client::Net4 { net, length } => {
                    let rest = u32::MAX.checked_shr(length.into()).unwrap_or(0);
                    ranges.push((false, net.into(), (net | rest).into()));
                }
                Client::Net6 { net, length } => {
                    let rest = u128::MAX.checked_shr(length.into()).unwrap_or(0);
                    ranges.push((true, net, net | rest));
                }
                Client::Name(_) | Client::Domain(_) => drop(names.insert(client)),
            }
        }
        ranges.sort_unstable();
        ranges.dedup_by(|next, kept| {
            let joins = next.0 == kept.0 && next.1 <= kept.2.saturating_add(1);
            if joins {
                kept.2 = kept.2.max(next.2);
            }
            joins
        });
        Self { ranges, names }
    }

    /// Whether all clients of a claim are among them.
    fn has(&self, claim: &Claim) -> bool {
        self.has_network(claim) || self.has_names(claim)
    }

    fn has_network(&self, claim: &Claim) -> bool {
        let Some(network) = claim.network else {
            return false;
        };
        let (is_v6, low, high) = match network.address {
            IpAddr::V4(net) => {
                let rest = u32::MAX.checked_shr(network.length.into()).unwrap_or(0);
                (false, net.to_bits().into(), (net.to_bits() | rest).into())
            }
            IpAddr::V6(net) => {
                let rest = u128::MAX.checked_shr(network.length.into()).unwrap_or(0);
                (true, net.to_bits(), net.to_bits() | rest)
            }
        };
        let after = self
            .ranges
            .partition_point(|range| (range.0, range.1) <= (is_v6, low));
        let range = after.checked_sub(1).and_then(|at| self.ranges.get(at));
        range.is_some_and(|range| range.0 == is_v6 && high <= range.2)
    }

    fn has_names(&self, claim: &Claim) -> bool {
        if self.names.is_empty() {
            return false;
        }
        claim.names.groups().all(|group| {
            let text = |bytes: &[u8]| str::from_utf8(bytes).map(str::to_owned).ok();
            match group {
                NameGroup::One(name) => text(name).is_some_and(|name| {
                    let is_below = parents(&name).any(|domain| self.names.contains(&domain));
                    is_below || self.names.contains(&Client::Name(name))
                }),
                NameGroup::Below(domain) => text(domain).is_some_and(|domain| {
                    let is_below = parents(&domain).any(|domain| self.names.contains(&domain));
                    is_below || self.names.contains(&Client::Domain(domain))
                }),
                NameGroup::Other => false,
            }
        })
    }
}
