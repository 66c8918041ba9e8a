//! `tcpw undo` and `tcpw redo`: back to before a change, and forth again, by a change of its own.

use super::changes::{ChangeArgs, ForceArgs};
use super::make::make;
use super::provisional::take_back_due;
use super::refusal::told;
use super::show::find;
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{
    Asks, ChangeState, History, HistoryEntry, Intent, Reversal, Scope, Timeline, check_tables,
    undo, verify_undo,
};
use clap::Args;

/// Undo a change
///
/// Gives the tables the content they had before the change. That is a change too; `tcpw redo` makes
/// the undone change again. Each undo goes one change further back. What was rolled back because
/// nobody confirmed it can neither be undone nor made again. Refuses if a table has changed since,
/// or if your own ssh session could not log in again.
#[derive(Debug, Args)]
pub(crate) struct UndoArgs {
    /// The number of the change in `tcpw history` [default: the newest that is not undone]
    #[arg(value_name = "NUMBER")]
    number: Option<u64>,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// Make a change again that was undone
///
/// Gives the tables the content they had after the change. Without a number it is the change that
/// was undone last, then the one before; a new change ends that. Refuses if a table has changed
/// since, or if your own ssh session could not log in again.
#[derive(Debug, Args)]
pub(crate) struct RedoArgs {
    /// The number of the undone change in `tcpw history` [default: the one undone last]
    #[arg(value_name = "NUMBER")]
    number: Option<u64>,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

impl UndoArgs {
    /// For one change, with nothing forced.
    pub(crate) fn of(number: u64) -> Self {
        Self {
            number: Some(number),
            force: ForceArgs { force: false },
            change: ChangeArgs::preview(false),
        }
    }
}

pub(crate) fn run(args: &UndoArgs, context: &mut Context) -> Result<Exit, Failure> {
    let (history, timeline) = read(context, args.change)?;
    let Some(number) = args.number.or_else(|| timeline.last_done()) else {
        // Says so if there is no change at all.
        find(&history, None)?;
        return Err(Failure::new("there is no change that could be undone")
            .hint("`tcpw history` says what became of each; `tcpw redo` makes one again"));
    };
    let entry = find(&history, Some(number))?;
    let refuse = |what: String, hint: &str| Err(Failure::new(what).hint(hint));
    match timeline.state(number) {
        Some(ChangeState::Done) | None => {}
        Some(ChangeState::Undone(by)) => {
            return refuse(
                format!("change {number} is undone already, by change {by}"),
                "`tcpw redo` makes it again; nothing was written",
            );
        }
        Some(ChangeState::Dropped(by)) => {
            return refuse(
                format!("change {number} was not confirmed, and is undone by change {by}"),
                "there is nothing left of it to undo; nothing was written",
            );
        }
        Some(ChangeState::Undid(undone)) => {
            return refuse(
                format!("change {number} undid change {undone}"),
                "`tcpw redo` makes an undone change again, unless it had not been confirmed; \
                 nothing was written",
            );
        }
        Some(ChangeState::Beside) => {
            return refuse(
                format!("change {number} changed no table"),
                "`tcpw show` says which file it changed; nothing was written",
            );
        }
    }
    reverse(
        &entry,
        Reversal::Undo(number),
        args.force,
        args.change,
        &history,
        context,
    )?;
    Ok(Exit::Done)
}

/// Makes an undone change again.
pub(crate) fn redo(args: &RedoArgs, context: &mut Context) -> Result<Exit, Failure> {
    let (history, timeline) = read(context, args.change)?;
    let Some(number) = args.number.or_else(|| timeline.last_undone()) else {
        return Err(
            Failure::new("there is no undone change that could be made again").hint(
                "a new change ends redo, and what was not confirmed cannot be made again: `tcpw \
                 history` says what became of each change",
            ),
        );
    };
    let entry = find(&history, Some(number))?;
    if !matches!(timeline.state(number), Some(ChangeState::Undone(_))) {
        return Err(Failure::new(format_args!(
            "change {number} is not one that was undone and can be made again"
        ))
        .hint("`tcpw history` says what became of each change; nothing was written"));
    }
    let inverted = entry.inverted();
    reverse(
        &inverted,
        Reversal::Redo(number),
        args.force,
        args.change,
        &history,
        context,
    )?;
    Ok(Exit::Done)
}

/// The history, after what is due was rolled back.
fn read(context: &mut Context, options: ChangeArgs) -> Result<(History, Timeline), Failure> {
    if !options.dry_run {
        take_back_due(context)?;
    }
    let history = History::new(&context.paths.history);
    let timeline = history.timeline().map_err(told)?;
    Ok((history, timeline))
}

/// Gives the tables the content that they had before `entry`.
fn reverse(
    entry: &HistoryEntry,
    reversal: Reversal,
    force: ForceArgs,
    options: ChangeArgs,
    history: &History,
    context: &mut Context,
) -> Result<(), Failure> {
    let paths = context.paths.clone();
    check_tables(entry, &paths.allow, &paths.deny).map_err(|path| {
        let (number, path) = (entry.number, path.display());
        Failure::new(format_args!("change {number} is about {path}"))
            .hint("name its tables with --allow-file and --deny-file; nothing was written")
    })?;
    let later: Result<Vec<HistoryEntry>, _> = history
        .numbers()
        .map_err(told)?
        .into_iter()
        .filter(|&number| number > entry.number)
        .map(|number| history.entry(number).map_err(told))
        .collect();
    let later = later?;
    let old = |before: &Option<String>| history.content(before.as_deref()).map_err(told);
    let (allow, deny) = (old(&entry.allow.before)?, old(&entry.deny.before)?);
    make(
        context,
        options,
        &Intent::new(
            &|ground| undo(ground, entry, [&allow, &deny], &later),
            &|before, after, _| verify_undo(before, after, entry),
            Scope::Forced(Asks::Anybody),
        )
        .guarded(!force.force)
        .reversing(reversal),
    )
    .map(drop)
}
