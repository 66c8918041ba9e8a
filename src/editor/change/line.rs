//! New lines for a table, and where they go.

use crate::edit::Edit;
use crate::editor::change::worked_out::{Change, Note, Refusal};
use crate::editor::client::label::in_endings;
use crate::editor::trial::table_pair::Ground;
use crate::engine::TableName;
use crate::metadata::Comment;
use crate::policy::WIDTH;
use crate::span::offset;
use crate::syntax::{Line, LineKind, Reason, Tree, parse};
use std::fmt::{Display, Write as _};

/// As much of a line as the daemons may take, so that there is room for clients.
const DAEMONS_LIMIT: usize = WIDTH / 2;

/// Rules `daemons: clients` with `options` after them, each with its newline, in one line and,
/// unless a single word fills that, no wider than `tcpw fmt` leaves it.
pub(crate) fn rules_for(
    daemons: &[impl Display],
    clients: &[impl Display],
    options: &str,
) -> Vec<u8> {
    let mut text = Vec::new();
    for daemons in packed(daemons, DAEMONS_LIMIT) {
        let room = room(&daemons).saturating_sub(options.len());
        for clients in packed(clients, room) {
            text.extend_from_slice(format!("{daemons}: {clients}{options}\n").as_bytes());
        }
    }
    text
}

/// As many bytes as the clients of a rule may take, so that it is not folded.
fn room(daemons: &str) -> usize {
    WIDTH.saturating_sub(daemons.len() + ": ".len())
}

/// Words with spaces between them, in as few lines of at most `limit` bytes as they fit into.
fn packed(words: &[impl Display], limit: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut text = String::new();
    for word in words {
        text.clear();
        // Writing to a String cannot fail.
        _ = write!(text, "{word}");
        match lines.last_mut() {
            Some(line) if line.len() + 1 + text.len() <= limit => {
                line.push(' ');
                line.push_str(&text);
            }
            _ => {
                let mut line = String::with_capacity(limit);
                line.push_str(&text);
                lines.push(line);
            }
        }
    }
    lines
}

/// Puts `text` before line `line` and its label, or at the end of the table.
pub(crate) fn put(
    change: &mut Change,
    ground: &Ground<'_>,
    table: TableName,
    line: Option<usize>,
    text: Vec<u8>,
) -> Result<(), Refusal> {
    match line.and_then(|line| ground.tree(table).line(line)) {
        Some(line) => {
            let tree = ground.tree(table);
            let above = line.index().checked_sub(1).and_then(|at| tree.line(at));
            let line = above.filter(|above| is_about_rule(*above)).unwrap_or(line);
            let edit = Edit::insert(line.span().start, in_endings(tree, text));
            change.edits.push(table, edit);
            Ok(())
        }
        None => append(change, ground, table, text),
    }
}

/// Whether a line is a comment about a rule, readable or not.
fn is_about_rule(line: Line<'_, '_>) -> bool {
    line.kind() == LineKind::Comment && Comment::read(&line.text(line.span())).is_some()
}

fn append(
    change: &mut Change,
    ground: &Ground<'_>,
    table: TableName,
    text: Vec<u8>,
) -> Result<(), Refusal> {
    let tree = ground.tree(table);
    let source = tree.source();
    let is_ended = source.is_empty() || source.ends_with(b"\n");
    let mut new = Vec::new();
    if !is_ended || tree.broken_line().is_some() {
        new = ends_of(tree);
    }
    if let Some(broken) = tree.broken_line() {
        let place = ground.place(table, broken.index());
        if broken.kind() == LineKind::Malformed(Reason::TooLong) {
            return Err(Refusal::TooLong(place));
        }
        let note = Note::Repaired(place);
        if !change.notes.contains(&note) {
            change.notes.push(note);
        }
    }
    // A second rule for the end stands after the first, which brought the newline.
    let end = offset(source.len());
    if change
        .edits
        .of(table)
        .iter()
        .any(|edit| edit.span.start == end && edit.span.is_empty())
    {
        new.clear();
    }
    if new.is_empty() && tree.lines().next_back().is_some_and(is_about_rule) {
        // A label without a rule must not become one of the new rule's.
        new.extend(in_endings(tree, b"\n".to_vec()));
    }
    new.extend(in_endings(tree, text));
    change.edits.push(table, Edit::insert(end, new));
    Ok(())
}

/// Works out a change on a deny table whose last line is ended, if it was not: a default that lacks
/// only its newline is none yet, since libwrap does not read it (F-LINE-13).
pub(crate) fn with_deny_ended(
    ground: &Ground<'_>,
    then: impl FnOnce(&Ground<'_>) -> Result<Change, Refusal>,
) -> Result<Change, Refusal> {
    let source = ground.deny.source();
    let unterminated = LineKind::Malformed(Reason::Unterminated);
    let Some(broken) = ground
        .deny
        .broken_line()
        .filter(|line| line.kind() == unterminated)
    else {
        return then(ground);
    };
    let newlines = ends_of(ground.deny);
    let ended = [source, &newlines].concat();
    let deny = parse(&ended);
    let mut change = then(&Ground::new(ground.allow, &deny, ground.world))?;
    let end = offset(source.len());
    for edit in &mut change.edits.deny {
        edit.span.start = edit.span.start.min(end);
        edit.span.end = edit.span.end.min(end);
    }
    change.edits.deny.insert(0, Edit::insert(end, newlines));
    let place = ground.place(TableName::Deny, broken.index());
    change.notes.insert(0, Note::Repaired(place));
    Ok(change)
}

/// What ends the last line of a table, as its other lines end.
fn ends_of(tree: &Tree<'_>) -> Vec<u8> {
    let newlines = repair(tree.source());
    if tree.source().ends_with(b"\\") {
        // Only a bare newline joins the next line, which is empty.
        return newlines;
    }
    in_endings(tree, newlines)
}

/// The newlines that end the last line: two, if it ends in a backslash.
fn repair(source: &[u8]) -> Vec<u8> {
    let mut ended = source.to_vec();
    let is_open = |bytes: &[u8]| {
        !bytes.is_empty() && (!bytes.ends_with(b"\n") || parse(bytes).broken_line().is_some())
    };
    let mut newlines = Vec::new();
    while newlines.len() < 2 && is_open(&ended) {
        ended.push(b'\n');
        newlines.push(b'\n');
    }
    newlines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::LINE_LIMIT;

    #[test]
    fn no_rule_is_longer_than_libwrap_reads() {
        let clients: Vec<String> = (0..1000)
            .map(|n| format!("10.0.{}.{}", n / 250, n % 250))
            .collect();
        let daemons: Vec<String> = (0..40).map(|n| format!("{n:x>100}")).collect();
        let text = rules_for(&daemons, &clients, "");
        let tree = parse(&text);
        assert!(tree.broken_line().is_none());
        assert!(
            text.split(|&b| b == b'\n')
                .all(|line| line.len() <= LINE_LIMIT)
        );
        let words = text
            .split(|b| b" \n".contains(b))
            .filter(|word| *word == b"10.0.3.249");
        assert_eq!(words.count(), packed(&daemons, DAEMONS_LIMIT).len());
    }

    #[test]
    fn the_last_line_is_ended() {
        for (source, newlines) in [
            ("", 0),
            ("a: b\n", 0),
            ("a: b", 1),
            ("# c", 1),
            ("# c\\", 2),
            ("# c\\\n", 1),
            ("a: b\0\n", 1),
            ("\\\n", 0),
        ] {
            assert_eq!(repair(source.as_bytes()).len(), newlines, "{source:?}");
        }
    }
}
