//! `compact`: the same verdicts by fewer rules. Addresses of rules that may stand in any order become
//! the fewest networks, packed into lines as long as libwrap reads.

use crate::editor::change::address_runs::{FewestNetworks, Rival, without_covered};
use crate::editor::change::batches::{Batch, Batches, Untouched};
use crate::editor::change::replaced_lines::Lines;
use crate::editor::change::worked_out::{Change, Refusal};
use crate::editor::commit::digest::digest;
use crate::editor::commit::planned_list::{LIST_END, PlannedList};
use crate::editor::trial::table_pair::Ground;
use crate::engine::TableName;
use crate::metadata::strays;
use crate::policy::{Network, formatted};
use crate::span::index;
use crate::syntax::{LINE_LIMIT, LineKind, Tree, parse};
use std::fmt::Write as _;
use std::path::PathBuf;

/// As few bytes of a line must be left for clients that packing is worth it.
const LEAST_ROOM: usize = 64;
/// As many hexadecimal digits of what is in a list are its name.
const DIGITS: usize = 20;

/// What packing does to one table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compacted {
    /// How many rules libwrap reads, before and after.
    pub rules: [usize; 2],
    /// How many bytes the table has, before and after.
    pub bytes: [usize; 2],
    /// Words and rules that others held already.
    pub covered: usize,
    /// Words that went because neighbours became one network.
    pub joined: usize,
    /// Rules with a command or another effect that became one with a rule of the same effect.
    pub alike: usize,
    /// What stays as it is.
    pub untouched: Untouched,
}

impl Compacted {
    /// Whether the table becomes another one.
    pub fn is_change(&self) -> bool {
        self.rules[0] != self.rules[1] || self.covered + self.joined > 0
    }
}

/// Where lists of clients are put, if addresses go into such.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPlace {
    /// The directory as rules name it.
    pub named: String,
    /// Where that directory is.
    pub found: PathBuf,
}

/// What packing comes to.
#[derive(Debug, Default)]
pub struct Packed {
    /// What it does to each table, the allow table first.
    pub tables: [Compacted; 2],
    /// The lists that the new rules name.
    pub lists: Vec<PlannedList>,
}

/// The change by which both tables become compact, and what it comes to. What fills more than a line
/// goes into a list in `place`, if that is given.
///
/// # Errors
/// [`Refusal::Internal`] if the edits do not fit, which would be a defect.
pub fn compact(
    ground: &Ground<'_>,
    place: Option<&ListPlace>,
) -> Result<(Change, Packed), Refusal> {
    let mut change = Change::default();
    let mut done = Packed::default();
    let tables = [TableName::Allow, TableName::Deny];
    for (table, compacted) in tables.into_iter().zip(&mut done.tables) {
        let tree = ground.tree(table);
        let named = place.map(|place| place.named.as_str());
        let batches = Batches::of(tree, table, ground.world, named);
        let mut lines = Lines::of(tree);
        *compacted = packed(batches, &mut lines, place, &mut done.lists);
        compacted.bytes = [tree.source().len(); 2];
        for edit in lines.edits() {
            compacted.bytes[1] += edit.replacement.len();
            compacted.bytes[1] -= index(edit.span.len());
            change.edits.push(table, edit);
        }
    }
    Ok((change, done))
}

/// Checks a plan of [`compact`] beside its effect: every comment is there, about the same rules.
///
/// # Errors
/// [`Refusal::Internal`], which would be a defect.
pub fn verify_compact(before: &Ground<'_>, after: &Ground<'_>) -> Result<(), Refusal> {
    for table in [TableName::Allow, TableName::Deny] {
        let (old, new) = (before.tree(table), after.tree(table));
        if !comments(old).eq(comments(new)) {
            return Err(Refusal::Internal("a comment would be lost".to_owned()));
        }
        let (was, is) = (strays(old).into_iter(), strays(new).into_iter());
        if !was.map(|stray| stray.why).eq(is.map(|stray| stray.why)) {
            let what = "a comment would be about another rule";
            return Err(Refusal::Internal(what.to_owned()));
        }
    }
    Ok(())
}

/// The comments of a table and the lines that libwrap cannot use, in order.
fn comments<'t>(tree: &'t Tree<'t>) -> impl Iterator<Item = &'t [u8]> {
    tree.lines()
        .filter(|line| match line.kind() {
            LineKind::Comment | LineKind::Malformed(_) => true,
            LineKind::Rule | LineKind::Blank => false,
        })
        .map(|line| line.span().of(tree.source()))
}

/// Packs what can be packed.
fn packed(
    batches: Batches,
    lines: &mut Lines<'_>,
    place: Option<&ListPlace>,
    lists: &mut Vec<PlannedList>,
) -> Compacted {
    let Batches {
        mut all,
        doubles,
        untouched,
        rules,
    } = batches;
    let mut done = Compacted {
        rules: [rules; 2],
        covered: doubles.len(),
        untouched,
        ..Compacted::default()
    };
    for line in &doubles {
        lines.replace(*line, Vec::new());
    }
    done.rules[1] -= doubles.len();
    for stretch in all.chunk_by_mut(|a, b| a.stretch == b.stretch) {
        let words: Vec<usize> = stretch.iter().map(|batch| batch.ranges.len()).collect();
        let mut fewest: Vec<FewestNetworks> = stretch
            .iter_mut()
            .map(|batch| FewestNetworks::of(std::mem::take(&mut batch.ranges)))
            .collect();
        let mut rivals: Vec<Rival<'_>> = fewest
            .iter_mut()
            .zip(&*stretch)
            .map(|(fewest, batch)| Rival {
                networks: &mut fewest.networks,
                daemons: batch.daemons,
                is_fixed: batch.has_comment,
            })
            .collect();
        let gone = without_covered(&mut rivals);
        for (((batch, fewest), words), gone) in stretch.iter().zip(fewest).zip(words).zip(gone) {
            let networks = &fewest.networks;
            let rules = put(batch, networks, words, lines, place, lists);
            let Some(rules) = rules else {
                continue;
            };
            let less = batch.lines.len() - rules;
            done.rules[1] -= less;
            done.covered += fewest.held + gone;
            done.joined += fewest.joined;
            done.alike += if batch.has_effects { less } else { 0 };
        }
    }
    done
}

