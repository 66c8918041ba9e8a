//! What is said about a change: its diff, what the operator should know, and places in tables.

use super::Context;
use super::failure::Failure;
use super::output::{Output, Style};
use super::paths::Paths;
use crate::editor::{DiffKind, DiffLine, Note, Place};
use crate::engine::{Access, TableName};
use crate::escape::visible_short;
use crate::metadata::Why;

/// As much of a rule as a message shows.
const SHOWN: usize = 120;

/// Prints a diff.
pub(super) fn show_diff(context: &mut Context, lines: &[DiffLine]) -> Result<(), Failure> {
    for line in lines {
        let text = painted(&context.out, line);
        context.out.line(text)?;
    }
    Ok(())
}

fn painted(out: &Output, line: &DiffLine) -> String {
    match line.kind {
        DiffKind::Header => out.paint(Style::Dim, &line.text),
        DiffKind::Removed => out.paint(Style::Bad, &line.text),
        DiffKind::Added => out.paint(Style::Good, &line.text),
        DiffKind::Context => line.text.clone(),
    }
}

/// A remark on a change, in words.
pub(super) fn remark(paths: &Paths, note: &Note) -> String {
    match note {
        Note::Held {
            client,
            daemon,
            access,
            place,
        } => {
            let verb = match access {
                Access::Granted => "allowed",
                Access::Denied | Access::Undecided => "denied",
            };
            match client {
                Some(client) => {
                    format!(
                        "{client} is {verb} already for {daemon}, by {}",
                        at(paths, place)
                    )
                }
                None => format!("in place already: {}", at(paths, place)),
            }
        }
        Note::Exception { client, place } => format!(
            "an exception from {client} stays in force: {}",
            at(paths, place)
        ),
        Note::Remains {
            client,
            access,
            place,
        } => {
            let verb = match access {
                Access::Granted => "still allowed",
                Access::Denied => "still denied",
                Access::Undecided => "perhaps still allowed or denied",
            };
            format!(
                "{client} is {verb}, at least in part, by {}",
                at(paths, place)
            )
        }
        Note::Closed(place) => format!(
            "clients on no list are still denied, by {}",
            at(paths, place)
        ),
        Note::Silent(place) => format!(
            "some clients on no list are refused without an alarm, by {}",
            at(paths, place)
        ),
        Note::Armed(place) => format!(
            "the alert of tcpw stays (--drop-alert removes it): {}",
            at(paths, place)
        ),
        Note::Stray { place, why, .. } => stray(paths, place, why),
        Note::Repaired(place) => format!(
            "its last line had no newline, which was added: {}",
            at(paths, place)
        ),
    }
}

/// A comment from which nothing follows.
fn stray(paths: &Paths, place: &Place, why: &Why) -> String {
    let (path, number) = (path(paths, place), place.number);
    format!("{path}:{number}: {why}; {}", why.remedy())
}

/// `file:line: rule`.
pub(super) fn at(paths: &Paths, place: &Place) -> String {
    let text = visible_short(&place.text, SHOWN);
    format!("{}:{}: `{text}`", path(paths, place), place.number)
}

fn path<'p>(paths: &'p Paths, place: &Place) -> std::path::Display<'p> {
    match place.table {
        TableName::Allow => paths.allow.display(),
        TableName::Deny => paths.deny.display(),
    }
}
