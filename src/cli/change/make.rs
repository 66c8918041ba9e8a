//! Making a change: what is due to be rolled back goes first, and what has to be confirmed is
//! watched.

use super::changes::{ChangeArgs, Manner, carry_out, transact};
use super::provisional::{Armed, announce, arm, take_back_due, tell_open};
use super::refusal::Stop;
use super::trial::Trial;
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{Intent, TransactionOutcome};

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
    let trial = prepare(context, options)?;
    let terms = trial.as_ref().map(|(_, trial)| trial);
    let intent = intent.showing(options.diff.most());
    let number = carry_out(context, Manner::of(options), &intent, terms)?;
    if let Some((_, trial)) = trial.filter(|_| number > 0) {
        announce(context, number, &trial)?;
    }
    Ok(Exit::Done)
}

/// A change about which nothing was said yet.
pub(crate) struct Made {
    /// What it came to.
    pub(crate) outcome: TransactionOutcome,
    /// What confirms it, if it was made and waits for that.
    pub(crate) trial: Option<Trial>,
}

/// As [`make`], and says nothing about it.
///
/// # Errors
/// When it is refused or cannot be made; nothing is changed then.
pub(crate) fn make_untold(
    context: &mut Context,
    options: ChangeArgs,
    intent: &Intent<'_>,
) -> Result<Made, Failure> {
    let trial = prepare(context, options)?;
    let terms = trial.as_ref().map(|(_, trial)| trial);
    let intent = intent.showing(options.diff.most());
    let outcome = transact(context, options.dry_run, &intent, terms)
        .map_err(|stop| stop.failure(&context.paths))?;
    let is_made = outcome.number() > 0;
    let trial = trial.filter(|_| is_made).map(|(_, trial)| trial);
    Ok(Made { outcome, trial })
}

/// Rolls back what is due, and has the change watched that has to be confirmed.
///
/// # Errors
/// When it cannot be watched; nothing is changed then.
fn prepare(context: &mut Context, options: ChangeArgs) -> Result<Option<(Armed, Trial)>, Failure> {
    if options.dry_run {
        tell_open(context)?;
    } else {
        take_back_due(context)?;
    }
    let Some(trial) = options.confirm_within.map(Trial::new) else {
        return Ok(None);
    };
    // It stands before the tables change, so that nothing can come between.
    let armed = arm(context, &trial, options.brings_schedule)?;
    Ok(Some((armed, trial)))
}
