//! Making a change: what is due to be rolled back goes first, and what has to be confirmed is
//! watched.

use super::changes::{Intent, carry_out};
use super::provisional::{start, take_back_due};
use super::trial::Trial;
use crate::cli::base::{Context, Exit, Failure};

/// Makes the change, or shows it, and says what was done.
///
/// # Errors
/// When it is refused or cannot be made; nothing is changed then.
pub(crate) fn make(context: &mut Context, intent: &Intent<'_>) -> Result<Exit, Failure> {
    if !intent.options.dry_run {
        take_back_due(context)?;
    }
    let trial = intent.options.confirm_within.map(Trial::new);
    let number = carry_out(context, intent, trial.as_ref())?;
    if let Some(trial) = trial.filter(|_| number > 0) {
        start(context, number, &trial)?;
    }
    Ok(Exit::Done)
}
