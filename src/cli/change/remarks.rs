//! What is said about a change: its diff, what the operator should know, and places in tables.

use super::gate_words::{admits, needed, refuses};
use crate::cli::base::{Context, Failure, Output, Paths, Style};
use crate::editor::{DiffKind, DiffLine, Note, Place, Through};
use crate::engine::{Access, TableName};
use crate::escape::visible_short;
use crate::metadata::Why;
use crate::values::Language;

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
pub(crate) fn remark(paths: &Paths, note: &Note, language: Language) -> String {
    match language {
        Language::English => english(paths, note),
        Language::Korean => korean(paths, note),
    }
}

fn english(paths: &Paths, note: &Note) -> String {
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

/// What setup says of a change; what a comment or a gate has to do with it is English.
fn korean(paths: &Paths, note: &Note) -> String {
    match note {
        Note::Held {
            client,
            daemon,
            access,
            place,
        } => {
            let place = at(paths, place);
            let verb = korean_verb(*access);
            match client {
                Some(client) => format!("{client}: {daemon} 접속이 이미 {verb}: {place}"),
                None => format!("이미 있습니다: {place}"),
            }
        }
        Note::Exception { client, place, .. } => {
            format!("{client}의 예외는 그대로입니다: {}", at(paths, place))
        }
        Note::OneTable(place) | Note::BesideRefusals(place) => format!(
            "거부하는 규칙이 허용 테이블에 있어 이 규칙도 그 앞에 넣습니다: {}",
            at(paths, place)
        ),
        Note::Remains {
            client,
            access,
            place,
        } => {
            let verb = korean_verb(*access);
            format!("{client}의 접속 일부가 여전히 {verb}: {}", at(paths, place))
        }
        Note::Closed(place) => {
            format!("목록에 없는 접속은 여전히 거부됩니다: {}", at(paths, place))
        }
        Note::Silent(place) => {
            let place = at(paths, place);
            format!("목록에 없는 접속 일부는 경보 없이 거부됩니다: {place}")
        }
        Note::LeftOut => "이름이 없는 접속을 위한 규칙은 따로 두지 않습니다. 지금 접속할 수 있는 \
                          일부를 거부하게 되고, 목록에 없는 접속을 거부하는 규칙이 함께 알립니다"
            .to_owned(),
        Note::Partly => {
            "모두를 거부하는 규칙이 없어, 지금 접속할 수 있으면 계속 접속할 수 있고 알리지 않습니다"
                .to_owned()
        }
        Note::Armed(place) => format!(
            "tcpw의 경보는 그대로입니다(--drop-alert로 지웁니다): {}",
            at(paths, place)
        ),
        Note::Repaired(place) => {
            format!("마지막 줄에 줄바꿈이 없어 넣었습니다: {}", at(paths, place))
        }
        Note::Stray { .. } | Note::Needed(_) | Note::GateAdmits { .. } | Note::GateRefuses(_) => {
            english(paths, note)
        }
    }
}

/// What becomes of a client, in Korean.
fn korean_verb(access: Access) -> &'static str {
    match access {
        Access::Granted => "허용됩니다",
        Access::Denied => "거부됩니다",
        Access::Undecided => "허용되거나 거부될 수 있습니다",
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
