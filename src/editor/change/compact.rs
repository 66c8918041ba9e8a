//! `compact`: the same verdicts by fewer rules. Addresses of rules that may stand in any order become
//! the fewest networks, packed into lines as long as libwrap reads.

use crate::edit::{Edit, apply};
use crate::editor::change::address_runs::{FewestNetworks, Rival, without_covered};
use crate::editor::change::batches::{Batch, Batches, Untouched};
use crate::editor::change::compact_gate::{GatePlace, gated};
use crate::editor::change::replaced_lines::Lines;
use crate::editor::change::rule_frame::RuleFrame;
use crate::editor::change::worked_out::{Change, Refusal};
use crate::editor::commit::planned_list::{LIST_END, ListPlace, PlannedList};
use crate::editor::trial::table_pair::Ground;
use crate::engine::TableName;
use crate::metadata::strays;
use crate::policy::Network;
use crate::span::index;
use crate::syntax::{LINE_LIMIT, LineKind, Tree, parse};
use std::fmt::Write as _;

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
    is_changed: bool,
}

impl Compacted {
    /// Whether the table becomes another one.
    pub fn is_change(&self) -> bool {
        self.is_changed
    }
}

/// Where addresses go that fill more than a line.
#[derive(Debug, Clone, Copy)]
pub enum PackForm<'a> {
    /// Into rules of at most 2046 bytes.
    Lines,
    /// Into list files here.
    Files(&'a ListPlace),
    /// Into compiled sets that a gate is asked about; what fits into a line is packed into lines.
    Gates(&'a GatePlace),
}

impl<'a> PackForm<'a> {
    /// Where lists are put, if any are.
    fn place(self) -> Option<&'a ListPlace> {
        match self {
            Self::Lines => None,
            Self::Files(place) => Some(place),
            Self::Gates(gate) => Some(&gate.lists),
        }
    }
}

/// What packing comes to.
#[derive(Debug, Default)]
pub struct Packed {
    /// What it does to each table, the allow table first.
    pub tables: [Compacted; 2],
    /// The lists that the new rules name.
    pub lists: Vec<PlannedList>,
}

/// The change by which both tables become compact, and what it comes to.
///
/// # Errors
/// When a gate cannot be put where it decides as the rules do.
pub fn compact(ground: &Ground<'_>, form: PackForm<'_>) -> Result<(Change, Packed), Refusal> {
    let mut change = Change::default();
    let mut done = Packed::default();
    let tables = [TableName::Allow, TableName::Deny];
    for (table, compacted) in tables.into_iter().zip(&mut done.tables) {
        let tree = ground.tree(table);
        let place = form.place();
        let named = place.map(|place| place.named.as_str());
        let mut batches = Batches::of(tree, table, ground.world, named);
        let mut lines = Lines::of(tree);
        *compacted = match form {
            PackForm::Lines | PackForm::Files(_) => {
                packed(batches, &mut lines, place, &mut done.lists)
            }
            PackForm::Gates(gate) => {
                let writing = (&mut lines, &mut change);
                done.lists
                    .extend(gated(ground, (table, &mut batches), gate, writing)?);
                // What closes the table behind a gate may change a rule that would be packed.
                if !change.edits.of(table).is_empty() {
                    batches.all.clear();
                    batches.doubles.clear();
                }
                packed(batches, &mut lines, None, &mut done.lists)
            }
        };
        for edit in lines.edits() {
            change.edits.push(table, edit);
        }
    }
    for (table, compacted) in tables.into_iter().zip(&mut done.tables) {
        let (tree, edits) = (ground.tree(table), change.edits.of(table));
        count_bytes(tree.source().len(), edits, compacted);
        if let PackForm::Gates(_) = form {
            compacted.rules[1] = rules_after(tree, edits)?;
        }
    }
    Ok((change, done))
}

/// Counts the bytes of a table before the edits and after them.
fn count_bytes(old: usize, edits: &[Edit], compacted: &mut Compacted) {
    compacted.bytes = [old; 2];
    for edit in edits {
        compacted.bytes[1] += edit.replacement.len();
        compacted.bytes[1] -= index(edit.span.len());
        compacted.is_changed = true;
    }
}

/// How many rules libwrap reads of a table after the edits.
fn rules_after(tree: &Tree<'_>, edits: &[Edit]) -> Result<usize, Refusal> {
    let new = apply(tree.source(), edits).map_err(|error| Refusal::Internal(error.to_string()))?;
    let tree = parse(&new);
    let read = tree.lines().take_while(|line| line.is_read());
    Ok(read.filter(|line| line.kind() == LineKind::Rule).count())
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
    let rules = frame(batch, lines.ends_in_cr).rules(networks)?;
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
    let frame = frame(batch, ends_in_cr);
    if frame.rules(networks).is_some_and(|rules| rules.len() < 2) {
        return None;
    }
    let mut bytes = String::new();
    for network in networks {
        // Writing to a String cannot fail.
        _ = writeln!(bytes, "{network}");
    }
    let list = place.list(bytes.into_bytes(), LIST_END, networks.len());
    let rule = frame.rule(&list.name);
    (rule.len() <= LINE_LIMIT).then_some((rule, list))
}

/// What the rules of a batch have around their clients.
fn frame(batch: &Batch, ends_in_cr: bool) -> RuleFrame<'_> {
    RuleFrame {
        head: &batch.head,
        tail: &batch.tail,
        ends_in_cr,
    }
}

#[cfg(test)]
mod tests;
