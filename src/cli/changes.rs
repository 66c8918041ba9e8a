//! What the commands that change tables share: open, plan, check, show, commit.

use super::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::guard;
use super::machine::Machine;
use super::output::Style;
use super::paths::Paths;
use crate::editor::{
    Change, DiffKind, DiffLine, EditError, Editor, Ground, Note, Place, Plan, Purpose, Refusal,
    WordError,
};
use crate::engine::TableName;
use crate::escape::{visible, visible_short};
use crate::syntax::parse;
use clap::Args;
use std::io;

/// As much of a rule as a message shows.
const SHOWN: usize = 120;

/// Options of every command that changes tables.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ChangeArgs {
    /// Show what would be changed, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Options of the commands that may lock out whoever types them.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ForceArgs {
    /// Go on even if your own ssh session could not log in again
    #[arg(long)]
    pub(crate) force: bool,
}

/// One change: how it is worked out, and how the result is checked.
pub(super) struct Intent<'a> {
    /// Works it out.
    pub(super) change: &'a dyn Fn(&Ground<'_>) -> Result<Change, Refusal>,
    /// Compares the tables before and after.
    pub(super) verify: &'a dyn Fn(&Ground<'_>, &Ground<'_>, &Change) -> Result<(), Refusal>,
    /// Whether the operator's own session must still get in.
    pub(super) is_guarded: bool,
    /// Whether nothing is to be written.
    pub(super) dry_run: bool,
}

/// Makes the change, or shows it, and says what was done.
pub(super) fn make(context: &mut Context, intent: &Intent<'_>) -> Result<Exit, Failure> {
    let purpose = if intent.dry_run {
        Purpose::Preview
    } else {
        Purpose::Write
    };
    let paths = context.paths.clone();
    let editor = Editor::open(&paths.allow, &paths.deny, purpose).map_err(told)?;
    let machine = Machine::new(&paths, None);
    let allow = parse(editor.table(TableName::Allow).bytes());
    let deny = parse(editor.table(TableName::Deny).bytes());
    let before = Ground {
        allow: &allow,
        deny: &deny,
        world: &machine,
    };
    let change = (intent.change)(&before).map_err(|refusal| refused(&paths, &refusal))?;
    let plan = editor
        .plan(&change.edits)
        .map_err(|error| internal(&error))?;
    plan.check(|allow, deny| check(intent, &before, (allow, deny), &change, &paths))?;
    for note in &change.notes {
        show_note(context, note)?;
    }
    show_diff(context, &plan.preview())?;
    finish(context, plan, &editor, &change, intent.dry_run)
}

fn check(
    intent: &Intent<'_>,
    before: &Ground<'_>,
    (allow, deny): (&[u8], &[u8]),
    change: &Change,
    paths: &Paths,
) -> Result<(), Failure> {
    if change.edits.is_empty() {
        return Ok(());
    }
    let (allow, deny) = (parse(allow), parse(deny));
    let after = Ground {
        allow: &allow,
        deny: &deny,
        world: before.world,
    };
    (intent.verify)(before, &after, change).map_err(|refusal| refused(paths, &refusal))?;
    match guard::own_session().filter(|_| intent.is_guarded) {
        Some(session) => guard::check(&after, &session, paths),
        None => Ok(()),
    }
}

fn finish(
    context: &mut Context,
    plan: Plan<'_>,
    editor: &Editor,
    change: &Change,
    dry_run: bool,
) -> Result<Exit, Failure> {
    if change.edits.is_empty() {
        context.out.line("nothing to change")?;
        return Ok(Exit::Done);
    }
    if dry_run {
        context.out.line("dry run: nothing was written")?;
        return Ok(Exit::Done);
    }
    let receipt = plan.commit().map_err(told)?;
    for path in &receipt.written {
        let is_new = [TableName::Allow, TableName::Deny].into_iter().any(|name| {
            let table = editor.table(name);
            table.path() == path && !table.exists()
        });
        let verb = if is_new { "created" } else { "changed" };
        context.out.line(format!("{verb} {}", path.display()))?;
    }
    Ok(Exit::Done)
}

fn show_diff(context: &mut Context, lines: &[DiffLine]) -> Result<(), Failure> {
    for line in lines {
        let text = match line.kind {
            DiffKind::Header => context.out.paint(Style::Dim, &line.text),
            DiffKind::Removed => context.out.paint(Style::Bad, &line.text),
            DiffKind::Added => context.out.paint(Style::Good, &line.text),
            DiffKind::Context => line.text.clone(),
        };
        context.out.line(text)?;
    }
    Ok(())
}

