//! The rules of both pairs that can matter, taken apart.

use crate::engine::clients::axis::Axis;
use crate::engine::effect::compile::{Atom, Compiler, End, Ended, Slot};
use crate::engine::effect::daemons::Heads;
use crate::engine::effect::merge::Placed;
use crate::engine::effect::profile::{Known, Rules};
use crate::engine::effect::sweep::Region;
use crate::engine::{Access, Admitted, Table, TableName};
use crate::policy::Rule;
use std::net::IpAddr;
use std::rc::Rc;

/// What becomes of those whom no rule matches.
pub(super) fn end(deny: Table<'_>) -> Access {
    let is_whole = match deny {
        Table::Absent => true,
        Table::Unreadable => false,
        Table::Read(tree) => tree.broken_line().is_none(),
    };
    if is_whole {
        Access::Granted
    } else {
        Access::Denied
    }
}

/// A command that decides about those whom it admits.
pub(super) struct Gated {
    /// Where it counts.
    slot: Slot,
    pub(super) admitted: Rc<Admitted>,
    /// Its ranges are in order, and none has an address of another one.
    is_in_order: bool,
}

impl Gated {
    fn new(slot: Slot, admitted: Rc<Admitted>) -> Self {
        let ranges = admitted.ranges.iter();
        Self {
            slot,
            is_in_order: ranges.is_sorted_by(|one, next| one.1 < next.0),
            admitted,
        }
    }

    /// All of its ranges, but for some that a slice does not meet.
    fn near(&self, region: &Region) -> &[(IpAddr, IpAddr)] {
        let all = self.admitted.ranges.as_slice();
        let is_short = region.is_slice && self.is_in_order;
        let ends = region.ranges.first().zip(region.ranges.last());
        let Some(((axis, low, _), (_, _, high))) = ends.filter(|_| is_short) else {
            return all;
        };
        let Some((low, high)) = axis.ip(*low).zip(axis.ip(*high)) else {
            return all;
        };
        let from = all.partition_point(|range| range.1 < low);
        let to = all.partition_point(|range| range.0 <= high);
        all.get(from..to).unwrap_or_default()
    }
}

/// The rules that can matter, taken apart.
#[derive(Default)]
pub(super) struct Work {
    pub(super) rules: Rules,
    pub(super) atoms: Vec<(Slot, Atom)>,
    pub(super) heads: Heads,
    /// Commands that decide about those whom they admit: their ranges may be very many.
    pub(super) commands: Vec<Gated>,
    /// Whether a command of the allow tables can lead to the deny tables.
    is_gated: bool,
}

impl Work {
    pub(super) fn take(
        &mut self,
        table: TableName,
        placed: Placed<'_>,
        compiler: &mut Compiler<'_>,
        region: &Region,
    ) {
        let rule: Rule<'_, '_> = placed.rule;
        let number = crate::span::offset(self.rules.all.len());
        let from = self.atoms.len();
        let atoms = &mut self.atoms;
        let mut is_relevant = false;
        let groups = compiler.clients(rule, &mut |group, atom| {
            if region.may_meet(&atom) {
                is_relevant |= group == 0;
                atoms.push((
                    Slot {
                        rule: number,
                        group,
                    },
                    atom,
                ));
            }
        });
        if !is_relevant {
            return self.atoms.truncate(from);
        }
        let end = self.end(table, compiler.end(table, rule), (number, groups));
        let block = self.rules.all.last().map_or(0, |last| {
            let present = |numbers: [Option<u32>; 2]| numbers.map(|number| number.is_some());
            let is_same = last.end == end && present(last.numbers) == present(placed.numbers);
            last.block + u32::from(!is_same)
        });
        self.rules.all.push(Known {
            table,
            numbers: placed.numbers,
            old_line: placed.old_line,
            groups,
            end,
            block,
        });
        self.heads.push(rule);
    }

    /// Notes whom the command of a rule admits, as a group after those of its clients, and where the
    /// deny tables begin if it can lead there.
    fn end(&mut self, table: TableName, end: Ended, (number, group): (u32, u32)) -> End {
        let is_second = table == TableName::Deny;
        if is_second && self.is_gated {
            self.rules.second.get_or_insert(number);
        }
        match end {
            Ended::Known(end) => end,
            // Before any command has failed it counts.
            Ended::Options(own) if !is_second || !self.is_gated => End::Access(own),
            Ended::Options(own) => End::Options(own),
            Ended::Gate(own, admitted) => {
                self.is_gated |= !is_second;
                let slot = Slot {
                    rule: number,
                    group,
                };
                self.commands.push(Gated::new(slot, admitted));
                End::Gate(own)
            }
        }
    }
}

impl Work {
    /// Whom commands admit in a region, each in the group after those of its rule's clients.
    pub(super) fn admitted(&self, region: &Region) -> Vec<(Slot, Atom)> {
        let mut found = Vec::new();
        for command in &self.commands {
            let known = command.near(region).iter().filter_map(on_axis);
            let is_unknown = command.admitted.unknown;
            let all = known.chain(is_unknown.then_some((Axis::Nowhere, 0, 0)));
            let inside = all.filter(|(axis, low, high)| region.meets(*axis, *low, *high));
            let atom = |(axis, low, high)| (command.slot, Atom::Range(axis, low, high));
            found.extend(inside.map(atom));
        }
        found
    }
}

/// A range of addresses on its axis; nothing if its ends are of two families.
pub(super) fn on_axis((low, high): &(IpAddr, IpAddr)) -> Option<(Axis, u128, u128)> {
    match (low, high) {
        (IpAddr::V4(low), IpAddr::V4(high)) => {
            Some((Axis::V4, low.to_bits().into(), high.to_bits().into()))
        }
        (IpAddr::V6(low), IpAddr::V6(high)) => Some((Axis::V6, low.to_bits(), high.to_bits())),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => None,
    }
}
