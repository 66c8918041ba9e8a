//! Making a change: what is due to be rolled back goes first, and what has to be confirmed is
//! watched.

use super::changes::{ChangeArgs, Manner, carry_out};
use super::provisional::{announce, arm, take_back_due, tell_open};
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
    if options.dry_run {
        tell_open(context)?;
    } else {
        take_back_due(context)?;
    }
    let trial = options.confirm_within.map(Trial::new);
    // It stands before the tables change, so that nothing can come between.
    let trial = trial
        .map(|trial| Ok::<_, Failure>((arm(context, &trial, options.brings_schedule)?, trial)));
    let trial = trial.transpose()?;
    let terms = trial.as_ref().map(|(_, trial)| trial);
    let intent = intent.showing(options.diff.most());
    let number = carry_out(context, Manner::of(options), &intent, terms)?;
    if let Some((_, trial)) = trial.filter(|_| number > 0) {
        announce(context, number, &trial)?;
    }
    Ok(Exit::Done)
}
