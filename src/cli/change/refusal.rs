//! Why a change was not made, in words: what happened, and what to do about it.

use super::effect::unasked;
use super::gate_words::{conflict, no_gate};
use super::guard::locked_out;
use super::remarks::at;
use crate::cli::base::{Failure, Paths};
use crate::editor::{EditError, Place, Refusal, TransactionFault, WordError};
use crate::engine::TableName;
use crate::escape::visible;
use crate::system::is_root;
use std::io;

/// "Operation not permitted" (errno(3)).
const EPERM: i32 = 1;

/// Why a change was not made.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The transaction came to nothing.
    Fault(TransactionFault<Failure>),
    /// What comes before or after it failed.
    Failure(Failure),
}

impl Stop {
    /// In words.
    pub(crate) fn failure(self, paths: &Paths) -> Failure {
        match self {
            Self::Failure(failure) | Self::Fault(TransactionFault::Guard(failure)) => failure,
            Self::Fault(TransactionFault::Disk(error)) => told(error),
            Self::Fault(TransactionFault::Refused(refusal)) => refused(paths, &refusal),
            Self::Fault(TransactionFault::LockedOut(lockout)) => locked_out(paths, &lockout),
            Self::Fault(TransactionFault::Unasked { others, recourse }) => {
                unasked(&others, recourse)
            }
            Self::Fault(TransactionFault::Overdue) => Failure::new(
                "the time to confirm the change was over before the tables could be written",
            )
            .hint("repeat with a longer time; nothing was written"),
            Self::Fault(TransactionFault::Misplanned(error)) => internal(&error),
            Self::Fault(TransactionFault::Unreadable) => {
                internal(&"the planned tables cannot be read")
            }
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// A word of the command line that cannot be written.
pub(crate) fn wrong_word(error: &WordError) -> Failure {
    Failure::new(error).hint(&error.hint)
}

pub(crate) fn internal(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format_args!("the planned change failed its check: {error}"))
        .hint("nothing was written; this is a defect of tcpw: please report it with both tables")
}

/// Why a change cannot be made, and what to do about it.
pub(crate) fn refused(paths: &Paths, refusal: &Refusal) -> Failure {
    let at = |place: &Place| at(paths, place);
    let (what, remedy) = match refusal {
        Refusal::Contradicted {
            client,
            daemon,
            place,
        } => (
            format!("{client} for {daemon} is in conflict with {}", at(place)),
            "tcpw does not override an existing rule for the same clients: change or remove it, \
             then repeat"
                .to_owned(),
        ),
        Refusal::Granted {
            client: Some(client),
            place,
        } => (
            format!(
                "{client} is granted before the deny table is asked, by {}",
                at(place)
            ),
            format!("remove that rule, or put `EXCEPT {client}` after its clients, then repeat"),
        ),
        Refusal::Granted {
            client: None,
            place,
        } => (
            format!("unlisted clients are granted, by {}", at(place)),
            "a rule after it would never be reached: change or remove it, then repeat".to_owned(),
        ),
        Refusal::Silenced(place) => (
            format!("no alert would be raised, because of {}", at(place)),
            "remove that rule, then repeat".to_owned(),
        ),
        Refusal::Internal(what) => return internal(what),
        Refusal::NewFindings(findings) => {
            return Failure::new(findings.join("\n"))
                .hint("`tcpw explain CODE` says more; nothing was written yet");
        }
        Refusal::Moved(moved) => (
            format!("it cannot be undone: {}", told_moves(paths, moved)),
            "undo the later changes first, or take what you need from `tcpw show`".to_owned(),
        ),
        Refusal::Unwritable { number, what } => with_remedy(unwritable(*number, what)),
        Refusal::Disarmed(place) => (
            format!("an alert of tcpw would be removed: {}", at(place)),
            "keep that rule in what you apply, or repeat with --drop-alert".to_owned(),
        ),
        Refusal::Unfit(error) => return wrong_word(error),
        Refusal::NoGate(title) => with_remedy(no_gate(title)),
        Refusal::Gate { place, why } => with_remedy(conflict(&at(place), why)),
        Refusal::Unusable(_)
        | Refusal::TooLong(_)
        | Refusal::Unterminated(_)
        | Refusal::Undecided(_)
        | Refusal::ListGone(_)
        | Refusal::LineTooLong => unusable(&at, refusal),
    };
    Failure::new(what).hint(format_args!("{remedy}; nothing was written"))
}

/// A rule of a list that cannot be written.
fn unwritable(number: usize, what: &str) -> (String, &'static str) {
    (
        format!("rule {number} of the list: {what}"),
        "give daemons, clients and options as `tcpw list --format json` prints them",
    )
}

fn with_remedy((what, remedy): (String, &str)) -> (String, String) {
    (what, remedy.to_owned())
}

/// What has changed since, and by which commits.
fn told_moves(paths: &Paths, moved: &[(TableName, Vec<u64>)]) -> String {
    let tell = |(table, by): &(TableName, Vec<u64>)| {
        let path = match table {
            TableName::Allow => paths.allow.display(),
            TableName::Deny => paths.deny.display(),
        };
        let by: Vec<String> = by.iter().map(ToString::to_string).collect();
        if by.is_empty() {
            format!("{path} has been changed since by another program")
        } else {
            format!("{path} has been changed since by {}", by.join(", "))
        }
    };
    moved.iter().map(tell).collect::<Vec<_>>().join("; ")
}

/// What is wrong with a line of a table.
fn unusable(at: &dyn Fn(&Place) -> String, refusal: &Refusal) -> (String, String) {
    let (what, remedy) = match refusal {
        Refusal::Unusable(place) => (
            format!("nothing can be added after the options of {}", at(place)),
            "remove its `twist` or its faulty option, then repeat",
        ),
        Refusal::TooLong(place) => (
            format!(
                "libwrap stops reading at a line of over 2046 bytes: {}",
                at(place)
            ),
            "split that line into several, then repeat",
        ),
        Refusal::Unterminated(place) => (
            format!(
                "libwrap does not read the last line, which has no newline: {}",
                at(place)
            ),
            "to end it would change what happens to others: `tcpw fmt --final-newline` ends it and \
             says who gains and who loses access; or remove it, then repeat",
        ),
        Refusal::Undecided(what) => (
            format!(
                "cannot tell what the tables do: {}",
                visible(what.as_bytes())
            ),
            "change or remove the rule it depends on, then repeat",
        ),
        Refusal::ListGone(list) => (
            format!("the list {list} is gone, and the rule that names it would match nobody"),
            "write the addresses that it held into that file, then repeat",
        ),
        Refusal::LineTooLong => (
            "the new line would be longer than the 2046 bytes libwrap reads".to_owned(),
            "use shorter paths",
        ),
        Refusal::Contradicted { .. }
        | Refusal::Granted { .. }
        | Refusal::Silenced(_)
        | Refusal::Moved(_)
        | Refusal::Unwritable { .. }
        | Refusal::Disarmed(_)
        | Refusal::NewFindings(_)
        | Refusal::NoGate(_)
        | Refusal::Gate { .. }
        | Refusal::Unfit(_)
        | Refusal::Internal(_) => (String::new(), ""),
    };
    (what, remedy.to_owned())
}

/// What the file system would not do.
pub(crate) fn told(error: EditError) -> Failure {
    let hint = hint(&error);
    Failure::new(error).hint(hint)
}

fn hint(error: &EditError) -> &'static str {
    match error {
        EditError::Io { source, .. } if source.get_ref().is_some() => {
            "that file is damaged: move it out of the directory, then repeat; nothing was changed"
        }
        EditError::Io { source, .. } => io_hint(source),
        EditError::NotAFile { .. } => {
            "put a file in its place, or name other tables with --allow-file and --deny-file"
        }
        EditError::SameFile(_) => "give --allow-file and --deny-file different files",
        EditError::TooLarge(_) => {
            "no table is that large: look at what is in it; nothing was changed"
        }
        EditError::Busy(_) => "wait until it is done, then repeat; nothing was changed",
        EditError::NotOurs(_) => {
            "make it belong to root with mode 700, and look at who wrote there; nothing was changed"
        }
        EditError::NotForAll(_) => "`chmod 755` it, then repeat; nothing was changed",
        EditError::ChangedMeanwhile(_) => "repeat the command; nothing was changed",
        EditError::HalfDone { .. } => "compare both tables with what was shown, by hand",
    }
}

fn io_hint(error: &io::Error) -> &'static str {
    const OBSTACLE: &str = "something else is where a directory belongs: `ls -ld` on each part of \
                            the path shows it; move it away; nothing was changed";
    const HINTS: &[(io::ErrorKind, &str)] = &[
        (
            io::ErrorKind::PermissionDenied,
            "run it as root, or give tables of your own with --allow-file and --deny-file",
        ),
        (
            io::ErrorKind::ReadOnlyFilesystem,
            "the file system is read-only: make it writable, then repeat; nothing was changed",
        ),
        (
            io::ErrorKind::StorageFull,
            "the disk is full: make room, then repeat; nothing was changed",
        ),
        (
            io::ErrorKind::QuotaExceeded,
            "the quota is used up: make room, then repeat; nothing was changed",
        ),
        (
            io::ErrorKind::NotFound,
            "create the directory of the table first",
        ),
        (io::ErrorKind::AlreadyExists, OBSTACLE),
        (io::ErrorKind::NotADirectory, OBSTACLE),
    ];
    // The same kind as a lack of permission, but not the same remedy.
    if error.raw_os_error() == Some(EPERM) && !is_root() {
        return "run it as root: the file belongs to somebody else; nothing was changed";
    }
    if error.raw_os_error() == Some(EPERM) {
        return "the table or its directory may be immutable: `lsattr` then shows an i, and `chattr \
                -i` removes it; nothing was changed";
    }
    let kind = error.kind();
    HINTS
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or("nothing was changed", |(_, hint)| hint)
}
