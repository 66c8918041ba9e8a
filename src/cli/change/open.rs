//! `tcpw open`: whoever is not denied is allowed.

use super::answer::{AnswerArgs, answer};
use super::changes::ChangeArgs;
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{Asks, Intent, Recourse, Refusal, Scope, open_again, verify_open};
use clap::Args;

/// Allow everybody who is not denied: the reverse of deny-all
///
/// Removes the rules of the deny table that refuse everybody, with their options, including an
/// alert. Other rules stay; if unlisted clients are still refused, it says by which.
#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    #[command(flatten)]
    answer: AnswerArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(crate) fn run(args: &OpenArgs, context: &mut Context) -> Result<Exit, Failure> {
    answer(
        context,
        (args.answer, args.change),
        &Intent::new(
            &|ground| open_again(ground).map_err(|error| Refusal::Internal(error.to_string())),
            &verify_open,
            Scope::Only(Asks::Opening, Recourse::ByHand),
        )
        .guarded(false),
    )
}
