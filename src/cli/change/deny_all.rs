//! `tcpw deny-all`: whoever is not allowed is denied.

use super::answer::{AnswerArgs, answer};
use super::changes::{ChangeArgs, ForceArgs};
use super::unguarded;
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{Asks, Intent, Scope, deny_all, verify_deny_all};
use clap::Args;

/// Deny everybody who is not allowed
///
/// Makes `ALL: ALL` the default of the deny table. Refuses if your own ssh session could not log
/// in again.
#[derive(Debug, Args)]
pub(crate) struct DenyAllArgs {
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    answer: AnswerArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(crate) fn run(args: &DenyAllArgs, context: &mut Context) -> Result<Exit, Failure> {
    unguarded::warn(context)?;
    answer(
        context,
        (args.answer, args.change),
        &Intent::new(
            &deny_all,
            &verify_deny_all,
            Scope::new(Asks::Undecided, args.force.force),
        )
        .guarded(!args.force.force),
    )
}
