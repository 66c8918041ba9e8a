//! Clients with link-local addresses, which sshd knows by text alone.
//!
//! Such a client has a zone (`fe80::7%eth0`), and sshd compares it with no network: addresses are equal
//! to it only if their zones are (`addr_match_list()`, OpenSSH 9.2 to 10.0; asked by `sshd -T -C`). What
//! is not an address is compared as text. libwrap ignores the zone (F-V6-09).

use super::intervals::{Interval, Kind};
use crate::engine::{Access, Covered};

/// `fe80::/10`.
const LINK_LOCAL: Interval = (0xfe80 << 112, (0xfec0 << 112) - 1);

/// The patterns that match the text of each link-local address, and the addresses of each pattern.
pub(super) const PATTERNS: [(&str, Interval); 4] = [
    ("fe8?:*", (0xfe80 << 112, (0xfe90 << 112) - 1)),
    ("fe9?:*", (0xfe90 << 112, (0xfea0 << 112) - 1)),
    ("fea?:*", (0xfea0 << 112, (0xfeb0 << 112) - 1)),
    ("feb?:*", (0xfeb0 << 112, (0xfec0 << 112) - 1)),
];

/// The patterns of which all addresses are in a set of IPv6, which is in order and joined.
pub(super) fn patterns_in(set: &[Interval]) -> impl Iterator<Item = &'static str> {
    let found = PATTERNS.iter().filter(|(_, (low, high))| {
        let after = set.partition_point(|(_, end)| end < low);
        let part = set.get(after);
        part.is_some_and(|(start, end)| start <= low && end >= high)
    });
    found.map(|(pattern, _)| *pattern)
}

/// What of a set of IPv6 is not link-local.
pub(super) fn elsewhere(set: &[Interval]) -> Vec<Interval> {
    let (first, last) = LINK_LOCAL;
    let parts = set.iter().flat_map(|(low, high)| {
        let before = (*low < first).then(|| (*low, (first - 1).min(*high)));
        let after = (*high > last).then(|| ((last + 1).max(*low), *high));
        before.into_iter().chain(after)
    });
    parts.collect()
}

/// What the tables decide, but that nothing is decided about link-local clients unless all of them fare
/// alike.
pub fn link_local_alike(covered: Vec<Covered>) -> Vec<Covered> {
    let (first, last) = LINK_LOCAL;
    let common = |range: &Covered| {
        let ((kind, low), (_, high)) = (Kind::of(range.low), Kind::of(range.high));
        let is_common = kind == Kind::Six && low <= last && high >= first;
        is_common.then_some((low, high))
    };
    let mut within = covered.iter().filter(|range| common(range).is_some());
    let is_alike = within
        .next()
        .is_none_or(|one| within.all(|other| one.access == other.access && one.then == other.then));
    if is_alike {
        return covered;
    }
    let part = |range: &Covered, low: u128, high: u128| Covered {
        low: Kind::Six.address(low),
        high: Kind::Six.address(high),
        ..range.clone()
    };
    let mut found = Vec::with_capacity(covered.len() + 2);
    for range in covered {
        let Some((low, high)) = common(&range) else {
            found.push(range);
            continue;
        };
        if low <= first {
            found.extend((low < first).then(|| part(&range, low, first - 1)));
            found.push(Covered {
                access: Access::Undecided,
                then: Vec::new(),
                ..part(&range, first, last)
            });
        }
        found.extend((high > last).then(|| part(&range, last + 1, high)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(low: &str, high: &str, access: Access) -> Covered {
        Covered {
            low: low.parse().unwrap(),
            high: high.parse().unwrap(),
            access,
            then: Vec::new(),
        }
    }

    fn shown(covered: &[Covered]) -> Vec<String> {
        let show = |range: &Covered| format!("{}-{} {:?}", range.low, range.high, range.access);
        covered.iter().map(show).collect()
    }

    #[test]
    fn link_local_clients_that_fare_otherwise_are_undecided_together() {
        let end = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        let alike = vec![covered("::", end, Access::Denied)];
        assert_eq!(shown(&link_local_alike(alike.clone())), shown(&alike));
        let apart = vec![
            covered("::", "fe80::ffff:ffff:ffff:ffff", Access::Denied),
            covered("fe80:0:0:1::", "fe80:0:0:1::7", Access::Granted),
            covered("fe80:0:0:1::8", end, Access::Denied),
        ];
        assert_eq!(
            shown(&link_local_alike(apart)),
            [
                "::-fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff Denied",
                "fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff Undecided",
                "fec0::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff Denied"
            ]
        );
    }

    #[test]
    fn a_pattern_is_in_a_set_that_has_all_its_addresses() {
        let (first, last) = LINK_LOCAL;
        let found = |set: &[Interval]| patterns_in(set).count();
        assert_eq!(found(&[(0, 1), (first, last)]), 4);
        assert_eq!(found(&[(0, u128::MAX)]), 4);
        assert_eq!(found(&[(first + 1, last)]), 3);
        assert_eq!(found(&[]), 0);
        assert_eq!(
            elsewhere(&[(0, u128::MAX)]),
            [(0, first - 1), (last + 1, u128::MAX)]
        );
        assert_eq!(
            elsewhere(&[(first, last), (last + 1, last + 2)]),
            [(last + 1, last + 2)]
        );
    }
}
