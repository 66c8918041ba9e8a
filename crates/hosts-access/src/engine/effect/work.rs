//! The rules of both pairs that can matter, taken apart.

use crate::engine::effect::compile::{Atom, Compiler, Slot};
use crate::engine::effect::daemons::Heads;
use crate::engine::effect::merge::Placed;
use crate::engine::effect::profile::Known;
use crate::engine::effect::sweep::Region;
use crate::engine::{Access, Table, TableName};
use crate::policy::Rule;

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
    pub(super) rules: Vec<Known>,
    pub(super) atoms: Vec<(Slot, Atom)>,
    pub(super) heads: Heads,
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
        let number = crate::span::offset(self.rules.len());
        let from = self.atoms.len();
        let atoms = &mut self.atoms;
        let mut is_relevant = false;
        let groups = compiler.clients(rule, &mut |group, atom| {
            let is_inside = match &atom {
                Atom::Range(axis, low, high) => region.meets(*axis, *low, *high),
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
        let end = compiler.end(table, rule);
        let block = self.rules.last().map_or(0, |last| {
            let present = |numbers: [Option<u32>; 2]| numbers.map(|number| number.is_some());
            let is_same = last.end == end && present(last.numbers) == present(placed.numbers);
            last.block + u32::from(!is_same)
        });
        self.rules.push(Known {
            table,
            numbers: placed.numbers,
            old_line: placed.old_line,
            groups,
            end,
            block,
        });
        self.heads.push(rule);
    }
}
