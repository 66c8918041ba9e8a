//! What the commands that change tables share: open, plan, check, show, commit.

use super::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::guard;
use super::machine::{Aclexec, Machine};
use super::output::Style;
use super::paths::Paths;
use super::refusal::{internal, refused, told};
use crate::editor::{
    Author, Change, DiffKind, DiffLine, Editor, Files, Ground, Note, Place, Plan, Purpose, Refusal,
    Repair, order,
};
use crate::engine::{Access, TableName};
use crate::escape::visible_short;
use crate::syntax::parse;
use crate::system::{Clock as _, Session, SystemClock, operator};
use clap::Args;

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
    /// The only table at hand, if there is only one.
    pub(super) alone: Option<TableName>,
}

/// Makes the change, or shows it, and says what was done.
pub(super) fn make(context: &mut Context, intent: &Intent<'_>) -> Result<Exit, Failure> {
    let purpose = if intent.dry_run {
        Purpose::Preview
    } else {
        Purpose::Write
    };
    let paths = context.paths.clone();
    let editor = open(context, &paths, purpose, intent.alone)?;
    let machine = Machine::new(&paths, Aclexec::Ask);
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
    let own = guard::own_session().filter(|_| !context.is_rehearsal);
    let session = own.as_ref().filter(|_| intent.is_guarded);
    plan.check(|allow, deny| check(intent, &before, (allow, deny), &change, session, &paths))?;
    let first = first(&before, &plan, &change, own.as_ref());
    for note in &change.notes {
        show_note(context, note)?;
    }
    show_diff(context, &plan.preview())?;
    finish(context, plan, &editor, first, intent.dry_run)
}

/// Opens the tables, and says what was found.
fn open(
    context: &mut Context,
    paths: &Paths,
    purpose: Purpose,
    alone: Option<TableName>,
) -> Result<Editor, Failure> {
    let files = Files {
        allow: (alone != Some(TableName::Deny)).then_some(&paths.allow),
        deny: (alone != Some(TableName::Allow)).then_some(&paths.deny),
        history: &paths.history,
    };
    let editor = Editor::open(files, purpose).map_err(told)?;
    match editor.repair() {
        Some(Repair::Finished(number)) => context.out.note(&format!(
            "change {number} had been cut short and is now finished: see `tcpw show {number}`"
        ))?,
        Some(Repair::Forgotten) => context
            .out
            .note("a change had been cut short before it changed anything")?,
        None => {}
    }
    for name in [TableName::Allow, TableName::Deny] {
        let table = editor.table(name);
        if !table.exists() && !table.is_nowhere() {
            let path = table.path().display();
            context
                .out
                .note(&format!("{path} does not exist: taken as an empty table"))?;
        }
    }
    Ok(editor)
}

/// Which table is written first; none if nothing is to be written.
fn first(
    before: &Ground<'_>,
    plan: &Plan<'_>,
    change: &Change,
    session: Option<&Session>,
) -> Option<TableName> {
    match (change.edits.allow.is_empty(), change.edits.deny.is_empty()) {
        (true, true) => None,
        (false, true) => Some(TableName::Allow),
        (true, false) => Some(TableName::Deny),
        (false, false) => {
            let allow = parse(plan.bytes(TableName::Allow));
            let deny = parse(plan.bytes(TableName::Deny));
            let after = Ground {
                allow: &allow,
                deny: &deny,
                world: before.world,
            };
            let kept: Vec<_> = session.map(guard::requests).into_iter().flatten().collect();
            Some(order(before, &after, &kept))
        }
    }
}

/// Who makes this change, for the history.
fn author() -> Author {
    let sudo = std::env::var_os("SUDO_USER");
    Author {
        time: SystemClock.now().timestamp(),
        user: operator(sudo.as_ref().and_then(|name| name.to_str())),
        command: std::env::args_os()
            .map(|word| word.to_string_lossy().into_owned())
            .collect(),
    }
}

fn check(
    intent: &Intent<'_>,
    before: &Ground<'_>,
    (allow, deny): (&[u8], &[u8]),
    change: &Change,
    session: Option<&Session>,
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
    session.map_or(Ok(()), |session| guard::check(&after, session, paths))
}

fn finish(
    context: &mut Context,
    plan: Plan<'_>,
    editor: &Editor,
    first: Option<TableName>,
    dry_run: bool,
) -> Result<Exit, Failure> {
    let Some(first) = first else {
        context.out.line("nothing to change")?;
        return Ok(Exit::Done);
    };
    if dry_run {
        context.out.line("dry run: nothing was written")?;
        return Ok(Exit::Done);
    }
    let receipt = plan.commit(first, author()).map_err(told)?;
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

pub(super) fn show_diff(context: &mut Context, lines: &[DiffLine]) -> Result<(), Failure> {
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
