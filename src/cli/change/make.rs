//! Making a change: what is due to be rolled back goes first, and what has to be confirmed is
//! watched.

use super::changes::{ChangeArgs, carry_out};
use super::provisional::{start, take_back_due};
use super::refusal::Stop;
use super::trial::Trial;
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::Intent;

/// Makes the change, or shows it, and says what was done.
///
/// # Errors
/// When it is refused or cannot be made; nothing is changed then.
pub(crate) fn make(
    context: &mut Context,
    options: ChangeArgs,
    intent: &Intent<'_>,
) -> Result<Exit, Failure> {
    try_make(context, options, intent).map_err(|stop| stop.failure(&context.paths))
}

/// As [`make`], for a command that goes on after some refusals.
///
/// # Errors
/// When it is refused or cannot be made; nothing is changed then.
pub(crate) fn try_make(
    context: &mut Context,
    options: ChangeArgs,
    intent: &Intent<'_>,
) -> Result<Exit, Stop> {
    if !options.dry_run {
        take_back_due(context)?;
    }
    let trial = options.confirm_within.map(Trial::new);
    let number = carry_out(context, options.dry_run, intent, trial.as_ref())?;
    if let Some(trial) = trial.filter(|_| number > 0) {
        start(context, number, &trial)?;
    }
    Ok(Exit::Done)
}