fn show_note(context: &mut Context, note: &Note) -> Result<(), Failure> {
    let paths = &context.paths;
    let text = match note {
        Note::Held {
            client,
            daemon,
            place,
        } => {
            let verb = match place.table {
                TableName::Allow => "allowed",
                TableName::Deny => "denied",
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
        Note::Silent(place) => format!(
            "some clients on no list are refused without an alarm, by {}",
            at(paths, place)
        ),
        Note::Repaired(place) => format!(
            "its last line had no newline, which was added: {}",
            at(paths, place)
        ),
    };
    context.out.line(text)
}

/// `file:line: rule`.
pub(super) fn at(paths: &Paths, place: &Place) -> String {
    let path = match place.table {
        TableName::Allow => &paths.allow,
        TableName::Deny => &paths.deny,
    };
    let text = visible_short(&place.text, SHOWN);
    format!("{}:{}: `{text}`", path.display(), place.number)
}

/// A word of the command line that cannot be written.
pub(super) fn wrong_word(error: &WordError) -> Failure {
    Failure::new(error).hint(&error.hint)
}

fn internal(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format_args!("the planned change failed its check: {error}"))
        .hint("nothing was written; this is a defect of tcpw: please report it with both tables")
}

/// Why a change cannot be made, and what to do about it.
fn refused(paths: &Paths, refusal: &Refusal) -> Failure {
    let unwritten =
        |failure: Failure, hint: String| failure.hint(format_args!("{hint}; nothing was written"));
    match refusal {
        Refusal::Contradicted {
            client,
            daemon,
            place,
        } => unwritten(
            Failure::new(format_args!(
                "{client} for {daemon} is in conflict with {}",
                at(paths, place)
            )),
            "a rule about the same clients is not overruled: change or remove it, then repeat"
                .to_owned(),
        ),
        Refusal::Granted {
            client: Some(client),
            place,
        } => unwritten(
            Failure::new(format_args!(
                "{client} is granted before the deny table is asked, by {}",
                at(paths, place)
            )),
            format!("remove that rule, or put `EXCEPT {client}` behind its clients, then repeat"),
        ),
        Refusal::Granted {
            client: None,
            place,
        } => unwritten(
            Failure::new(format_args!(
                "clients that are on no list are granted, by {}",
                at(paths, place)
            )),
            "a rule behind it would never be reached: change or remove it, then repeat".to_owned(),
        ),
        Refusal::Silenced(place) => unwritten(
            Failure::new(format_args!(
                "no alarm would be raised, because of {}",
                at(paths, place)
            )),
            "remove that rule, then repeat".to_owned(),
        ),
        Refusal::Unusable(place) => unwritten(
            Failure::new(format_args!(
                "nothing can be added behind the options of {}",
                at(paths, place)
            )),
            "remove its `twist` or its faulty option, then repeat".to_owned(),
        ),
        Refusal::TooLong(place) => unwritten(
            Failure::new(format_args!(
                "libwrap reads nothing behind the line before a line of over 2046 bytes: {}",
                at(paths, place)
            )),
            "split that line into several, then repeat".to_owned(),
        ),
        Refusal::Unterminated(place) => unwritten(
            Failure::new(format_args!(
                "libwrap does not read the last line, which has no newline: {}",
                at(paths, place)
            )),
            "to end it would change what happens to others: end or remove it yourself, then repeat"
                .to_owned(),
        ),
        Refusal::Undecided(what) => unwritten(
            Failure::new(format_args!(
                "cannot tell what the tables do now: {}",
                visible(what.as_bytes())
            )),
            "`tcpw lint` may say more".to_owned(),
        ),
        Refusal::LineTooLong => unwritten(
            Failure::new("the new line would be longer than the 2046 bytes libwrap reads"),
            "use shorter paths".to_owned(),
        ),
        Refusal::Internal(what) => internal(what),
    }
}

/// What the file system would not do.
fn told(error: EditError) -> Failure {
    let hint = hint(&error);
    Failure::new(error).hint(hint)
}

fn hint(error: &EditError) -> &'static str {
    match error {
        EditError::Io { source, .. } => match source.kind() {
            io::ErrorKind::PermissionDenied => {
                "run it as root, or name other tables with --allow-file and --deny-file"
            }
            io::ErrorKind::ReadOnlyFilesystem => {
                "the file system is read-only: make it writable, then repeat; nothing was changed"
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "the disk is full: make room, then repeat; nothing was changed"
            }
            io::ErrorKind::ResourceBusy => {
                "a table that is a mount point cannot be replaced: change it where it is mounted \
                 from; nothing was changed"
            }
            io::ErrorKind::NotFound => "create the directory of the table first",
            _ => "nothing was changed",
        },
        EditError::NotAFile { .. } => {
            "put a file in its place, or name other tables with --allow-file and --deny-file"
        }
        EditError::SameFile(_) => "give --allow-file and --deny-file different files",
        EditError::TooLarge(_) => "tables of 4 GiB and more are not supported",
        EditError::Busy(_) => "wait until it is done, then repeat; nothing was changed",
        EditError::ChangedMeanwhile(_) => "repeat the command; nothing was changed",
        EditError::HalfDone { .. } => "compare both tables with what was shown, by hand",
    }
}
