//! `tcpw undo`: takes a change back, by a change of its own.

use super::Context;
use super::changes::{ChangeArgs, ForceArgs, Intent, Scope, make};
use super::exit::Exit;
use super::failure::Failure;
use super::refusal::told;
use super::show::find;
use crate::editor::{Asks, Entry, History, check_tables, undo};
use clap::Args;

/// Take a change back
///
/// Gives the tables the content they had before the change. That is a change too: it can be taken
/// back. Refuses if a table is not what the change left, or if your own ssh session could not log
/// in again.
#[derive(Debug, Args)]
pub(crate) struct UndoArgs {
    /// The number of the change in `tcpw history` [default: the newest]
    #[arg(value_name = "NUMBER")]
    number: Option<u64>,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

impl UndoArgs {
    /// For one change, with nothing forced.
    pub(super) fn of(number: u64) -> Self {
        Self {
            number: Some(number),
            force: ForceArgs { force: false },
            change: ChangeArgs::preview(false),
        }
    }
}

pub(crate) fn run(args: &UndoArgs, context: &mut Context) -> Result<Exit, Failure> {
    let paths = context.paths.clone();
    let history = History::new(&paths.history);
    let entry = find(&history, args.number)?;
    check_tables(&entry, &paths.allow, &paths.deny).map_err(|path| {
        let (number, path) = (entry.number, path.display());
        Failure::new(format_args!("change {number} is about {path}"))
            .hint("name its tables with --allow-file and --deny-file; nothing was written")
    })?;
    let later: Result<Vec<Entry>, _> = history
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
        &Intent {
            change: &|ground| undo(ground, &entry, [&allow, &deny], &later),
            verify: &|_, _, _| Ok(()),
            about: &[],
            scope: Scope::Forced(Asks::Anybody),
            outlook: None,
            is_guarded: !args.force.force,
            options: args.change,
            alone: None,
            undoes: Some(entry.number),
            companion: None,
        },
    )
}
