//! `tcpw rollback`: waits, and rolls a change back that nobody confirmed. What `--confirm-within`
//! leaves behind: a process that stands by, or what a timer of systemd starts.

use super::provisional::take_back_now;
use super::refusal::told;
use super::trial::now;
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{Editor, Fate, Files, History, HistoryEntry, Purpose};
use crate::system::{Standby, Wake};
use clap::Args;
use std::time::Duration;

/// As long as is slept at once: a change that is confirmed needs nobody who waits.
const NAP: Duration = Duration::from_secs(2);
/// How often it is tried, with a nap between, if the tables are locked or cannot be written.
const ATTEMPTS: u32 = 1800;

/// Roll a change back when its time has come, or when this process is told to end, unless it was
/// confirmed
#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// What the change is called before it has a number
    #[arg(value_name = "MARK")]
    mark: String,
}

pub(crate) fn run(args: &RollbackArgs, context: &mut Context) -> Result<Exit, Failure> {
    let mut standby = Standby::begin().map_err(|error| {
        Failure::new(format_args!("cannot stand by: {error}"))
            .hint("--confirm-within starts this command; it is not for people")
    })?;
    let history = History::new(&context.paths.history);
    let Some(entry) = await_change(&history, &args.mark, context, &mut standby)? else {
        return Ok(Exit::Done);
    };
    let mut left = ATTEMPTS;
    loop {
        match take_back_now(context, entry.number) {
            Ok(()) => return Ok(Exit::Done),
            // Without its entry there is nothing to go by any more.
            Err(failure) if left == 0 || history.entry(entry.number).is_err() => {
                return Err(failure);
            }
            Err(_) => left -= 1,
        }
        standby.wait(NAP);
    }
}

/// Waits until it is time to roll the change back that is called `mark`: when it is due, or at once
/// if this process is told to end. Nothing if it was not made, or is settled.
fn await_change(
    history: &History,
    mark: &str,
    context: &Context,
    standby: &mut Standby,
) -> Result<Option<HistoryEntry>, Failure> {
    let (mut is_told_to_end, mut is_sure) = (false, false);
    let mut left = ATTEMPTS;
    loop {
        let nap = match history.marked(mark) {
            Ok(Some(entry)) => {
                if history.fate(&entry).map_err(told)? != Some(Fate::Open) {
                    return Ok(None);
                }
                let now = now();
                let terms = entry.provisional.as_ref();
                if is_told_to_end || terms.is_none_or(|terms| terms.is_due(&now)) {
                    return Ok(Some(entry));
                }
                let left = terms.map_or(0, |terms| terms.remaining(&now)).max(10);
                Duration::from_millis(left).min(NAP)
            }
            Ok(None) if is_sure => return Ok(None),
            // Whoever would make it has ended, or is too late once nobody holds the locks: what was
            // cut short is finished, and the rest was not done.
            Ok(None) if !standby.has_starter() => {
                is_sure = finish_cut_short(context).is_ok();
                if is_sure {
                    continue;
                }
                NAP
            }
            Ok(None) => NAP,
            Err(error) if left == 0 => return Err(told(error)),
            Err(_) => {
                left -= 1;
                NAP
            }
        };
        match standby.wait(nap) {
            Wake::Signal => is_told_to_end = true,
            Wake::Time | Wake::StarterGone => {}
        }
    }
}

/// Waits for the locks, and finishes what was cut short.
fn finish_cut_short(context: &Context) -> Result<(), Failure> {
    let files = Files {
        allow: Some(&context.paths.allow),
        deny: Some(&context.paths.deny),
        history: &context.paths.history,
    };
    Editor::open(files, Purpose::Rollback)
        .map(drop)
        .map_err(told)
}
