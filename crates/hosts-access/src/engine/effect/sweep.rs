//! Cuts the addresses of a family into pieces that the same patterns match, in one pass over the
//! ends of all ranges.

use crate::engine::Surroundings;
use crate::engine::clients::axis::{Axis, MAPPED};
use crate::engine::effect::compile::{Atom, Questions, Slot};
use crate::engine::effect::profile::{Firsts, Mark, Profile, Rules};
use std::collections::BTreeMap;

/// Addresses that no rule tells apart.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) axis: Axis,
    pub(super) low: u128,
    pub(super) high: u128,
    pub(super) profile: Profile,
}

/// Where changes may be: ranges of each family, or everywhere.
#[derive(Debug, Default)]
pub(super) struct Region {
    pub(super) is_everywhere: bool,
    /// It is a part of the region for which rules were taken apart.
    pub(super) is_slice: bool,
    pub(super) ranges: Vec<(Axis, u128, u128)>,
}

impl Region {
    pub(super) fn add(&mut self, atom: &Atom) {
        match atom {
            Atom::Range(axis, low, high) | Atom::Asked(axis, low, high, _) => {
                self.ranges.push((*axis, *low, *high));
            }
            Atom::Scattered(axis, _) => self.ranges.push((*axis, 0, axis.last())),
            Atom::Name(_)
            | Atom::Domain(_)
            | Atom::Known
            | Atom::Local
            | Atom::Vague(_)
            | Atom::Open(_) => self.is_everywhere = true,
        }
    }

    /// Sorts the ranges and joins those that overlap.
    pub(super) fn finish(&mut self) {
        self.ranges.sort_unstable();
        self.ranges.dedup_by(|next, kept| {
            let joins = next.0 == kept.0 && next.1 <= kept.2;
            if joins {
                kept.2 = kept.2.max(next.2);
            }
            joins
        });
    }

    /// Whether some address of a range is in it.
    pub(super) fn meets(&self, axis: Axis, low: u128, high: u128) -> bool {
        let behind = self
            .ranges
            .partition_point(|range| (range.0, range.2) < (axis, low));
        let met = |range: &(Axis, u128, u128)| range.0 == axis && range.1 <= high;
        self.is_everywhere || self.ranges.get(behind).is_some_and(met)
    }

    /// Whether some client for whom an atom may match is in it; names are everywhere.
    pub(super) fn may_meet(&self, atom: &Atom) -> bool {
        match atom {
            Atom::Range(axis, low, high) | Atom::Asked(axis, low, high, _) => {
                self.meets(*axis, *low, *high)
            }
            Atom::Scattered(axis, _) => self.meets(*axis, 0, axis.last()),
            Atom::Name(_)
            | Atom::Domain(_)
            | Atom::Known
            | Atom::Local
            | Atom::Vague(_)
            | Atom::Open(_) => true,
        }
    }

    /// What of it lies from one address to another; nothing if nothing does.
    pub(super) fn within(&self, axis: Axis, low: u128, high: u128) -> Option<Self> {
        let own =
            |range: &&(Axis, u128, u128)| range.0 == axis && range.1 <= high && low <= range.2;
        let ranges: Vec<_> = if self.is_everywhere {
            vec![(axis, low, high)]
        } else {
            let own = self.ranges.iter().filter(own);
            own.map(|range| (axis, range.1.max(low), range.2.min(high)))
                .collect()
        };
        (!ranges.is_empty()).then_some(Self {
            is_everywhere: false,
            is_slice: true,
            ranges,
        })
    }

    /// Its own ends, so that no piece is half in it.
    fn of(&self, axis: Axis) -> impl Iterator<Item = (u128, u128)> + '_ {
        let whole = self.is_everywhere.then_some((0, axis.last()));
        let own = self.ranges.iter().filter(move |range| range.0 == axis);
        whole.into_iter().chain(own.map(|range| (range.1, range.2)))
    }
}

/// The matches in force, counted, because ranges overlap.
#[derive(Default)]
struct Active {
    first: [BTreeMap<u32, u32>; 2],
    marks: BTreeMap<(Slot, Mark), u32>,
}

impl Active {
    fn change(&mut self, rules: &Rules, slot: Slot, mark: Mark, is_start: bool) {
        let Some(rule) = rules.get(slot.rule) else {
            return;
        };
        if mark != Mark::Yes || !rule.is_simple() {
            return count(&mut self.marks, (slot, mark), is_start);
        }
        for (first, number) in self.first.iter_mut().zip(rule.numbers) {
            if number.is_some() {
                count(first, slot.rule, is_start);
            }
        }
    }

