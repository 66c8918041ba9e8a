//! What changes in effect between two pairs of tables, computed on sets of clients.
//!
//! Only clients that a rule of one pair alone matches can be concerned: the rules of both pairs are
//! merged ([`merge`]), and the rest is worked out for the addresses and names of those rules. The
//! addresses are cut at the ends of all patterns ([`sweep`]), the names into classes ([`names`]);
//! addresses, and names, that the rules treat alike are judged once ([`judge`]). What single clients
//! only can settle is tried both ways, and told as unknown where that makes a difference.

mod address;
mod claim;
mod collect;
mod compile;
mod daemons;
mod deciders;
mod judge;
mod merge;
mod names;
mod profile;
mod sweep;

pub use claim::{Change, Claim, Daemons, Differences, Example, NameGroup, NameSet};
pub use deciders::{Decider, deciders};

use super::{Access, Surroundings, Table, TableName, Tables};
use crate::policy::Rule;
use compile::{Atom, Compiler, Slot};
use daemons::{Heads, Views};
use merge::{Merged, Placed};
use profile::Known;
use sweep::Region;

/// Who gains or loses which daemon when `new` takes the place of `old`. Both are asked on the same
/// machine, by daemons that do not tell their end of the connection; `daemons` are told apart beside
/// those that rules name.
pub fn differences(
    old: &Tables<'_>,
    new: &Tables<'_>,
    daemons: &[&[u8]],
    world: &dyn Surroundings,
) -> Differences {
    let mut found = differences_of_user(old, new, daemons, NO_USER, world);
    if found.asks_user {
        found
            .notes
            .push("clients whose user name is known: a rule asks for users".to_owned());
    }
    found
}

/// The user of a client that names none, as libwrap has it.
const NO_USER: &[u8] = b"unknown";

/// The same for clients whose user name is `user`; [`differences`] is for clients that name none.
pub fn differences_of_user(
    old: &Tables<'_>,
    new: &Tables<'_>,
    daemons: &[&[u8]],
    user: &[u8],
    world: &dyn Surroundings,
) -> Differences {
    let tables = [
        (TableName::Allow, Merged::new(old.allow, new.allow)),
        (TableName::Deny, Merged::new(old.deny, new.deny)),
    ];
    let ends = [old.deny, new.deny].map(end);
    let mut compiler = Compiler::new(user, world);
    let mut region = Region {
        is_everywhere: ends[0] != ends[1],
        ..Region::default()
    };
    let mut changed = Vec::new();
    for (_, merged) in &tables {
        for rule in merged.different() {
            changed.push(Heads::text(rule).into_owned());
            compiler.clients(rule, &mut |group, atom| {
                if group == 0 {
                    region.add(&atom);
                }
            });
        }
    }
    if changed.is_empty() && !region.is_everywhere {
        return Differences::default();
    }
    region.finish();
    let is_deny_common = tables
        .iter()
        .all(|(name, merged)| *name == TableName::Allow || merged.different().next().is_none());
    let mut work = Work::default();
    for (name, merged) in &tables {
        for placed in merged.rules() {
            work.take(*name, placed, &mut compiler, &region);
        }
    }
    changed.sort();
    changed.dedup();
    let views = Views::new(&work.heads, &changed, ends[0] != ends[1], daemons, world);
    let judge = judge::Judge {
        rules: &work.rules,
        ends,
        is_deny_common,
    };
    collect::claims(&work, &views, &judge, &region, &compiler, world)
}

/// What becomes of those whom no rule matches.
fn end(deny: Table<'_>) -> Access {
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
struct Work {
    rules: Vec<Known>,
    atoms: Vec<(Slot, Atom)>,
    heads: Heads,
}

impl Work {
    fn take(
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
