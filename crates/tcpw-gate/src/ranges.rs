//! Sets of addresses as sorted lists of ranges.

use crate::network::Network;

/// A set of addresses: ranges in order, disjoint and not next to each other, IPv4 before IPv6.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ranges(Vec<Network>);

/// A range of one family as numbers.
type Span = (u128, u128);

impl Ranges {
    /// The addresses of `networks`, which may be in any order and overlap.
    pub(crate) fn of(mut networks: Vec<Network>) -> Self {
        networks.sort_unstable();
        networks.dedup_by(|network, last| match join(*last, *network) {
            Some(joined) => {
                *last = joined;
                true
            }
            None => false,
        });
        Self(networks)
    }

    /// Every address.
    pub(crate) fn all() -> Self {
        Self(vec![Network::ALL_V4, Network::ALL_V6])
    }

    /// The ranges, in order.
    pub(crate) fn into_networks(self) -> Vec<Network> {
        self.0
    }

    /// The addresses that are in one of the two.
    pub(crate) fn or(self, other: Self) -> Self {
        // A set of ten millions is not sorted again.
        if self.0.is_empty() {
            return other;
        }
        if other.0.is_empty() {
            return self;
        }
        let mut networks = self.0;
        networks.extend(other.0);
        Self::of(networks)
    }

    /// The addresses that are not in `other`.
    pub(crate) fn minus(self, other: &Self) -> Self {
        if other.0.is_empty() {
            return self;
        }
        let mut rest = Self::default();
        let mut cuts = other.0.as_slice();
        for &network in &self.0 {
            let (is_v6, (mut first, last)) = span(network);
            let mut is_left = true;
            while let Some((&cut, after)) = cuts.split_first() {
                let (cut_v6, (from, to)) = span(cut);
                if (cut_v6, to) < (is_v6, first) {
                    cuts = after;
                    continue;
                }
                if (cut_v6, from) > (is_v6, last) {
                    break;
                }
                if from > first {
                    rest.0.push(network_of(is_v6, (first, from - 1)));
                }
                if to >= last {
                    is_left = false;
                    break;
                }
                first = to + 1;
                cuts = after;
            }
            if is_left {
                rest.0.push(network_of(is_v6, (first, last)));
            }
        }
        rest
    }

    /// The addresses that are in both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        if other.0.is_empty() {
            return Self::default();
        }
        self.clone().minus(&self.clone().minus(other))
    }
}

/// Adds a range to sorted ones, none of which begins after it; ranges that overlap or touch become one.
pub(crate) fn add(all: &mut Vec<Network>, network: Network) {
    if let Some(last) = all.last_mut()
        && let Some(joined) = join(*last, network)
    {
        *last = joined;
    } else {
        all.push(network);
    }
}

/// A range as numbers, and whether it is of IPv6.
fn span(network: Network) -> (bool, Span) {
    match network {
        Network::V4 { first, last } => (false, (first.into(), last.into())),
        Network::V6 { first, last } => (true, (first, last)),
    }
}

/// The range of two numbers.
fn network_of(is_v6: bool, (first, last): Span) -> Network {
    let low = |number: u128| u32::try_from(number).unwrap_or(u32::MAX);
    if is_v6 {
        Network::V6 { first, last }
    } else {
        Network::V4 {
            first: low(first),
            last: low(last),
        }
    }
}

/// Two ranges as one, if they overlap or touch; the second does not begin before the first.
fn join(one: Network, two: Network) -> Option<Network> {
    let ((one_v6, (first, last)), (two_v6, (from, to))) = (span(one), span(two));
    let touches = one_v6 == two_v6 && from <= last.saturating_add(1);
    touches.then(|| network_of(one_v6, (first, last.max(to))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    fn ranges(spans: &[(u8, u8, bool)]) -> Ranges {
        let networks = spans
            .iter()
            .map(|&(a, b, is_v6)| network_of(is_v6, (a.min(b).into(), a.max(b).into())));
        Ranges::of(networks.collect())
    }

    fn has(ranges: &Ranges, number: u8, is_v6: bool) -> bool {
        let address = if is_v6 {
            IpAddr::V6(Ipv6Addr::from_bits(number.into()))
        } else {
            IpAddr::V4(Ipv4Addr::from_bits(number.into()))
        };
        ranges.0.iter().any(|network| network.contains(address))
    }

    proptest! {
        #[test]
        fn sets_are_combined_address_by_address(
            a: Vec<(u8, u8, bool)>,
            b in proptest::collection::vec(any::<(u8, u8, bool)>(), 0..9),
        ) {
            let (one, two) = (ranges(&a), ranges(&b));
            let (minus, both, either) = (one.clone().minus(&two), one.and(&two), one.clone().or(two.clone()));
            for is_v6 in [false, true] {
                for number in 0..=255 {
                    let (first, second) = (has(&one, number, is_v6), has(&two, number, is_v6));
                    let is_given = a.iter().any(|&(from, to, v6)| {
                        v6 == is_v6 && (from.min(to)..=from.max(to)).contains(&number)
                    });
                    prop_assert_eq!(first, is_given);
                    prop_assert_eq!(has(&minus, number, is_v6), first && !second);
                    prop_assert_eq!(has(&both, number, is_v6), first && second);
                    prop_assert_eq!(has(&either, number, is_v6), first || second);
                }
            }
            for set in [minus, both, either] {
                prop_assert_eq!(Ranges::of(set.0.clone()), set);
            }
        }

        #[test]
        fn the_ends_of_a_family_are_no_trouble(first: u128, last: u128) {
            let one = Ranges(vec![network_of(true, (first.min(last), first.max(last)))]);
            let rest = Ranges::all().minus(&one);
            prop_assert_eq!(rest.clone().or(one.clone()), Ranges::all());
            prop_assert_eq!(rest.and(&one), Ranges::default());
        }
    }
}
