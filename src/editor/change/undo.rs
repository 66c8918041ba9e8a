//! `undo`: the tables as they were before a commit, if nothing has changed them since.

use crate::edit::Edit;
use crate::editor::change::worked_out::{Change, Refusal};
use crate::editor::commit::common_ends::common_ends;
use crate::editor::commit::digest::digest;
use crate::editor::commit::entry::{HistoryEntry, Side};
use crate::editor::commit::planned_list::{LIST_END, LISTS, SET_END};
use crate::editor::trial::table_pair::Ground;
use crate::engine::{ListFile, TableName};
use crate::policy::{Element, Rule, RuleOption, rules};
use crate::span::{Span, offset};
use std::collections::BTreeSet;
use std::path::{Path, absolute};
use tcpw_gate::{Call, Exception};

/// The table that the entry is about and that is not open now, if there is one.
pub fn check_tables<'e>(
    entry: &'e HistoryEntry,
    allow: &Path,
    deny: &Path,
) -> Result<(), &'e Path> {
    for (side, path) in [(&entry.allow, allow), (&entry.deny, deny)] {
        let is_it = absolute(path).is_ok_and(|path| path == side.path);
        if side.is_changed() && !is_it {
            return Err(&side.path);
        }
    }
    Ok(())
}

/// The edits that undo `entry`; `old` are both tables as they were before it, `later` the
/// entries after it.
///
/// # Errors
/// [`Refusal::Moved`] when a table is not what the commit left.
pub fn undo(
    ground: &Ground<'_>,
    entry: &HistoryEntry,
    old: [&[u8]; 2],
    later: &[HistoryEntry],
) -> Result<Change, Refusal> {
    let mut change = Change::default();
    let tables = [TableName::Allow, TableName::Deny];
    let moved: Vec<(TableName, Vec<u64>)> = tables
        .into_iter()
        .zip(entry.sides())
        .filter(|(table, side)| side.is_changed() && !is_as_left(ground, *table, side))
        .map(|(table, side)| (table, movers(later, side)))
        .collect();
    if !moved.is_empty() {
        return Err(Refusal::Moved(moved));
    }
    for ((table, side), old) in tables.into_iter().zip(entry.sides()).zip(old) {
        if side.is_changed() {
            let now = ground.tree(table).source();
            change.edits.push(table, difference(now, old));
        }
    }
    Ok(change)
}

/// After planning: both tables are what they were before `entry`.
///
/// # Errors
/// When one is not, which would be a defect; and when one names a list of `tcpw compact` that is gone:
/// its rule would match nobody (F-FILE-07).
pub fn verify_undo(
    before: &Ground<'_>,
    after: &Ground<'_>,
    entry: &HistoryEntry,
) -> Result<(), Refusal> {
    if let Some(list) = lost_list(before, after) {
        return Err(Refusal::ListGone(list));
    }
    let tables = [TableName::Allow, TableName::Deny].into_iter();
    let wrong = tables.zip(entry.sides()).find(|(table, side)| {
        let wanted = side.before.clone().unwrap_or_else(|| digest(b""));
        side.is_changed() && digest(after.tree(*table).source()) != wanted
    });
    wrong.map_or(Ok(()), |_| {
        let what = "a table would not be what it was before the change";
        Err(Refusal::Internal(what.to_owned()))
    })
}

/// A list of `tcpw compact` that the tables name after a change and not before, and that is not there.
fn lost_list(before: &Ground<'_>, after: &Ground<'_>) -> Option<String> {
    let (old, new) = (own_lists(before), own_lists(after));
    let is_gone = |list: &String| after.world.list_file(list.as_bytes()) == ListFile::Absent;
    new.into_iter()
        .filter(|list| !old.contains(list))
        .find(is_gone)
}

/// The lists of `tcpw compact` that rules name.
pub fn own_lists(ground: &Ground<'_>) -> BTreeSet<String> {
    let words = [ground.allow, ground.deny].into_iter().flat_map(|tree| {
        let elements = rules(tree).flat_map(|rule| rule.clients().elements());
        elements.filter_map(|element| match element {
            Element::Pattern { text, .. } if text.starts_with(b"/") => {
                String::from_utf8(text.into_owned()).ok()
            }
            Element::Pattern { .. } | Element::Except { .. } => None,
        })
    });
    let sets = [ground.allow, ground.deny].into_iter().flat_map(|tree| {
        let options = rules(tree)
            .filter(|rule| rule.has_options())
            .flat_map(Rule::options);
        options.flat_map(|option| sets_of(&option))
    });
    words.chain(sets).filter(|word| is_own_list(word)).collect()
}

/// The compiled sets that an option asks a gate about.
fn sets_of(option: &RuleOption<'_>) -> Vec<String> {
    let command = option.value.as_deref().unwrap_or_default().trim_ascii();
    let Some(Ok(call)) = Call::of_command(command) else {
        return Vec::new();
    };
    let excepted = call
        .except()
        .iter()
        .filter_map(|exception| match exception {
            Exception::Set(path) => Some(path),
            Exception::Network(_) | Exception::Country(_) | Exception::Asn(_) => None,
        });
    let all = call.sets().iter().chain(excepted);
    all.filter_map(|path| path.to_str().map(str::to_owned))
        .collect()
}

/// Whether a path is that of a list or a set of `tcpw compact`.
fn is_own_list(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    parts
        .next()
        .is_some_and(|name| name.ends_with(LIST_END) || name.ends_with(SET_END))
        && parts.next() == Some(LISTS)
}

fn is_as_left(ground: &Ground<'_>, table: TableName, side: &Side) -> bool {
    Some(digest(ground.tree(table).source())) == side.after
}

/// The later commits that changed the same file.
fn movers(later: &[HistoryEntry], side: &Side) -> Vec<u64> {
    let has_changed = |entry: &&HistoryEntry| {
        let sides = entry.sides().into_iter();
        sides
            .into_iter()
            .any(|is| is.is_changed() && is.target == side.target)
    };
    later
        .iter()
        .filter(has_changed)
        .map(|entry| entry.number)
        .collect()
}

/// The one edit that makes `new` of `old`: all between what both begin and end with.
pub(crate) fn difference(old: &[u8], new: &[u8]) -> Edit {
    let (head, tail) = common_ends(old, new);
    let middle = new.get(head..new.len() - tail).unwrap_or_default();
    let span = Span::new(offset(head), offset(old.len() - tail));
    Edit::replace(span, middle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::apply;

    #[test]
    fn one_edit_makes_the_one_of_the_other() {
        let texts: [&[u8]; 7] = [b"", b"a", b"aa", b"aba", b"abba", b"xaby", b"\xff\n"];
        for old in texts {
            for new in texts {
                assert_eq!(apply(old, &[difference(old, new)]).as_deref(), Ok(new));
            }
        }
    }
}
