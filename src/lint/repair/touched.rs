//! The lines that a repair touches, as they are and as they would be.

use super::mentions;
use super::proof::may_gain;
use super::repaired::Repaired;
use crate::diagnostic::Severity;
use crate::edit::{Edit, apply};
use crate::engine::{Surroundings, TableName};
use crate::lint::checks::lists::bare_ipv6;
use crate::lint::finding::Finding;
use crate::lint::trial::line_at;
use crate::lint::view::RuleView;
use crate::policy::rules;
use crate::span::{Span, offset};
use crate::syntax::{Line, Tree, parse_as};
use std::collections::BTreeSet;

/// A table and the findings in it and the other one.
type Linted<'t> = (&'t Tree<'t>, &'t [Finding]);

/// For the edits of each step, whether a mistake is new in the lines that they touch. A remark is
/// none, nor is a mistake that a safe repair removes.
pub(super) fn new_mistakes(
    table: TableName,
    (old, found): Linted<'_>,
    (new, findings): Linted<'_>,
    steps: &[&[Edit]],
    mends_itself: &dyn Fn(&Finding) -> bool,
) -> Vec<bool> {
    if steps.is_empty() {
        return Vec::new();
    }
    let all: Vec<&Edit> = steps.iter().flat_map(|edits| edits.iter()).collect();
    let shifts = Shifts::new(&all);
    let of_table = |finding: &&Finding| finding.table == table;
    let before = sorted(found.iter().filter(of_table));
    let after = sorted(findings.iter().filter(of_table));
    let is_new = |edits: &&[Edit]| {
        let (touched, left) = touched(old, new, edits, &shifts);
        let known: BTreeSet<&str> = touched
            .iter()
            .flat_map(|span| within(&before, *span, old.source()))
            .map(|finding| finding.diagnostic.code)
            .collect();
        left.iter()
            .flat_map(|span| within(&after, *span, new.source()))
            .any(|finding| {
                let code = finding.diagnostic.code;
                finding.diagnostic.severity > Severity::Info
                    && !known.contains(code)
                    && !mends_itself(finding)
            })
    };
    steps.iter().map(is_new).collect()
}

/// Lines after those that edits touch: as many can be joined to them.
const BEHIND: usize = 2;

/// The lines that edits touch, before and after them, as texts of their own.
pub(super) fn lines(
    tree: &Tree<'_>,
    edits: &[Edit],
    world: &dyn Surroundings,
) -> (Vec<u8>, Vec<u8>) {
    // A long table is not read again for each of them.
    let start = edits.iter().map(|edit| edit.span.start).min().unwrap_or(0);
    let end = edits.iter().map(|edit| edit.span.end).max().unwrap_or(0);
    let from = line_at(tree, start).map_or(0, |line| line.span().start);
    let last = line_at(tree, end).and_then(|line| tree.line(line.index() + BEHIND));
    let whole = offset(tree.source().len());
    let source = Span::new(from, last.map_or(whole, |line| line.span().end)).of(tree.source());
    let moved = |edit: &Edit| {
        let span = Span::new(edit.span.start - from, edit.span.end - from);
        Edit::replace(span, edit.replacement.clone())
    };
    let edits: Vec<Edit> = edits.iter().map(moved).collect();
    let then = apply(source, &edits).unwrap_or_else(|_| source.to_vec());
    let reading = world.dialect().reading;
    let (old, new) = (parse_as(source, reading), parse_as(&then, reading));
    let all: Vec<&Edit> = edits.iter().collect();
    let (touched, left) = touched(&old, &new, &edits, &Shifts::new(&all));
    let text = |spans: &[Span], source: &[u8]| {
        let texts: Vec<&[u8]> = spans.iter().map(|span| span.of(source)).collect();
        texts.concat()
    };
    (text(&touched, source), text(&left, &then))
}

/// Whether only those gain whom the rules of a table name; the words of `table` are read as they are
/// meant.
pub(super) fn grants_only_the_named(
    table: &[u8],
    now: &Repaired,
    then: &Repaired,
    world: &dyn Surroundings,
) -> bool {
    let tree = parse_as(table, world.dialect().reading);
    let mut named = Vec::new();
    for rule in rules(&tree) {
        let line = rule.line().span().of(tree.source());
        let Some(granted) = mentions::granted(line) else {
            return false;
        };
        named.extend(granted);
    }
    let allow = |tables: &Repaired| [&named, &tables.allow[..]].concat();
    let (before, after) = (allow(now), allow(then));
    !may_gain((&before, &now.deny), (&after, &then.deny), world)
}

