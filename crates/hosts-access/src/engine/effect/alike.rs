//! Rules that were written in another way and match the same clients: where all rules of a part of a
//! table end alike, only whom they match together matters, not which of them does, nor their order.

use crate::engine::clients::axis::Axis;
use crate::engine::effect::compile::{Atom, Compiler, End, Ended};
use crate::engine::effect::daemons::Heads;
use crate::engine::effect::merge::Merged;
use crate::engine::{Access, Surroundings, TableName};
use crate::policy::Rule;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Whom the rules of one version match, by the number of their daemon list.
#[derive(Default)]
struct Reached {
    ranges: Vec<(u32, Axis, u128, u128)>,
    others: HashSet<(u32, Atom)>,
}

impl Reached {
    /// The ranges in order, overlapping ones and neighbours joined.
    fn union(&mut self) -> &[(u32, Axis, u128, u128)] {
        self.ranges.sort_unstable();
        self.ranges.dedup_by(|next, kept| {
            let is_beside = next.2 <= kept.3 || kept.3.checked_add(1) == Some(next.2);
            let joins = (next.0, next.1) == (kept.0, kept.1) && is_beside;
            if joins {
                kept.3 = kept.3.max(next.3);
            }
            joins
        });
        &self.ranges
    }
}

/// How a rule ends, and whether it does so after an `aclexec` has failed, too (F-ACL-06).
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ending {
    access: Access,
    is_steady: bool,
}

impl Ending {
    /// Nothing if nobody knows.
    fn of(table: TableName, rule: Rule<'_, '_>, compiler: &Compiler<'_>) -> Option<Self> {
        let (access, is_steady) = match compiler.end(table, rule) {
            Ended::Known(End::Access(access)) => (access, true),
            Ended::Options(access) => (access, false),
            Ended::Known(End::Options(_) | End::Gate(_) | End::Unknown(_)) | Ended::Gate(..) => {
                return None;
            }
        };
        Some(Self { access, is_steady })
    }
}

/// Rules that stand beside each other and end alike.
#[derive(Default)]
struct Block {
    end: Option<Ending>,
    /// What the rules of the old version alone match, and those of the new one alone.
    sides: [Reached; 2],
    /// Whether that cannot be compared: an exception, or a rule about users.
    is_opaque: bool,
    /// The stretches that these rules are in.
    stretches: Vec<usize>,
}

impl Block {
    fn is_alike(&mut self) -> bool {
        let [old, new] = &mut self.sides;
        self.end.is_some()
            && !self.is_opaque
            && old.others == new.others
            && old.union() == new.union()
    }
}

/// The stretches of one version alone whose rules match the same clients in both.
pub(super) fn alike(
    merged: &Merged<'_>,
    table: TableName,
    user: &[u8],
    world: &dyn Surroundings,
) -> HashSet<usize> {
    // It counts questions and words of its own.
    let mut compiler = Compiler::new(user, world);
    let mut heads: HashMap<Cow<'_, [u8]>, u32> = HashMap::new();
    let mut found: HashSet<usize> = merged.own().collect();
    let mut block = Block::default();
    let mut close = |block: &mut Block| {
        if !block.is_alike() {
            for stretch in &block.stretches {
                found.remove(stretch);
            }
        }
        *block = Block::default();
    };
    for (stretch, placed) in merged.around_own() {
        let end = Ending::of(table, placed.rule, &compiler);
        if end.is_none() || block.end != end {
            close(&mut block);
            block.end = end;
        }
        let side = match placed.numbers {
            [Some(_), None] => 0,
            [None, Some(_)] => 1,
            _ => continue,
        };
        if block.stretches.last() != Some(&stretch) {
            block.stretches.push(stretch);
        }
        let head = head(placed.rule, &mut heads);
        let Some(reached) = block.sides.get_mut(side) else {
            continue;
        };
        compiler.asks_user = false;
        let groups = compiler.clients(placed.rule, &mut |_, atom| match atom {
            Atom::Range(axis, low, high) => reached.ranges.push((head, axis, low, high)),
            Atom::Scattered(..)
            | Atom::Asked(..)
            | Atom::Name(_)
            | Atom::Domain(_)
            | Atom::Known
            | Atom::Local
            | Atom::Vague(_)
            | Atom::Open(_) => drop(reached.others.insert((head, atom))),
        });
        block.is_opaque |= groups > 1 || compiler.asks_user;
    }
    close(&mut block);
    found
}

/// The number of a rule's daemon list.
fn head<'t>(rule: Rule<'t, 't>, heads: &mut HashMap<Cow<'t, [u8]>, u32>) -> u32 {
    let next = crate::span::offset(heads.len());
    *heads.entry(Heads::text(rule)).or_insert(next)
}

#[cfg(test)]
mod tests {
    use crate::engine::{Bare, Change, Table, Tables, differences, differences_of_user};
    use crate::syntax::parse;

    /// What changes from one pair of tables to another, for clients of a user if one is given.
    fn changes(old: [&str; 2], new: [&str; 2], user: Option<&[u8]>) -> Vec<Change> {
        let trees = [old, new].map(|pair| pair.map(|text| parse(text.as_bytes())));
        let [old, new] = trees.each_ref().map(|[allow, deny]| Tables {
            allow: Table::Read(allow),
            deny: Table::Read(deny),
        });
        let found = match user {
            None => differences(&old, &new, &[], &Bare),
            Some(user) => differences_of_user(&old, &new, &[], user, &Bare),
        };
        found.claims.iter().map(|claim| claim.change).collect()
    }

    #[test]
    fn what_matches_the_same_clients_in_another_way_changes_nothing() {
        for (old, new) in [
            ("ALL: 10.0.0.1\nALL: 10.0.0.2\n", "ALL: 10.0.0.2 10.0.0.1\n"),
            ("ALL: 10.0.0.2\nALL: 10.0.0.3\n", "ALL: 10.0.0.2/31: deny\n"),
            (
                "a: 10.0.0.2 .x.org\nb: 10.0.0.3\n",
                "b: 10.0.0.3\na: .x.org\na: 10.0.0.2\n",
            ),
            (
                "ALL: 10.1.\nsshd: x.org\nALL: 10.0.\n",
                "ALL: 10.0.0.0/15\nsshd: x.org\n",
            ),
            ("ALL:\n", ""),
        ] {
            assert_eq!(changes(["", old], ["", new], None), [], "{old} {new}");
        }
    }

    #[test]
    fn order_exceptions_users_and_failed_commands_are_not_passed_over() {
        use Change::{Gains, Loses, Unknown};
        let first = "ALL: 10.0.0.1: deny\nALL: 10.0.0.1: allow\n";
        let second = "ALL: 10.0.0.1: allow\nALL: 10.0.0.1: deny\n";
        assert_eq!(changes(["", first], ["", second], None), [Gains]);
        let but = "ALL: 10.0.0.0/31 EXCEPT 10.0.0.1\n";
        assert_eq!(
            changes(["", but], ["", "ALL: 10.0.0.0/31\n"], None),
            [Loses]
        );
        let of_bob = ["", "ALL: bob@10.0.0.1 10.0.0.2\n"];
        let of_none = ["", "ALL: 10.0.0.2\n"];
        assert_eq!(changes(of_bob, of_none, None), []);
        assert_eq!(changes(of_bob, of_none, Some(b"bob")), [Gains]);
        let may_fail = "ALL: ALL: aclexec x\n";
        let neutral = [may_fail, "ALL: ALL: severity info\n"];
        assert!(changes(neutral, [may_fail, "ALL: ALL\n"], None).contains(&Unknown));
    }
}