/// Puts the networks of a batch into a list or into rules, if that makes it smaller: as many rules.
fn put(
    batch: &Batch,
    networks: &[Network],
    words: usize,
    lines: &mut Lines<'_>,
    place: Option<&ListPlace>,
    lists: &mut Vec<PlannedList>,
) -> Option<usize> {
    let listed = place.and_then(|place| listed(batch, networks, place, lines.ends_in_cr));
    let Some((rule, list)) = listed else {
        return rewritten(batch, networks, words, lines);
    };
    if batch.lists == [list.name.as_str()] && batch.lines.len() == 1 {
        // It is in that list already.
        return None;
    }
    replaced(batch, vec![rule], lines);
    if !lists.contains(&list) {
        lists.push(list);
    }
    Some(1)
}

/// Puts the networks of a batch in the place of its rules, if that makes it smaller: as many rules.
fn rewritten(
    batch: &Batch,
    networks: &[Network],
    words: usize,
    lines: &mut Lines<'_>,
) -> Option<usize> {
    let rules = rules_of(batch, networks, lines.ends_in_cr)?;
    let (old, new) = (batch.lines.len(), rules.len());
    if new > old || new == old && networks.len() >= words {
        return None;
    }
    replaced(batch, rules, lines);
    Some(new)
}

/// Puts rules, which are no more, in the place of those of a batch.
fn replaced(batch: &Batch, rules: Vec<Vec<u8>>, lines: &mut Lines<'_>) {
    let (old, new) = (batch.lines.len(), rules.len());
    // The rules stand as evenly among the lines as they can.
    let mut rules = rules.into_iter();
    let mut put = 0;
    for (at, line) in batch.lines.iter().enumerate() {
        let is_due = put * old <= at * new;
        let rule = if is_due { rules.next() } else { None };
        put += usize::from(rule.is_some());
        lines.replace(*line, rule.unwrap_or_default());
    }
    if !batch.has_comment {
        lines.loose.extend(&batch.lines);
    }
}

/// The networks as a list, and the rule that names it; nothing if they fit into a line.
fn listed(
    batch: &Batch,
    networks: &[Network],
    place: &ListPlace,
    ends_in_cr: bool,
) -> Option<(Vec<u8>, PlannedList)> {
    if rules_of(batch, networks, ends_in_cr).is_some_and(|rules| rules.len() < 2) {
        return None;
    }
    let mut bytes = String::new();
    for network in networks {
        // Writing to a String cannot fail.
        _ = writeln!(bytes, "{network}");
    }
    let bytes = bytes.into_bytes();
    let digest = digest(&bytes);
    let name = format!("{}{LIST_END}", digest.get(..DIGITS)?);
    let list = PlannedList {
        path: place.found.join(&name),
        name: format!("{}/{name}", place.named),
        bytes,
    };
    let rule = rule_of(batch, &list.name, ends_in_cr);
    (rule.len() <= LINE_LIMIT).then_some((rule, list))
}

/// A rule of a batch, its newline included.
fn rule_of(batch: &Batch, clients: &str, ends_in_cr: bool) -> Vec<u8> {
    let newline = if ends_in_cr { "\r\n" } else { "\n" };
    let colon = if batch.tail.is_empty() { "" } else { " : " };
    format!("{}: {clients}{colon}{}{newline}", batch.head, batch.tail).into_bytes()
}

/// The networks in as few rules as they fit into; nothing if there is no room for them.
fn rules_of(batch: &Batch, networks: &[Network], ends_in_cr: bool) -> Option<Vec<Vec<u8>>> {
    let frame = rule_of(batch, "", ends_in_cr).len() - "\n".len();
    let room = LINE_LIMIT
        .checked_sub(frame)
        .filter(|room| *room >= LEAST_ROOM)?;
    let mut rules = Vec::new();
    let (mut text, mut word) = (String::new(), String::new());
    let mut end = |text: &mut String| {
        if !text.is_empty() {
            rules.push(rule_of(batch, text, ends_in_cr));
            text.clear();
        }
    };
    for network in networks {
        word.clear();
        // Writing to a String cannot fail.
        _ = write!(word, "{network}");
        if !text.is_empty() && text.len() + 1 + word.len() > room {
            end(&mut text);
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&word);
    }
    end(&mut text);
    // Rules are folded as `tcpw fmt` folds them.
    let style = |rule: Vec<u8>| {
        if ends_in_cr {
            rule
        } else {
            formatted(&parse(&rule))
        }
    };
    Some(rules.into_iter().map(style).collect())
}

#[cfg(test)]
mod tests;
