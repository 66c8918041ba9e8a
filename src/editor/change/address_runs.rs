//! Addresses of many rules as the fewest networks, and which of them others cover already.

use crate::engine::ClientGroup;
use crate::policy::{Network, mask4, mask6, networks};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses of one family, from the lowest to the highest; IPv4 sorts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AddressRange {
    is_v6: bool,
    low: u128,
    high: u128,
}

impl AddressRange {
    /// The addresses of a word of a client list, if it reaches nothing else and another spelling
    /// reaches the same. `255.255.255.255` matches as a text and in no network (F-V4-14), and all of
    /// IPv4 has no length (F-V4-08).
    pub(crate) fn of(group: &ClientGroup<'_>) -> Option<Self> {
        match *group {
            ClientGroup::Net4 { net, length } => {
                let high = net | !mask4(length);
                (high != u32::MAX).then_some(Self {
                    is_v6: false,
                    low: net.into(),
                    high: high.into(),
                })
            }
            ClientGroup::Net6 { net, length } => Some(Self {
                is_v6: true,
                low: net,
                high: net | !mask6(length),
            }),
            ClientGroup::Everybody
            | ClientGroup::Nobody
            | ClientGroup::Name(_)
            | ClientGroup::Domain(_)
            | ClientGroup::Head(_)
            | ClientGroup::Other(_) => None,
        }
    }

    /// The addresses of a network.
    pub(crate) fn of_network(network: &Network) -> Self {
        match network.address {
            IpAddr::V4(address) => {
                let low = address.to_bits();
                Self {
                    is_v6: false,
                    low: low.into(),
                    high: (low | !mask4(network.length)).into(),
                }
            }
            IpAddr::V6(address) => {
                let low = address.to_bits();
                Self {
                    is_v6: true,
                    low,
                    high: low | !mask6(network.length),
                }
            }
        }
    }

    /// The addresses from a first to a last one of the same family.
    pub(crate) fn between(low: IpAddr, high: IpAddr) -> Self {
        let bits = |address| match address {
            IpAddr::V4(address) => Ipv4Addr::to_bits(address).into(),
            IpAddr::V6(address) => Ipv6Addr::to_bits(address),
        };
        Self {
            is_v6: low.is_ipv6(),
            low: bits(low),
            high: bits(high),
        }
    }

    /// Whether both have an address in common.
    pub(crate) fn meets(self, other: Self) -> bool {
        self.is_v6 == other.is_v6 && self.low <= other.high && other.low <= self.high
    }

    /// The fewest networks that hold the same addresses.
    fn networks(self) -> Vec<Network> {
        let ip = |at: u128| match u32::try_from(at) {
            Ok(at) if !self.is_v6 => IpAddr::V4(Ipv4Addr::from_bits(at)),
            _ => IpAddr::V6(Ipv6Addr::from_bits(at)),
        };
        networks(ip(self.low), ip(self.high)).unwrap_or_default()
    }
}

/// The fewest networks, in order, and how many words were not needed for them.
#[derive(Debug, Default)]
pub(crate) struct FewestNetworks {
    pub(crate) networks: Vec<Network>,
    /// Words that another word held.
    pub(crate) held: usize,
    /// Words that went because neighbours became one.
    pub(crate) joined: usize,
}

impl FewestNetworks {
    /// Of these ranges, one a word.
    pub(crate) fn of(mut ranges: Vec<AddressRange>) -> Self {
        ranges.sort_unstable_by_key(|range| (range.is_v6, range.low, Reverse(range.high)));
        let mut found = Self::default();
        let mut rest = ranges.into_iter().peekable();
        while let Some(mut whole) = rest.next() {
            let mut words = 1;
            let joins = |whole: &AddressRange, next: &AddressRange| {
                next.is_v6 == whole.is_v6
                    && (next.low <= whole.high || whole.high.checked_add(1) == Some(next.low))
            };
            while let Some(next) = rest.next_if(|next| joins(&whole, next)) {
                if next.high <= whole.high {
                    found.held += 1;
                } else {
                    words += 1;
                    whole.high = next.high;
                }
            }
            let before = found.networks.len();
            found.networks.extend(whole.networks());
            found.joined += words - (found.networks.len() - before).min(words);
        }
        found
    }
}

/// The networks of rules that stand beside each other and say the same of whom they match.
#[derive(Debug)]
pub(crate) struct Rival<'n> {
    pub(crate) networks: &'n mut Vec<Network>,
    /// The daemons, by a number; nothing are all of them.
    pub(crate) daemons: Option<u32>,
    /// Whether nothing of it may go.
    pub(crate) is_fixed: bool,
}

/// Removes from each the networks that another one covers for the same daemons or for all; of two
/// equal ones the first stays. How many of each went.
///
/// The fewest networks of a range are its widest, so a network that lies in the range of another
/// list lies in one of its networks.
pub(crate) fn without_covered(rivals: &mut [Rival<'_>]) -> Vec<usize> {
    let mut gone: Vec<usize> = rivals.iter().map(|_| 0).collect();
    if rivals.len() < 2 {
        return gone;
    }
    let mut all: Vec<(AddressRange, usize, usize)> = Vec::new();
    for (number, rival) in rivals.iter().enumerate() {
        let places = rival.networks.iter().enumerate();
        all.extend(places.map(|(at, network)| (AddressRange::of_network(network), number, at)));
    }
    let rank = |number: usize| {
        let rival = rivals.get(number);
        let is_for_some = rival.is_none_or(|rival| rival.daemons.is_some());
        let may_go = rival.is_none_or(|rival| !rival.is_fixed);
        (is_for_some, may_go, number)
    };
    all.sort_unstable_by_key(|(range, number, at)| {
        (
            range.is_v6,
            range.low,
            Reverse(range.high),
            rank(*number),
            *at,
        )
    });
    // Networks hold each other or lie apart: how far the last one reaches that counts is enough.
    let mut ends: HashMap<Option<u32>, (bool, u128)> = HashMap::new();
    let mut covered: Vec<(usize, usize)> = Vec::new();
    for (range, number, at) in all {
        let Some(rival) = rivals.get(number) else {
            continue;
        };
        let reaches = |end: Option<&(bool, u128)>| {
            end.is_some_and(|end| end.0 == range.is_v6 && range.high <= end.1)
        };
        if reaches(ends.get(&rival.daemons)) || reaches(ends.get(&None)) {
            if !rival.is_fixed {
                covered.push((number, at));
            }
        } else {
            ends.insert(rival.daemons, (range.is_v6, range.high));
        }
    }
    covered.sort_unstable();
    for one in covered.chunk_by(|a, b| a.0 == b.0) {
        let Some(number) = one.first().map(|first| first.0) else {
            continue;
        };
        let mut places = one.iter().map(|(_, at)| *at).peekable();
        let mut at = 0;
        if let Some(rival) = rivals.get_mut(number) {
            rival.networks.retain(|_| {
                let goes = places.next_if_eq(&at).is_some();
                at += 1;
                !goes
            });
        }
        if let Some(gone) = gone.get_mut(number) {
            *gone = one.len();
        }
    }
    gone
}
