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

/// The rules that can matter, taken apart.
#[derive(Default)]
pub(super) struct Work {
    pub(super) rules: Rules,
    pub(super) atoms: Vec<(Slot, Atom)>,
    pub(super) heads: Heads,
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
            let is_inside = match &atom {
                Atom::Range(axis, low, high) | Atom::Asked(axis, low, high, _) => {
                    region.meets(*axis, *low, *high)
                }
                Atom::Scattered(axis, _) => region.meets(*axis, 0, axis.last()),
                Atom::Name(_)
                | Atom::Domain(_)
                | Atom::Known
                | Atom::Local
                | Atom::Vague(_)
                | Atom::Open(_) => true,
            };
            if is_inside {
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
        let end = self.end(table, compiler.end(table, rule), (number, groups), region);
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
    fn end(
        &mut self,
        table: TableName,
        end: Ended,
        (number, group): (u32, u32),
        region: &Region,
    ) -> End {
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
                let ranges =
                    ranges(&admitted).filter(|(axis, low, high)| region.meets(*axis, *low, *high));
                let atoms = ranges.map(|(axis, low, high)| (slot, Atom::Range(axis, low, high)));
                self.atoms.extend(atoms);
                End::Gate(own)
            }
        }
    }
}

/// Whom a command admits, as ranges of the axes.
fn ranges(admitted: &Admitted) -> impl Iterator<Item = (Axis, u128, u128)> + '_ {
    let known = admitted
        .ranges
        .iter()
        .filter_map(|(low, high)| match (low, high) {
            (IpAddr::V4(low), IpAddr::V4(high)) => {
                Some((Axis::V4, low.to_bits().into(), high.to_bits().into()))
            }
            (IpAddr::V6(low), IpAddr::V6(high)) => Some((Axis::V6, low.to_bits(), high.to_bits())),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => None,
        });
    known.chain(admitted.unknown.then_some((Axis::Nowhere, 0, 0)))
}
