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
    Change, DiffKind, DiffLine, Editor, Ground, Note, Place, Plan, Purpose, Refusal,
};
use crate::engine::TableName;
use crate::escape::visible_short;
use crate::syntax::parse;
use crate::system::Session;
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
    for name in [TableName::Allow, TableName::Deny] {
        let table = editor.table(name);
        if !table.exists() {
            let path = table.path().display();
            context
                .out
                .note(&format!("{path} does not exist: taken as an empty table"))?;
        }
    }
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
    let is_guarded = intent.is_guarded && !context.is_rehearsal;
    let session = guard::own_session().filter(|_| is_guarded);
    let session = session.as_ref();
    plan.check(|allow, deny| check(intent, &before, (allow, deny), &change, session, &paths))?;
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
