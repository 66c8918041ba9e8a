//! `tcpw setup`: who may connect, the default, the alert and the mail settings, in one change.

use super::args::SetupArgs;
use super::work::{self, Work};
use super::{ask, needed};
use crate::cli::alert::mail_test::send_test;
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::change::changes::ChangeArgs;
use crate::cli::change::refusal::told;
use crate::cli::change::undo::UndoArgs;
use crate::cli::change::unguarded;
use crate::editor::{History, HistoryEntry, Side};

pub(crate) fn run(args: &SetupArgs, context: &mut Context) -> Result<Exit, Failure> {
    let text = work::configuration(&context.paths)?;
    let needed = needed::of(args, text.as_deref());
    let is_asking = !needed.is_empty();
    let asked;
    let args = if !is_asking {
        args
    } else if ask::is_possible() {
        asked = ask::complete(args, &needed, context)?;
        &asked
    } else {
        return Err(needed::failure(&needed));
    };
    let work = Work::prepare(args, text, context)?;
    unguarded::warn(context)?;
    if is_asking && !args.change.dry_run {
        work.make(args, ChangeArgs::preview(true), context)?;
        if !ask::yes(context, "Make these changes?", true)? {
            context.out.line("nothing was changed")?;
            return Ok(Exit::Failed);
        }
    }
    let before = newest(context)?.map(|entry| entry.number);
    work.make(args, args.change, context)?;
    if args.change.dry_run {
        return Ok(Exit::Done);
    }
    let made = newest(context)?.filter(|entry| {
        let has_tables = entry.sides().into_iter().any(Side::is_changed);
        has_tables && Some(entry.number) != before
    });
    work.explain(context)?;
    let exit = if work.sends_mail() && !args.mail.no_test_mail {
        test_mail(context, made.map(|entry| entry.number), is_asking)?
    } else {
        Exit::Done
    };
    context.out.line(
        "keep this session open, and test a login in another terminal; `tcpw list` shows who \
               may connect",
    )?;
    Ok(exit)
}

/// The newest change of the history.
fn newest(context: &Context) -> Result<Option<HistoryEntry>, Failure> {
    let history = History::new(&context.paths.history);
    let number = history.numbers().map_err(told)?.last().copied();
    number
        .map(|number| history.entry(number).map_err(told))
        .transpose()
}

/// Sends the test mail; if it does not get out, says what that means and what to do. `made` is the
/// change, if it changed a table.
fn test_mail(context: &mut Context, made: Option<u64>, may_ask: bool) -> Result<Exit, Failure> {
    if let Exit::Done = send_test(context)? {
        return Ok(Exit::Done);
    }
    let path = context.paths.config.display().to_string();
    context.out.note(&format!(
        "the test mail was not sent; everything else is set up, and refused clients are recorded \
         and mailed as soon as mail works: correct {path}, then run `tcpw mail test`"
    ))?;
    let Some(number) = made else {
        return Ok(Exit::Negative);
    };
    if may_ask && !ask::yes(context, "Keep the new tables?", true)? {
        crate::cli::change::undo::run(&UndoArgs::of(number), context)?;
    } else {
        context
            .out
            .note(&format!("`tcpw undo {number}` restores the tables"))?;
    }
    Ok(Exit::Negative)
}
