//! Which rules decide about clients that are asked about, each with a client for whom it does.

use crate::engine::effect::budget::Budget;
use crate::engine::effect::claim::Example;
use crate::engine::effect::collect::{PAIRS_LIMIT, Scene, each_scene};
use crate::engine::effect::compile::Compiler;
use crate::engine::effect::daemons::{Heads, Views};
use crate::engine::effect::judge::{Judge, OPEN_LIMIT, Walk};
use crate::engine::effect::merge::Placed;
use crate::engine::effect::profile::{NONE, Profile};
use crate::engine::effect::sweep::{Piece, Region};
use crate::engine::effect::work::{Work, end};
use crate::engine::{Access, Surroundings, Table, TableName, Tables};
use crate::policy::rules;
use crate::syntax::Tree;
use std::collections::{BTreeMap, HashSet};

/// What decides about some of the clients asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decider {
    /// The table, and the index of the line in its tree; none where no rule decides.
    pub rule: Option<(TableName, usize)>,
    /// What it decides; undecided where that depends on more than the client.
    pub access: Access,
    /// Whether it decides only if a pattern matches of which nobody can tell whom it matches. Then
    /// the example does not show it.
    pub is_assumed: bool,
    /// A client and a daemon of the kind.
    pub example: Example,
}

/// What decides about the clients and daemons of the rules in `asked`, whatever their options, for
/// clients whose user name is `user`. With `is_each`, every part of the addresses that some pattern
/// tells from the next has entries of its own. Nothing if the clients are of too many kinds.
pub fn deciders(
    tables: &Tables<'_>,
    asked: &Tree<'_>,
    is_each: bool,
    user: &[u8],
    world: &dyn Surroundings,
) -> Option<Vec<Decider>> {
    let mut compiler = Compiler::new(user, world);
    let mut region = Region::default();
    let mut heads = Vec::new();
    for rule in rules(asked) {
        heads.push(Heads::text(rule).into_owned());
        compiler.clients(rule, &mut |group, atom| {
            if group == 0 {
                region.add(&atom);
            }
        });
    }
    region.finish();
    heads.sort();
    heads.dedup();
    let mut work = Work::default();
    for (name, table) in [
        (TableName::Allow, tables.allow),
        (TableName::Deny, tables.deny),
    ] {
        let Table::Read(tree) = table else { continue };
        for rule in rules(tree) {
            let placed = Placed {
                rule,
                numbers: [Some(rule.number()), None],
                old_line: Some(rule.line().index()),
            };
            work.take(name, placed, &mut compiler, &region);
        }
    }
    for rule in rules(asked) {
        let placed = Placed {
            rule,
            numbers: [None, Some(rule.number())],
            old_line: None,
        };
        work.take(TableName::Deny, placed, &mut compiler, &region);
    }
    let views = Views::new(&work.heads, &heads, false, &[], world);
    let judge = Judge {
        rules: &work.rules,
        ends: [end(tables.deny), Access::Undecided],
        is_deny_common: false,
        budget: &Budget::unlimited(),
    };
    let mut found = Vec::new();
    let mut is_whole = true;
    each_scene(
        (&work, &views, &judge),
        &region,
        (&compiler, world),
        |scene, pieces| {
            is_whole &= scene.deciders(pieces, is_each, &mut found);
        },
    );
    is_whole.then_some(found)
}

impl Scene<'_> {
    /// Adds what decides about the pieces; false if they are too many.
    fn deciders(&self, pieces: &[Piece], is_each: bool, found: &mut Vec<Decider>) -> bool {
        // Of names that are decided alike, those that an earlier rule decides.
        let mut kinds: BTreeMap<Profile, (usize, &Profile)> = BTreeMap::new();
        for (class, profile) in self.profiles.iter().enumerate() {
            let kind = kinds.entry(profile.key(self.judge.rules));
            let (kept, is) = kind.or_insert((class, profile));
            if profile.first < is.first {
                (*kept, *is) = (class, profile);
            }
        }
        if pieces.len().saturating_mul(kinds.len()) > PAIRS_LIMIT {
            return false;
        }
        let mut known = HashSet::new();
        for (place, piece) in pieces.iter().enumerate() {
            for (class, profile) in kinds.values() {
                let of = [&piece.profile, *profile];
                let is_asked = matches!(self.judge.walk(1, piece.axis, of, &[]), Walk::Decided(_, n) if n != NONE);
                if !is_asked {
                    continue;
                }
                let mut walks = Vec::new();
                self.walks(piece, of, &mut Vec::new(), &mut walks);
                for (access, number, is_assumed) in walks {
                    let place = if is_each { place } else { 0 };
                    if !known.insert((place, number, access, is_assumed)) {
                        continue;
                    }
                    let rule = self.judge.rules.get(number);
                    found.push(Decider {
                        rule: rule.and_then(|rule| Some((rule.table, rule.old_line?))),
                        access,
                        is_assumed,
                        example: self.example(piece.axis, piece.low, *class),
                    });
                }
            }
        }
        true
    }

    /// Everything that a search can come to, whatever the answers to open questions are.
    fn walks(
        &self,
        piece: &Piece,
        of: [&Profile; 2],
        known: &mut Vec<(u32, bool)>,
        found: &mut Vec<(Access, u32, bool)>,
    ) {
        match self.judge.walk(0, piece.axis, of, known) {
            Walk::Decided(access, number) => found.push((access, number, !known.is_empty())),
            Walk::Options(number, _) => found.push((Access::Undecided, number, !known.is_empty())),
            Walk::Ask(_) if known.len() >= OPEN_LIMIT => {
                found.push((Access::Undecided, NONE, true));
            }
            Walk::Ask(question) => {
                for answer in [true, false] {
                    known.push((question, answer));
                    self.walks(piece, of, known, found);
                    known.pop();
                }
            }
        }
    }
}
