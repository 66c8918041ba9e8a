//! Who gains and who loses when one pair of tables takes the place of another.

use crate::engine::effect::alike::alike;
use crate::engine::effect::claim::Differences;
use crate::engine::effect::collect::claims;
use crate::engine::effect::compile::Compiler;
use crate::engine::effect::daemons::{Heads, Views};
use crate::engine::effect::judge::Judge;
use crate::engine::effect::merge::Merged;
use crate::engine::effect::sweep::Region;
use crate::engine::effect::work::{Work, end};
use crate::engine::{Surroundings, TableName, Tables};

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
    let mut tables = [
        (TableName::Allow, Merged::new(old.allow, new.allow)),
        (TableName::Deny, Merged::new(old.deny, new.deny)),
    ];
    for (name, merged) in &mut tables {
        let alike = alike(merged, *name, user, world);
        merged.note_alike(&alike);
    }
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
        .all(|(name, merged)| *name == TableName::Allow || merged.own().next().is_none());
    let mut work = Work::default();
    for (name, merged) in &tables {
        for placed in merged.rules() {
            work.take(*name, placed, &mut compiler, &region);
        }
    }
    changed.sort();
    changed.dedup();
    let views = Views::new(&work.heads, &changed, ends[0] != ends[1], daemons, world);
    let judge = Judge {
        rules: &work.rules,
        ends,
        is_deny_common,
    };
    claims(&work, &views, &judge, &region, &compiler, world)
}