/// Whether a rule of some lines is to grant, and libwrap refuses whom it matches for an option that it
/// rejects: who is added to its lists would lose access.
pub(super) fn refuses_friends(table: TableName, lines: &[u8], world: &dyn Surroundings) -> bool {
    let dialect = world.dialect();
    let tree = parse_as(lines, dialect.reading);
    rules(&tree).any(|rule| {
        let view = RuleView::new_in(table, rule, dialect);
        // What an address without brackets breaks is mended with the address.
        let is_mended_next = bare_ipv6::address(&view).is_some();
        view.is_to_grant() && view.has_broken_option() && !is_mended_next
    })
}

/// How far places move when edits are made.
struct Shifts {
    /// The end of each edit and by how much it moves what follows, in order.
    moves: Vec<(u32, i64)>,
}

impl Shifts {
    fn new(edits: &[&Edit]) -> Self {
        let change = |edit: &&Edit| {
            let new = i64::try_from(edit.replacement.len()).unwrap_or(i64::MAX);
            (
                edit.span.end,
                edit.span.start,
                new - i64::from(edit.span.len()),
            )
        };
        let mut changes: Vec<_> = edits.iter().map(change).collect();
        changes.sort_unstable();
        let mut total = 0;
        let moves = changes.into_iter().map(|(end, _, by)| {
            total += by;
            (end, total)
        });
        Self {
            moves: moves.collect(),
        }
    }

    /// Where the place is after the edits that end before it, or at it if `also_at`.
    fn after(&self, at: u32, also_at: bool) -> u32 {
        let count = self
            .moves
            .partition_point(|(end, _)| *end < at || (also_at && *end == at));
        let by = count.checked_sub(1).and_then(|last| self.moves.get(last));
        let moved = i64::from(at) + by.map_or(0, |(_, by)| *by);
        u32::try_from(moved).unwrap_or(0)
    }
}

/// The whole lines that edits touch in the old tree, and what is in their place in the new one.
fn touched(
    old: &Tree<'_>,
    new: &Tree<'_>,
    edits: &[Edit],
    shifts: &Shifts,
) -> (Vec<Span>, Vec<Span>) {
    let mut before: Vec<Span> = Vec::new();
    for edit in edits {
        let end = offset(old.source().len());
        // What is added after the last line touches no line.
        let is_added = edit.span.start == end && is_ended(old.source());
        let span = if is_added {
            edit.span
        } else {
            lines_of(old, edit.span)
        };
        match before.last_mut() {
            Some(last) if span.start < last.end || *last == span => *last = last.cover(span),
            _ => before.push(span),
        }
    }
    before.sort_unstable();
    let mut touched = Vec::new();
    let mut left = Vec::new();
    for span in before {
        let from = shifts.after(span.start, false);
        let to = shifts.after(span.end, true).max(from);
        if from == to {
            touched.push(span);
            continue;
        }
        // A line may go on in the next one now.
        let whole = lines_of(new, Span::new(from, to));
        let (more, less) = (whole.end.saturating_sub(to), from - whole.start.min(from));
        touched.push(Span::new(span.start.saturating_sub(less), span.end + more));
        left.push(whole);
    }
    (touched, left)
}

fn is_ended(source: &[u8]) -> bool {
    source.is_empty() || source.ends_with(b"\n")
}

/// The whole lines that hold a place.
fn lines_of(tree: &Tree<'_>, span: Span) -> Span {
    let last = span.end.saturating_sub(1).max(span.start);
    let first = line_at(tree, span.start).map_or(span, Line::span);
    let last = line_at(tree, last).map_or(span, Line::span);
    first.cover(last)
}

fn sorted<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<&'f Finding> {
    let mut findings: Vec<_> = findings.collect();
    findings.sort_by_key(|finding| finding.diagnostic.span.start);
    findings
}

/// The findings in a place of a table.
fn within<'f>(
    findings: &'f [&'f Finding],
    span: Span,
    source: &[u8],
) -> impl Iterator<Item = &'f Finding> {
    let start = |finding: &&Finding| finding.diagnostic.span.start;
    let from = findings.partition_point(|finding| start(finding) < span.start);
    let is_last = span.end == offset(source.len());
    let to = findings.partition_point(|finding| {
        start(finding) < span.end || (is_last && start(finding) == span.end)
    });
    findings.get(from..to).unwrap_or_default().iter().copied()
}
