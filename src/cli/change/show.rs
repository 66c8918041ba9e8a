//! `tcpw show`: one change of the history.

use super::changes::WholeDiffArgs;
use super::history::{command, time};
use super::refusal::told;
use super::remarks::show_diff;
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{History, HistoryEntry, unified};
use crate::escape::visible;
use clap::Args;

/// Show one change of the history
///
/// Who made it, when, by which command line, and its diff.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The number of the change in `tcpw history` [default: the newest]
    #[arg(value_name = "NUMBER")]
    number: Option<u64>,
    #[command(flatten)]
    diff: WholeDiffArgs,
}

pub(crate) fn run(args: &ShowArgs, context: &mut Context) -> Result<Exit, Failure> {
    let history = History::new(&context.paths.history);
    let entry = find(&history, args.number)?;
    context.out.line(format!("change {}", entry.number))?;
    context.out.line(format!("time    {}", time(&entry)))?;
    let user = visible(entry.author.user.as_bytes());
    context.out.line(format!("user    {user}"))?;
    let command = visible(command(&entry).as_bytes());
    context.out.line(format!("command {command}"))?;
    for side in entry.sides().into_iter().filter(|side| side.is_changed()) {
        let old = history.content(side.before.as_deref()).map_err(told)?;
        let new = history.content(side.after.as_deref()).map_err(told)?;
        show_diff(context, &unified(&side.path, &old, &new, args.diff.most()))?;
    }
    if let Some(side) = &entry.companion {
        let path = visible(side.path.as_os_str().as_encoded_bytes());
        context.out.line(format!(
            "{path} was written too; its content is not shown, and `tcpw undo` leaves it as it is"
        ))?;
    }
    Ok(Exit::Done)
}

/// The entry with a number, or the newest.
pub(crate) fn find(history: &History, number: Option<u64>) -> Result<HistoryEntry, Failure> {
    let numbers = history.numbers().map_err(told)?;
    let Some(&newest) = numbers.last() else {
        return Err(Failure::new("there is no change in the history yet")
            .hint("changes made with tcpw are recorded from the first on"));
    };
    let number = number.unwrap_or(newest);
    if !numbers.contains(&number) {
        return Err(
            Failure::new(format_args!("there is no change {number} in the history"))
                .hint("`tcpw history` lists those that are kept"),
        );
    }
    history.entry(number).map_err(told)
}
