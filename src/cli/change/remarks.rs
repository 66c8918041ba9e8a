//! What is said about a change: its diff, what the operator should know, and places in tables.

use super::gate_words::{admits, needed, refuses};
use crate::cli::base::{Context, Failure, Output, Paths, Style};
use crate::editor::{DiffKind, DiffLine, Note, Place, Through};
use crate::engine::{Access, TableName};
use crate::escape::visible_short;
use crate::metadata::Why;

/// As much of a rule as a message shows.
const SHOWN: usize = 120;

/// What is said of a rule that an alert does not get.
const LEFT_OUT: &str = "no separate rule for clients without a name: it would refuse some who get \
                        in now; the rules that refuse unlisted clients raise the alert for them \
                        too";
/// What is said of a rule that keeps its alert.
const ARMED: &str = "the alert of tcpw stays (--drop-alert removes it)";
/// What is said where not everybody is refused.
const PARTLY: &str =
    "no rule refuses everybody: whoever gets in now still does, and raises no alert";

/// Prints a diff.
pub(crate) fn show_diff(context: &mut Context, lines: &[DiffLine]) -> Result<(), Failure> {
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
        DiffKind::Cut => format!("{}: --whole-diff shows them", line.text),
    }
}

/// A remark on a change, in words.
pub(crate) fn remark(paths: &Paths, note: &Note) -> String {
    match note {
        Note::Held {
            client,
            daemon,
            access,
            place,
        } => {
            let place = at(paths, place);
            match client {
                Some(client) => {
                    let verb = held(*access);
                    format!("{client} is {verb} already for {daemon}, by {place}")
                }
                None => format!("in place already: {place}"),
            }
        }
        Note::Exception {
            client,
            through,
            place,
        } => format!(
            "an exception from {client} stays in force{}: {}",
            of_whom(*through),
            at(paths, place)
        ),
        Note::OneTable(place) | Note::BesideRefusals(place) => {
            let is_alone = matches!(note, Note::OneTable(_));
            format!("{}, before {}", in_allow(is_alone), at(paths, place))
        }
        Note::Remains {
            client,
            access,
            place,
        } => {
            let verb = remains(*access);
            format!(
                "{client} is {verb}, at least in part, by {}",
                at(paths, place)
            )
        }
        Note::Closed(place) => {
            format!("unlisted clients are still denied, by {}", at(paths, place))
        }
        Note::Silent(place) => format!(
            "some unlisted clients are refused without an alert, by {}",
            at(paths, place)
        ),
        Note::LeftOut => LEFT_OUT.to_owned(),
        Note::Partly => PARTLY.to_owned(),
        Note::Armed(place) => format!("{ARMED}: {}", at(paths, place)),
        Note::Stray { place, why, .. } => stray(paths, place, why),
        Note::Needed(place) => needed(&at(paths, place)),
        Note::GateAdmits { daemons, whom } => admits(&paths.allow, daemons, whom),
        Note::GateRefuses(refusal) => refuses(refusal.as_ref().map(|place| at(paths, place))),
        Note::Repaired(place) => format!(
            "its last line had no newline, which was added: {}",
            at(paths, place)
        ),
    }
}

/// Why a refusal goes into the allow table; `is_alone` means that no other table is asked.
fn in_allow(is_alone: bool) -> &'static str {
    if is_alone {
        "the allow table decides for everybody, so the rule goes there"
    } else {
        "rules that refuse stand in the allow table, so this one goes there too"
    }
}

/// A comment from which nothing follows.
fn stray(paths: &Paths, place: &Place, why: &Why) -> String {
    let (path, number) = (path(paths, place), place.number);
    format!("{path}:{number}: {why}; {}", why.remedy())
}

fn held(access: Access) -> &'static str {
    match access {
        Access::Granted => "allowed",
        Access::Denied | Access::Undecided => "denied",
    }
}

fn remains(access: Access) -> &'static str {
    match access {
        Access::Granted => "still allowed",
        Access::Denied => "still denied",
        Access::Undecided => "perhaps still allowed or denied",
    }
}

/// Which of the clients an exception is about.
fn of_whom(through: Through) -> &'static str {
    match through {
        Through::Themselves => "",
        Through::Name => ", for clients there whose name it matches",
        Through::Address => ", for clients of that name whose address it matches",
        Through::User => ", for users that it matches",
    }
}

/// `file:line: rule`.
pub(crate) fn at(paths: &Paths, place: &Place) -> String {
    let text = visible_short(&place.text, SHOWN);
    format!("{}:{}: `{text}`", path(paths, place), place.number)
}

/// The file of a place.
pub(crate) fn path<'p>(paths: &'p Paths, place: &Place) -> std::path::Display<'p> {
    match place.table {
        TableName::Allow => paths.allow.display(),
        TableName::Deny => paths.deny.display(),
    }
}
