//! `tcpw rollback`: waits, and takes a change back that nobody confirmed. The process that
//! `--confirm-within` leaves behind.

use super::provisional::take_back_now;
use super::refusal::told;
use super::trial::now;
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{Fate, History};
use crate::system::leave_session;
use clap::Args;
use std::thread;
use std::time::Duration;

/// As long as is slept at once: a change that is confirmed needs nobody who waits.
const NAP: Duration = Duration::from_secs(2);
/// How often it is tried, with a nap between, if the tables are locked or cannot be written.
const ATTEMPTS: u32 = 1800;

/// Roll a change back when its time has come, unless it was confirmed
#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// The number of the change
    #[arg(value_name = "NUMBER")]
    number: u64,
}

pub(crate) fn run(args: &RollbackArgs, context: &mut Context) -> Result<Exit, Failure> {
    leave_session();
    let history = History::new(&context.paths.history);
    loop {
        let entry = history.entry(args.number).map_err(told)?;
        let Some(provisional) = entry.provisional.clone() else {
            return Err(Failure::new(format_args!(
                "change {} is not awaiting confirmation",
                args.number
            ))
            .hint("`tcpw undo` undoes it"));
        };
        if history.fate(&entry).map_err(told)? != Some(Fate::Open) {
            return Ok(Exit::Done);
        }
        let now = now();
        if provisional.is_due(&now) {
            break;
        }
        let left = Duration::from_millis(provisional.remaining(&now).max(10));
        thread::sleep(left.min(NAP));
    }
    let mut left = ATTEMPTS;
    loop {
        match take_back_now(context, args.number) {
            Ok(()) => return Ok(Exit::Done),
            // Without its entry there is nothing to go by any more.
            Err(failure) if left == 0 || history.entry(args.number).is_err() => {
                return Err(failure);
            }
            Err(_) => left -= 1,
        }
        thread::sleep(NAP);
    }
}