    fn profile(&self, rules: &Rules) -> Profile {
        let mut profile = Profile::new();
        let Firsts { of_all, of_deny } = &mut profile.first;
        for ((first, second), active) in of_all.iter_mut().zip(of_deny).zip(&self.first) {
            *first = active.keys().next().copied().unwrap_or(*first);
            let of_deny = rules.second.and_then(|from| active.range(from..).next());
            *second = of_deny.map_or(*second, |(number, _)| *number);
        }
        let last = |firsts: [u32; 2]| firsts.into_iter().max().unwrap_or_default();
        let first = profile.first;
        let until = last(first.of_all).max(rules.second.map_or(0, |_| last(first.of_deny)));
        let marks = self.marks.keys().take_while(|(slot, _)| slot.rule < until);
        let marks = marks.filter(|(slot, _)| first.are_after(rules, slot.rule));
        profile.marks = marks.copied().collect();
        profile
    }
}

fn count<K: Ord>(counts: &mut BTreeMap<K, u32>, key: K, is_start: bool) {
    use std::collections::btree_map::Entry;
    match counts.entry(key) {
        Entry::Occupied(mut entry) if is_start => *entry.get_mut() += 1,
        Entry::Occupied(mut entry) if *entry.get() > 1 => *entry.get_mut() -= 1,
        Entry::Occupied(entry) => drop(entry.remove()),
        Entry::Vacant(entry) => drop(entry.insert(1)),
    }
}

/// Where a range begins, or what lies behind its end; and what matches in it, if anything.
type Event = (u128, bool, Option<(Slot, Mark)>);

/// The ends of all ranges in order, and the patterns that only single addresses can settle.
fn events(axis: Axis, region: &Region, atoms: &[(Slot, &Atom)]) -> (Vec<Event>, Vec<(Slot, u32)>) {
    let mut events: Vec<Event> = Vec::new();
    let mut scattered = Vec::new();
    let mut push = |low: u128, high: u128, what: Option<(Slot, Mark)>| {
        events.push((low, true, what));
        if let Some(behind) = high.checked_add(1) {
            events.push((behind, false, what));
        }
    };
    for (slot, atom) in atoms {
        match atom {
            Atom::Range(of, low, high) if *of == axis => {
                push(*low, *high, Some((*slot, Mark::Yes)));
            }
            Atom::Asked(of, low, high, number) if *of == axis => {
                push(*low, *high, Some((*slot, Mark::If(*number))));
            }
            Atom::Scattered(of, number) if *of == axis => scattered.push((*slot, *number)),
            Atom::Open(number) => push(0, axis.last(), Some((*slot, Mark::If(*number)))),
            Atom::Range(..)
            | Atom::Asked(..)
            | Atom::Scattered(..)
            | Atom::Name(_)
            | Atom::Domain(_)
            | Atom::Known
            | Atom::Local
            | Atom::Vague(_) => {}
        }
    }
    region
        .of(axis)
        .for_each(|(low, high)| push(low, high, None));
    if axis == Axis::V6 {
        push(MAPPED.0, MAPPED.1, None);
    }
    // Ends come before starts, and the order of the rest does not matter.
    events.sort_by_key(|(at, is_start, _)| (*at, *is_start));
    (events, scattered)
}

/// The pieces of a family as far as they lie in the region, in order.
pub(super) fn pieces(
    axis: Axis,
    region: &Region,
    atoms: &[(Slot, &Atom)],
    rules: &Rules,
    settle: (&Questions, &dyn Surroundings),
) -> Vec<Piece> {
    let (events, scattered) = events(axis, region, atoms);
    let mut active = Active::default();
    let mut found: Vec<Piece> = Vec::new();
    let mut rest = events.as_slice();
    while let Some((low, ..)) = rest.first() {
        let length = rest.iter().take_while(|event| event.0 == *low).count();
        let (here, behind) = rest.split_at(length);
        for (_, is_start, what) in here {
            if let Some((slot, mark)) = what {
                active.change(rules, *slot, *mark, *is_start);
            }
        }
        rest = behind;
        let high = rest.first().map_or(axis.last(), |next| next.0 - 1);
        if *low > axis.last() || !region.meets(axis, *low, high) {
            continue;
        }
        if axis == Axis::V6 && (MAPPED.0..=MAPPED.1).contains(low) {
            // Nobody has these addresses, so they are like those before them.
            if let Some(before) = found.last_mut().filter(|piece| piece.high == *low - 1) {
                before.high = high;
            }
            continue;
        }
        let mut profile = active.profile(rules);
        let text = (*low == high && !scattered.is_empty()).then(|| axis.text(*low));
        for (slot, number) in &scattered {
            let mark = match &text {
                None => Mark::If(*number),
                Some(text) if settle.0.settle(*number, text.as_bytes(), settle.1) => Mark::Yes,
                Some(_) => continue,
            };
            profile.add(rules, *slot, mark);
        }
        profile.finish(rules);
        found.push(Piece {
            axis,
            low: *low,
            high,
            profile,
        });
    }
    found
}
