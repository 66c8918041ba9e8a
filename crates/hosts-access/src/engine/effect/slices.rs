//! Cuts the addresses that are compared into slices, where commands admit so many ranges of them that
//! all of them at once would take too much memory.

use crate::engine::Admitted;
use crate::engine::clients::axis::Axis;
use crate::engine::effect::sweep::Region;
use crate::engine::effect::work::on_axis;
use std::rc::Rc;

/// About as many ranges of commands are taken apart at once: some 400 MB of claims, if each is one.
pub(super) const MOST: usize = 1 << 18;
/// Of as many ranges one says where they are.
const SAMPLE: usize = 64;

/// The region in slices, of which each has about `most` ranges of these commands at most; where all
/// have no more, it is one slice.
pub(super) fn slices<'a>(
    region: Region,
    commands: &(impl Iterator<Item = &'a Rc<Admitted>> + Clone),
    most: usize,
) -> Vec<Region> {
    let all: usize = commands.clone().map(|command| command.ranges.len()).sum();
    if all <= most {
        return vec![region];
    }
    let sample = (most / SAMPLE).clamp(1, SAMPLE);
    let mut found = Vec::new();
    for axis in Axis::ALL {
        let ranges = commands.clone().flat_map(|command| {
            let ranges = command.ranges.iter().step_by(sample);
            ranges.filter_map(on_axis)
        });
        let mut lows: Vec<u128> = ranges
            .filter(|(of, ..)| *of == axis)
            .map(|(_, low, _)| low)
            .collect();
        lows.sort_unstable();
        let mut low = 0;
        for cut in cuts(&lows, (most / sample).max(1)) {
            found.extend(region.within(axis, low, cut - 1));
            low = cut;
        }
        found.extend(region.within(axis, low, axis.last()));
    }
    found
}

/// Where to cut so that about `most` of these sorted addresses lie between two cuts: at addresses
/// that begin large networks, so that few networks are cut in two.
fn cuts(lows: &[u128], most: usize) -> Vec<u128> {
    let mut found = Vec::new();
    let mut at = most;
    while let (Some(from), Some(to)) = (lows.get(at - most.div_ceil(2)), lows.get(at)) {
        if let Some(bit) = (from ^ to).checked_ilog2() {
            let cut = to >> bit << bit;
            if found.last().is_none_or(|last| *last < cut) {
                found.push(cut);
            }
        }
        at += most;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    #[test]
    fn cuts_lie_at_the_roundest_address_between_two_ranges() {
        assert_eq!(cuts(&[0x11, 0x1f, 0x23, 0x2f], 1), [0x18, 0x20, 0x28]);
        assert_eq!(cuts(&[5, 5, 5, 5], 1), [0_u128; 0]);
        assert_eq!(cuts(&[], 1), [0_u128; 0]);
        let many: Vec<u128> = (0..1000).collect();
        let found = cuts(&many, 100);
        assert_eq!(found.len(), 9);
        assert!(found.is_sorted());
    }

    #[test]
    fn slices_are_the_region_without_a_gap() {
        let single = |n: u32| IpAddr::V4(Ipv4Addr::from_bits(n * 7 + 1_000_000));
        let ranges = (0..5000).map(|n| (single(n), single(n))).collect();
        let command = Rc::new(Admitted {
            ranges,
            unknown: true,
        });
        let everywhere = || Region {
            is_everywhere: true,
            ..Region::default()
        };
        let one = slices(everywhere(), &[&command].into_iter(), 5000);
        assert_eq!(one.len(), 1);
        let many = slices(everywhere(), &[&command].into_iter(), 512);
        assert!(many.len() > 5, "{many:?}");
        for axis in Axis::ALL {
            let mut next = Some(0);
            let own = many.iter().flat_map(|slice| &slice.ranges);
            for (_, low, high) in own.filter(|range| range.0 == axis) {
                assert_eq!(next, Some(*low));
                next = high.checked_add(1);
            }
            assert_eq!(next, axis.last().checked_add(1));
        }
        // Of a region that is a part, only that part.
        let part = Region {
            ranges: vec![(Axis::V4, 1_000_000, 1_020_000), (Axis::V6, 7, 7)],
            ..Region::default()
        };
        let found = slices(part, &[&command].into_iter(), 512);
        let low = found.first().unwrap().ranges.first().unwrap();
        let high = found.last().unwrap().ranges.last().unwrap();
        assert_eq!((low.1, *high), (1_000_000, (Axis::V6, 7, 7)));
        assert!(
            found
                .iter()
                .all(|slice| slice.is_slice && !slice.is_everywhere)
        );
    }
}
