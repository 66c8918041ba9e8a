//! The addresses, cut where a range of some patterns begins or ends.

use crate::engine::clients::answer::Answer;
use crate::engine::clients::atom::Atom;
use crate::engine::clients::axis::{Axis, MAPPED};
use crate::engine::search::compare::text_matches;
use crate::policy::HostPattern;
use std::collections::BTreeSet;

/// Addresses that no range tells apart.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) axis: Axis,
    low: u128,
    is_single: bool,
}

impl Place {
    /// One of the addresses, as libwrap gets to see it.
    pub(super) fn example(&self) -> String {
        self.axis.text(self.low)
    }

    /// Whether the addresses match an atom of `pattern`, whatever the name.
    pub(super) fn matches(&self, atom: &Atom<'_>, pattern: HostPattern<'_>) -> Answer {
        match *atom {
            // No network has this address (F-V4-14).
            Atom::Range(..) if self.is_broadcast() => {
                Answer::from(!matches!(pattern, HostPattern::Ipv4Net { .. }))
                    .and(self.is_in(atom).into())
            }
            Atom::Range(..) => self.is_in(atom).into(),
            Atom::Zoned(..) if self.is_in(atom) => Answer::Unknown,
            Atom::Scattered(axis, _) if axis == self.axis && !self.is_single => Answer::Unknown,
            Atom::Scattered(axis, pattern) if axis == self.axis => self.matches_alone(pattern),
            Atom::Scattered(..)
            | Atom::Zoned(..)
            | Atom::Name(_)
            | Atom::Known
            | Atom::Local
            | Atom::Netgroup(_)
            | Atom::ListFile(_) => Answer::No,
        }
    }

    fn matches_alone(&self, pattern: HostPattern<'_>) -> Answer {
        match pattern {
            HostPattern::Ipv4Net { net, mask } => {
                let is_in = self.low & u128::from(mask) == u128::from(net);
                Answer::from(is_in && !self.is_broadcast())
            }
            HostPattern::Text { pattern, .. } => {
                text_matches(pattern, self.example().as_bytes()).into()
            }
            HostPattern::Netgroup(_)
            | HostPattern::ListFile(_)
            | HostPattern::Known
            | HostPattern::Local
            | HostPattern::Ipv6Net { .. }
            | HostPattern::BadNet(_) => Answer::Unknown,
        }
    }

    fn is_broadcast(&self) -> bool {
        self.axis == Axis::V4 && self.low == Axis::V4.last()
    }

    fn is_in(&self, atom: &Atom<'_>) -> bool {
        range(atom)
            .is_some_and(|(axis, low, high)| axis == self.axis && (low..=high).contains(&self.low))
    }
}

fn range(atom: &Atom<'_>) -> Option<(Axis, u128, u128)> {
    match *atom {
        Atom::Range(axis, low, high) => Some((axis, low, high)),
        Atom::Zoned(_, low, high) => Some((Axis::V6, low, high)),
        Atom::Scattered(..)
        | Atom::Name(_)
        | Atom::Known
        | Atom::Local
        | Atom::Netgroup(_)
        | Atom::ListFile(_) => None,
    }
}

/// The pieces of all addresses that clients can have.
pub(super) fn places<'a, 'p: 'a>(atoms: impl Iterator<Item = &'a Atom<'p>>) -> Vec<Place> {
    let ends = [
        (Axis::V4, Axis::V4.last(), Axis::V4.last()),
        (Axis::V6, MAPPED.0, MAPPED.1),
    ];
    let mut starts: BTreeSet<(Axis, u128)> = Axis::ALL.map(|axis| (axis, 0)).into();
    for (axis, low, high) in atoms.filter_map(range).chain(ends) {
        starts.insert((axis, low));
        if high < axis.last() {
            starts.insert((axis, high + 1));
        }
    }
    let mut next = starts.iter().skip(1);
    let pieces = starts.iter().map(|&(axis, low)| {
        let end = next.next().filter(|(of, _)| *of == axis);
        let high = end.map_or(axis.last(), |(_, end)| end - 1);
        Place {
            axis,
            low,
            is_single: low == high,
        }
    });
    // Clients with these addresses are clients of IPv4 (F-V4-15).
    let is_mapped =
        |place: &Place| place.axis == Axis::V6 && (MAPPED.0..=MAPPED.1).contains(&place.low);
    pieces.filter(|place| !is_mapped(place)).collect()
}
