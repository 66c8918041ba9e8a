//! Sets of addresses of both families.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tcpw_gate::Network;

/// A set of addresses, as ranges that do not touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RangeSet {
    four: Spans,
    six: Spans,
}

/// The first address of each range, and its last one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Spans(BTreeMap<u128, u128>);

/// A range as numbers, and whether it is of IPv4.
fn ends(network: Network) -> (u128, u128, bool) {
    match network {
        Network::V4 { first, last } => (first.into(), last.into(), true),
        Network::V6 { first, last } => (first, last, false),
    }
}

/// The range with these ends; nothing if they are not of the family.
fn network((first, last): (u128, u128), is_four: bool) -> Option<Network> {
    let address = |bits: u128| {
        if is_four {
            let bits = u32::try_from(bits).ok()?;
            Some(IpAddr::V4(Ipv4Addr::from_bits(bits)))
        } else {
            Some(IpAddr::V6(Ipv6Addr::from_bits(bits)))
        }
    };
    match (address(first)?, address(last)?) {
        (IpAddr::V4(first), IpAddr::V4(last)) => Some(Network::V4 {
            first: first.to_bits(),
            last: last.to_bits(),
        }),
        (IpAddr::V6(first), IpAddr::V6(last)) => Some(Network::V6 {
            first: first.to_bits(),
            last: last.to_bits(),
        }),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => None,
    }
}

impl Spans {
    /// The ranges that touch `first` to `last`, of which the first may begin before it.
    fn touching(&self, first: u128, last: u128) -> impl Iterator<Item = (u128, u128)> {
        let before = self.0.range(..first).next_back();
        let before = before.filter(|(_, end)| **end >= first);
        before
            .into_iter()
            .chain(self.0.range(first..=last))
            .map(|(start, end)| (*start, *end))
    }

    fn add(&mut self, first: u128, last: u128) {
        let (mut low, mut high) = (first, last);
        let near: Vec<(u128, u128)> = self
            .touching(first.saturating_sub(1), last.saturating_add(1))
            .collect();
        for (start, end) in near {
            low = low.min(start);
            high = high.max(end);
            self.0.remove(&start);
        }
        self.0.insert(low, high);
    }

    /// What of `first` to `last` is not in the set.
    fn rest(&self, first: u128, last: u128) -> Vec<(u128, u128)> {
        let mut rest = Vec::new();
        let mut next = Some(first);
        for (start, end) in self.touching(first, last) {
            if let Some(from) = next.filter(|from| *from < start) {
                rest.push((from, start - 1));
            }
            next = end.checked_add(1);
        }
        if let Some(from) = next.filter(|from| *from <= last) {
            rest.push((from, last));
        }
        rest
    }
}

impl RangeSet {
    /// The set of all these.
    pub(crate) fn of(networks: &[Network]) -> Self {
        let mut set = Self::default();
        for network in networks {
            set.add(*network);
        }
        set
    }

    fn spans(&self, is_four: bool) -> &Spans {
        if is_four { &self.four } else { &self.six }
    }

    /// Adds a range.
    pub(crate) fn add(&mut self, network: Network) {
        let (first, last, is_four) = ends(network);
        let spans = if is_four {
            &mut self.four
        } else {
            &mut self.six
        };
        spans.add(first, last);
    }

    /// Whether an address of the range is in the set.
    pub(crate) fn meets(&self, network: Network) -> bool {
        let (first, last, is_four) = ends(network);
        self.spans(is_four).touching(first, last).next().is_some()
    }

    /// What of the range is not in the set.
    pub(crate) fn rest_of(&self, range: Network) -> Vec<Network> {
        let (first, last, is_four) = ends(range);
        let rest = self.spans(is_four).rest(first, last).into_iter();
        rest.filter_map(|ends| network(ends, is_four)).collect()
    }

    /// The ranges of the set, IPv4 first.
    pub(crate) fn ranges(&self) -> Vec<Network> {
        [true, false]
            .into_iter()
            .flat_map(|is_four| {
                let spans = self.spans(is_four).0.iter();
                spans.filter_map(move |(first, last)| network((*first, *last), is_four))
            })
            .collect()
    }

    /// How many ranges it has.
    pub(crate) fn count(&self) -> u64 {
        let count = self.four.0.len() + self.six.0.len();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// All other addresses.
    pub(crate) fn others(&self) -> Vec<Network> {
        let mut others = self.rest_of(Network::ALL_V4);
        others.extend(self.rest_of(Network::ALL_V6));
        others
    }

    /// What both have.
    pub(crate) fn common(&self, other: &Self) -> Vec<Network> {
        let outside = Self::of(&other.others());
        let ranges = self.ranges().into_iter();
        ranges.flat_map(|range| outside.rest_of(range)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn net(first: u8, last: u8) -> Network {
        Network::V4 {
            first: first.into(),
            last: last.into(),
        }
    }

    fn bits(networks: &[Network]) -> Vec<bool> {
        let of = |at: u8| IpAddr::V4(Ipv4Addr::from_bits(at.into()));
        let is_in = |at| networks.iter().any(|one| one.contains(of(at)));
        (0..=u8::MAX).map(is_in).collect()
    }

    proptest! {
        #[test]
        fn sets_are_what_their_addresses_are(
            all in proptest::collection::vec((any::<u8>(), any::<u8>()), 0..12),
            other in (any::<u8>(), any::<u8>()),
        ) {
            let ordered = |(a, b): (u8, u8)| net(a.min(b), a.max(b));
            let networks: Vec<Network> = all.into_iter().map(ordered).collect();
            let set = RangeSet::of(&networks);
            let is = bits(&networks);
            prop_assert_eq!(&bits(&set.ranges()), &is);
            let other = ordered(other);
            let of_other = bits(&[other]);
            let rest: Vec<bool> = is.iter().zip(&of_other).map(|(a, b)| *b && !*a).collect();
            prop_assert_eq!(&bits(&set.rest_of(other)), &rest);
            let common: Vec<bool> = is.iter().zip(&of_other).map(|(a, b)| *b && *a).collect();
            prop_assert_eq!(&bits(&set.common(&RangeSet::of(&[other]))), &common);
            prop_assert_eq!(set.meets(other), common.contains(&true));
            let outside: Vec<bool> = is.iter().map(|one| !one).collect();
            prop_assert_eq!(&bits(&set.others()), &outside);
            let ranges = set.ranges();
            let are_apart = ranges.windows(2).all(|pair| match pair {
                [Network::V4 { last, .. }, Network::V4 { first, .. }] => last + 1 < *first,
                _ => true,
            });
            prop_assert!(are_apart);
        }
    }

    #[test]
    fn the_ends_of_the_families_are_no_edge() {
        let all = RangeSet::of(&[Network::ALL_V4, Network::ALL_V6]);
        assert!(all.others().is_empty());
        assert_eq!(
            RangeSet::default().others(),
            [Network::ALL_V4, Network::ALL_V6]
        );
        assert!(all.rest_of(Network::ALL_V6).is_empty());
    }
}
