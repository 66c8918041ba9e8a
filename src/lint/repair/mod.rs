//! Repairs: findings with a known remedy are turned into edits, and what comes of them is proved on
//! requests that stand for all others.
//!
//! A safe repair changes no verdict. The others make a rule do what its author evidently meant, so
//! people gain or lose access by them.

mod edits;
mod lines;
mod proof;
mod word;

pub use proof::{Difference, differences};

use super::sink::Finding;
use super::site::Site;
use super::{Policy, check};
use crate::edit::{Edit, apply};
use crate::engine::TableName;
use crate::span::Span;
use crate::syntax::{Tree, parse_as};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Repairs can bring forth further ones, but not for ever.
const ROUNDS: usize = 20;
/// When a round changes a verdict, its repairs are tried one by one, up to this many.
const SINGLE_LIMIT: usize = 200;

/// A deny table that refuses everybody who comes so far.
pub const DENY_ALL: &[u8] = b"ALL: ALL\n";

/// Which repairs are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boldness {
    /// Those that change no verdict.
    Safe,
    /// Also those that do what was evidently meant.
    Unsafe,
}

/// Both tables, repaired.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repaired {
    /// The allow table.
    pub allow: Vec<u8>,
    /// The deny table.
    pub deny: Vec<u8>,
    /// What was done, as a code and a title each, in order.
    pub done: Vec<(&'static str, String)>,
}

/// A repair and the table it is for.
struct Step {
    table: TableName,
    code: &'static str,
    title: String,
    edits: Vec<Edit>,
    /// What it touches: no other repair of a round may.
    reach: Span,
    /// The text it is about, by which it is known again if it must not be made.
    key: (TableName, &'static str, Vec<u8>),
}

/// Repairs both tables, or the only one that is given, until nothing is left to do. A safe repair
/// of one table is safe whatever the other says.
pub fn repair(
    allow: Option<&[u8]>,
    deny: Option<&[u8]>,
    site: &Site<'_>,
    boldness: Boldness,
) -> Repaired {
    let given = [allow.is_some(), deny.is_some()];
    let mut now = Repaired {
        allow: allow.unwrap_or_default().to_vec(),
        deny: deny.unwrap_or_default().to_vec(),
        done: Vec::new(),
    };
    let mut refused = BTreeSet::new();
    for _ in 0..ROUNDS {
        let steps = steps(&now, given, site, boldness, &refused);
        if steps.is_empty() {
            break;
        }
        let whole = applied(&now, &steps);
        if boldness == Boldness::Unsafe || is_equal(&now, &whole, given, site) {
            now = whole;
            continue;
        }
        // Later steps shift nothing that earlier ones need: each is tried on its own, and the
        // first that holds is made.
        let mut made = None;
        for step in steps.into_iter().take(SINGLE_LIMIT) {
            let single = applied(&now, std::slice::from_ref(&step));
            if is_equal(&now, &single, given, site) {
                made = Some(single);
                break;
            }
            refused.insert(step.key);
        }
        match made {
            Some(single) => now = single,
            None => break,
        }
    }
    now
}

/// The repairs of one round, none of which touches the line of another.
fn steps(
    now: &Repaired,
    [has_allow, has_deny]: [bool; 2],
    site: &Site<'_>,
    boldness: Boldness,
    refused: &BTreeSet<(TableName, &'static str, Vec<u8>)>,
) -> Vec<Step> {
    let reading = site.world.dialect().reading;
    let (allow, deny) = (parse_as(&now.allow, reading), parse_as(&now.deny, reading));
    let policy = Policy {
        allow: has_allow.then_some(&allow),
        deny: has_deny.then_some(&deny),
    };
    let mut steps: Vec<Step> = check(&policy, site, usize::MAX)
        .finish(&policy, None)
        .singly()
        .findings
        .iter()
        .filter_map(|finding| step(finding, &policy, boldness))
        .filter(|step| !refused.contains(&step.key))
        .collect();
    // Of two that begin at one place the one that does more.
    let extent = |step: &Step| -> u32 { step.edits.iter().map(|edit| edit.span.len()).sum() };
    steps.sort_by_key(|step| {
        let Span { start, end } = step.reach;
        (step.table, start, Reverse((end, extent(step))))
    });
    let mut last: Option<(TableName, u32)> = None;
    steps.retain(|step| {
        let is_free =
            last.is_none_or(|(table, end)| table != step.table || end <= step.reach.start);
        if is_free {
            last = Some((step.table, step.reach.end));
        }
        is_free
    });
    steps
}

fn step(finding: &Finding, policy: &Policy<'_>, boldness: Boldness) -> Option<Step> {
    let tree: &Tree<'_> = policy.tree(finding.table)?;
    let found = &finding.diagnostic;
    let line = super::witness::line_at(tree, found.span.start)?;
    let fix = edits::of(found, line)?;
    if boldness == Boldness::Safe && !fix.is_safe {
        return None;
    }
    let text = line.span().of(tree.source()).to_vec();
    let reach = fix.edits.iter().fold(line.span(), |reach, edit| {
        let (start, end) = (edit.span.start, edit.span.end);
        Span::new(reach.start.min(start), reach.end.max(end))
    });
    Some(Step {
        table: finding.table,
        code: found.code,
        title: fix.title,
        edits: fix.edits,
        reach,
        key: (finding.table, found.code, text),
    })
}

fn applied(now: &Repaired, steps: &[Step]) -> Repaired {
    let of = |table: TableName, source: &[u8]| {
        let own = steps.iter().filter(|step| step.table == table);
        let edits: Vec<Edit> = own.flat_map(|step| step.edits.clone()).collect();
        apply(source, &edits).unwrap_or_else(|_| source.to_vec())
    };
    let mut done = now.done.clone();
    done.extend(steps.iter().map(|step| (step.code, step.title.clone())));
    Repaired {
        allow: of(TableName::Allow, &now.allow),
        deny: of(TableName::Deny, &now.deny),
        done,
    }
}

fn is_equal(before: &Repaired, after: &Repaired, given: [bool; 2], site: &Site<'_>) -> bool {
    let is_alike = |old: &[u8], new: &[u8]| {
        let (before, after) = ((&*before.allow, old), (&*after.allow, new));
        differences(before, after, site.world).is_empty()
    };
    // Whom an allow table says nothing about is granted with an empty deny table and denied with a
    // full one: who is treated alike with both is treated alike with every deny table.
    is_alike(&before.deny, &after.deny) && (given != [true, false] || is_alike(DENY_ALL, DENY_ALL))
}
