//! Sets of addresses of one family as intervals in order.

use crate::policy::{Network, networks};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Four,
    Six,
}

/// The addresses from one to another, as numbers.
pub(super) type Interval = (u128, u128);

impl Kind {
    pub(super) const BOTH: [Self; 2] = [Self::Four, Self::Six];

    pub(super) fn last(self) -> u128 {
        match self {
            Self::Four => u128::from(u32::MAX),
            Self::Six => u128::MAX,
        }
    }

    pub(super) fn address(self, number: u128) -> IpAddr {
        match self {
            Self::Four => Ipv4Addr::from_bits(u32::try_from(number).unwrap_or(u32::MAX)).into(),
            Self::Six => Ipv6Addr::from_bits(number).into(),
        }
    }

    /// The family of an address, and its number.
    pub(super) fn of(address: IpAddr) -> (Self, u128) {
        match address {
            IpAddr::V4(address) => (Self::Four, address.to_bits().into()),
            IpAddr::V6(address) => (Self::Six, address.to_bits()),
        }
    }

    /// The fewest networks that are these addresses, as `10.0.0.0/8`; a single address has no length.
    pub(super) fn networks(self, set: &[Interval]) -> Vec<String> {
        let width = if self == Self::Four { 32 } else { 128 };
        let found = set.iter().flat_map(|interval| self.parts(*interval));
        let found = found.map(|network| {
            if network.length == width {
                network.address.to_string()
            } else {
                format!("{}/{}", network.address, network.length)
            }
        });
        found.collect()
    }

    /// How many networks these addresses are at least: none of them is kept, which may be many.
    pub(super) fn count(self, set: &[Interval]) -> usize {
        set.iter().map(|interval| self.parts(*interval).len()).sum()
    }

    fn parts(self, (low, high): Interval) -> Vec<Network> {
        networks(self.address(low), self.address(high)).unwrap_or_default()
    }

    /// Reads `10.0.0.1`, `10.0.0.0/8` or `10.0.0.0-10.0.0.9` of either family. Nothing if it is none
    /// of them, or has host bits.
    pub(super) fn read(text: &str) -> Option<(Self, Interval)> {
        if let Some((low, high)) = text.split_once('-') {
            let ends = (low.parse().ok()?, high.parse().ok()?);
            let ((kind, low), (other, high)) = (Self::of(ends.0), Self::of(ends.1));
            return (kind == other && low <= high).then_some((kind, (low, high)));
        }
        let Some((address, length)) = text.split_once('/') else {
            let (kind, at) = Self::of(text.parse().ok()?);
            return Some((kind, (at, at)));
        };
        let (kind, low) = Self::of(address.parse().ok()?);
        let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let length: u32 = length.parse().ok().filter(|_| is_number)?;
        let width = if kind == Self::Four { 32 } else { 128 };
        let hosts = (length <= width).then(|| width - length)?;
        let rest = 1_u128.checked_shl(hosts).map_or(u128::MAX, |size| size - 1);
        (low & rest == 0).then_some((kind, (low, low | rest)))
    }
}

/// The intervals in order; what overlaps or lies side by side is one.
pub(super) fn union(mut all: Vec<Interval>) -> Vec<Interval> {
    all.sort_unstable();
    all.dedup_by(|next, kept| {
        let joins = next.0 <= kept.1 || kept.1.checked_add(1) == Some(next.0);
        if joins {
            kept.1 = kept.1.max(next.1);
        }
        joins
    });
    all
}

/// What is between intervals that are in order and do not overlap.
pub(super) fn complement(kind: Kind, all: &[Interval]) -> Vec<Interval> {
    let mut found = Vec::with_capacity(all.len() + 1);
    let mut next = Some(0);
    for (low, high) in all {
        if let Some(from) = next.filter(|from| from < low) {
            found.push((from, low - 1));
        }
        next = high.checked_add(1).filter(|next| *next <= kind.last());
    }
    found.extend(next.map(|from| (from, kind.last())));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complement_of_a_complement_is_the_set() {
        for kind in Kind::BOTH {
            let last = kind.last();
            for set in [
                vec![],
                vec![(0, last)],
                vec![(0, 5), (9, 9)],
                vec![(3, 5), (9, last)],
                vec![(last, last)],
            ] {
                assert_eq!(complement(kind, &complement(kind, &set)), set);
            }
        }
        assert_eq!(union(vec![(5, 6), (0, 2), (3, 3), (1, 9)]), [(0, 9)]);
    }

    #[test]
    fn networks_are_read_and_host_bits_are_not() {
        assert_eq!(
            Kind::read("10.0.0.0/31"),
            Some((Kind::Four, (0x0a00_0000, 0x0a00_0001)))
        );
        assert_eq!(Kind::read("::/0"), Some((Kind::Six, (0, u128::MAX))));
        assert_eq!(
            Kind::read("0.0.0.0/0"),
            Some((Kind::Four, (0, Kind::Four.last())))
        );
        assert_eq!(Kind::read("::1-::2"), Some((Kind::Six, (1, 2))));
        for text in [
            "10.0.0.1/8",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "::2-::1",
            "10.0.0.1-::1",
            "x",
            "",
        ] {
            assert_eq!(Kind::read(text), None, "{text}");
        }
        let list = Kind::Four.networks(&[(1, 4), (7, 7)]);
        assert_eq!(list, ["0.0.0.1", "0.0.0.2/31", "0.0.0.4", "0.0.0.7"]);
        assert_eq!(Kind::Four.count(&[(1, 4), (7, 7)]), 4);
    }
}
