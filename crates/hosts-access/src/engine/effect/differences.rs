//! Who gains and who loses when one pair of tables takes the place of another.

use crate::engine::effect::alike::alike;
use crate::engine::effect::budget::Budget;
use crate::engine::effect::claim::{Claim, Differences};
use crate::engine::effect::collect::claims;
use crate::engine::effect::compile::Compiler;
use crate::engine::effect::daemons::{Heads, Views};
use crate::engine::effect::judge::Judge;
use crate::engine::effect::merge::Merged;
use crate::engine::effect::slices::{MOST, slices};
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
    differences_within(old, new, daemons, world, u64::MAX)
}

/// The same in so many steps at most, of which a million takes a tenth of a second or less: who cannot be
/// compared within them is a note. Tables can be written that take the cube of their rules.
pub fn differences_within(
    old: &Tables<'_>,
    new: &Tables<'_>,
    daemons: &[&[u8]],
    world: &dyn Surroundings,
    steps: u64,
) -> Differences {
    let mut claims = Vec::new();
    let mut tell = |claim| claims.push(claim);
    let limits = (MOST, &Budget::new(steps));
    let unsaid = compared([old, new], (daemons, NO_USER), world, limits, &mut tell);
    Differences {
        claims,
        asks_user: unsaid.asks_user,
        notes: unsaid.of_unknown_user(),
    }
}

/// The same a claim at a time, for those who do not keep them all: where commands such as a gate with
/// a large set admit very many ranges, the claims are too many to be held. Gives what they say
/// nothing about, in words.
pub fn each_difference(
    old: &Tables<'_>,
    new: &Tables<'_>,
    daemons: &[&[u8]],
    world: &dyn Surroundings,
    tell: &mut dyn FnMut(Claim),
) -> Vec<String> {
    let limits = (MOST, &Budget::unlimited());
    compared([old, new], (daemons, NO_USER), world, limits, tell).of_unknown_user()
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
    let mut claims = Vec::new();
    let mut tell = |claim| claims.push(claim);
    let limits = (MOST, &Budget::unlimited());
    let unsaid = compared([old, new], (daemons, user), world, limits, &mut tell);
    Differences {
        claims,
        notes: unsaid.notes,
        asks_user: unsaid.asks_user,
    }
}

/// What claims say nothing about.
#[derive(Default)]
pub(super) struct Unsaid {
    /// In words.
    pub(super) notes: Vec<String>,
    /// Whether a rule that matters asks for the client's user.
    pub(super) asks_user: bool,
}

impl Unsaid {
    /// In words, where nothing is known of the client's user.
    fn of_unknown_user(mut self) -> Vec<String> {
        if self.asks_user {
            self.notes
                .push("clients whose user name is known: a rule asks for users".to_owned());
        }
        self.notes
    }
}

/// Gives the claims, in slices of the addresses if commands admit more than `most` ranges.
pub(super) fn compared(
    [old, new]: [&Tables<'_>; 2],
    (daemons, user): (&[&[u8]], &[u8]),
    world: &dyn Surroundings,
    (most, budget): (usize, &Budget),
    tell: &mut dyn FnMut(Claim),
) -> Unsaid {
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
    let (mut changed, region) = changed(&tables, ends[0] != ends[1], &mut compiler);
    if changed.is_empty() && !region.is_everywhere {
        return Unsaid::default();
    }
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
        budget,
    };
    let commands = work.commands.iter().map(|command| &command.admitted);
    let regions = slices(region, &commands, most);
    Unsaid {
        notes: claims((&work, &views, &judge), &regions, (&compiler, world), tell),
        asks_user: compiler.asks_user,
    }
}

/// The daemons of the rules that are not the same in both pairs, and the clients of these rules.
fn changed(
    tables: &[(TableName, Merged<'_>); 2],
    is_everywhere: bool,
    compiler: &mut Compiler<'_>,
) -> (Vec<Vec<u8>>, Region) {
    let mut region = Region {
        is_everywhere,
        ..Region::default()
    };
    let mut daemons = Vec::new();
    for (_, merged) in tables {
        for rule in merged.different() {
            daemons.push(Heads::text(rule).into_owned());
            compiler.clients(rule, &mut |group, atom| {
                if group == 0 {
                    region.add(&atom);
                }
            });
        }
    }
    region.finish();
    (daemons, region)
}
