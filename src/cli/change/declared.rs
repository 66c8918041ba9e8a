//! Tables as they are wanted: what `tcpw apply` and `tcpw import` share.

use super::answer::AnswerArgs;
use super::changes::ChangeArgs;
use super::new_findings::new_findings;
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{Asks, Ground, Intent, Make, Refusal, Scope, verify_alerts_kept};
use std::cell::{Cell, RefCell};

/// How wanted tables are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct WantedTables {
    pub(super) answer: AnswerArgs,
    pub(super) change: ChangeArgs,
    /// Whether somebody may be locked out.
    pub(super) is_forced: bool,
    /// Whether it is only checked that they are so already.
    pub(super) only_checks: bool,
    /// Whether alerts may go.
    pub(super) drops_alerts: bool,
}

/// Makes the tables as they are wanted, or shows what would be changed.
///
/// # Errors
/// When it is refused or cannot be made; nothing is changed then.
pub(super) fn make_wanted(
    wanted: WantedTables,
    make: Make<'_>,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let paths = context.paths.clone();
    let is_pending = Cell::new(false);
    let mistakes = RefCell::new(Vec::new());
    let change = |ground: &Ground<'_>| {
        let change = make(ground)?;
        is_pending.set(!change.edits.is_empty());
        Ok::<_, Refusal>(change)
    };
    let verify = |before: &Ground<'_>, after: &Ground<'_>, _: &_| {
        if !wanted.drops_alerts {
            verify_alerts_kept(before, after)?;
        }
        mistakes.replace(new_findings(&paths, before, after));
        Ok(())
    };
    let options = if wanted.only_checks {
        ChangeArgs::preview(true).showing(wanted.change.diff)
    } else {
        wanted.change
    };
    let intent = Intent::new(&change, &verify, Scope::Forced(Asks::Anybody));
    let answer = wanted
        .answer
        .make(context, options, &intent.guarded(!wanted.is_forced))?;
    answer.give(context, &[], mistakes.into_inner())?;
    Ok(if wanted.only_checks && is_pending.get() {
        Exit::Negative
    } else {
        Exit::Done
    })
}
