//! Taking a change out of tables that others have changed since.

use crate::edit::Edit;
use crate::editor::change::worked_out::{Change, Refusal};
use crate::editor::commit::digest::digest;
use crate::editor::commit::entry::HistoryEntry;
use crate::editor::trial::table_pair::Ground;
use crate::engine::TableName;
use crate::span::{Span, offset};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::ops::Range;

/// The edits that take `entry` back: what it added goes and what it removed returns, where nobody
/// has touched these lines since; all else stays. A table in which they were touched gets its old
/// content. `old` and `new` are both tables before and after the entry.
///
/// # Errors
/// [`Refusal::Internal`] if the edits do not fit, which would be a defect.
pub fn take_back(
    ground: &Ground<'_>,
    entry: &HistoryEntry,
    old: [&[u8]; 2],
    new: [&[u8]; 2],
) -> Result<Change, Refusal> {
    let mut change = Change::default();
    let tables = [TableName::Allow, TableName::Deny];
    for (((table, side), old), new) in tables.into_iter().zip(entry.sides()).zip(old).zip(new) {
        if !side.is_changed() {
            continue;
        }
        let now = ground.tree(table).source();
        let edits = reversed(now, old, new).unwrap_or_else(|| {
            let whole = Span::new(0, offset(now.len()));
            vec![Edit::replace(whole, old)]
        });
        for edit in edits {
            change.edits.push(table, edit);
        }
    }
    Ok(change)
}

/// After planning: a table that nobody has touched since `entry` is what it was before it.
///
/// # Errors
/// When it is not, which would be a defect.
pub fn verify_take_back(
    before: &Ground<'_>,
    after: &Ground<'_>,
    entry: &HistoryEntry,
) -> Result<(), Refusal> {
    for (table, side) in [TableName::Allow, TableName::Deny]
        .into_iter()
        .zip(entry.sides())
    {
        let was = digest(before.tree(table).source());
        let is = digest(after.tree(table).source());
        let wanted = side.before.clone().unwrap_or_else(|| digest(b""));
        if side.is_changed() && side.after == Some(was) && is != wanted {
            let what = "a table would not be what it was before the change";
            return Err(Refusal::Internal(what.to_owned()));
        }
    }
    Ok(())
}

/// The edits of `now` that do what makes `old` of `new`; none if these lines are not there any
/// more.
fn reversed(now: &[u8], old: &[u8], new: &[u8]) -> Option<Vec<Edit>> {
    let [now, old, new] = [now, old, new].map(lines);
    let moved = capture_diff_slices(Algorithm::Myers, &new, &now);
    let undone = capture_diff_slices(Algorithm::Myers, &new, &old);
    let starts = starts(&now);
    let mut edits = Vec::new();
    for op in undone {
        let (at, from) = (op.old_range(), op.new_range());
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let place = place(&moved, &at)?;
        let span = Span::new(
            offset(*starts.get(place.start)?),
            offset(*starts.get(place.end)?),
        );
        edits.push(Edit::replace(span, old.get(from)?.concat()));
    }
    Some(edits)
}

/// Where lines of the new content stand now, if they and their neighbours' order are as they were.
fn place(moved: &[DiffOp], lines: &Range<usize>) -> Option<Range<usize>> {
    if moved.is_empty() {
        return lines.is_empty().then_some(0..0);
    }
    moved.iter().find_map(|op| {
        let (was, is) = (op.old_range(), op.new_range());
        let is_kept = matches!(op, DiffOp::Equal { .. });
        let is_inside = was.start <= lines.start && lines.end <= was.end;
        (is_kept && is_inside).then(|| {
            let start = is.start + (lines.start - was.start);
            start..start + lines.len()
        })
    })
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

/// Where each line starts, and the end.
fn starts(lines: &[&[u8]]) -> Vec<usize> {
    let mut at = 0;
    let mut starts = vec![0];
    for line in lines {
        at += line.len();
        starts.push(at);
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::apply;

    fn taken_back(now: &str, old: &str, new: &str) -> Option<String> {
        let edits = reversed(now.as_bytes(), old.as_bytes(), new.as_bytes())?;
        let bytes = apply(now.as_bytes(), &edits).unwrap();
        Some(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn what_others_did_since_stays() {
        for (now, old, new, expected) in [
            ("a\nx\n", "a\n", "a\nx\n", Some("a\n")),
            ("a\nx\nb\n", "a\n", "a\nx\n", Some("a\nb\n")),
            ("0\na\nx\nb\n", "a\n", "a\nx\n", Some("0\na\nb\n")),
            ("x\n", "", "x\n", Some("")),
            ("x\ny\n", "", "x\n", Some("y\n")),
            ("a\nc\nd\n", "a\nb\nc\n", "a\nc\n", Some("a\nb\nc\nd\n")),
            ("", "a\n", "", Some("a\n")),
            ("y\n", "a\n", "", None),
            ("a\n", "a\n", "a\nx\n", None),
            ("a\nchanged\n", "a\n", "a\nx\n", None),
            ("a", "a", "a", Some("a")),
        ] {
            let found = taken_back(now, old, new);
            assert_eq!(found.as_deref(), expected, "{now:?} {old:?} {new:?}");
        }
    }
}
