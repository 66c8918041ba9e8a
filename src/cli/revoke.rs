//! `tcpw revoke`: takes clients out of the rules that name them.

use super::Context;
use super::changes::{ChangeArgs, ForceArgs, Intent, make};
use super::exit::Exit;
use super::failure::Failure;
use super::refusal::wrong_word;
use crate::editor::{Refusal, clients, revoke, verify_revoke};
use clap::Args;

/// Take clients off every list
///
/// Takes out of both tables what names exactly these clients, also where it is one of several in a
/// rule; a rule that names nobody else is removed. Says which rules still grant or deny them: a
/// network they are in, or everybody. Refuses if your own ssh session could not log in again.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// What was given to `tcpw allow` or `tcpw deny`: address, network, range, host name or `.domain`
    #[arg(required = true, value_name = "CLIENT")]
    clients: Vec<String>,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(crate) fn run(args: &RevokeArgs, context: &mut Context) -> Result<Exit, Failure> {
    let read: Result<Vec<_>, _> = args.clients.iter().map(|c| clients(c)).collect();
    let clients = read.map_err(|error| wrong_word(&error))?.concat();
    make(
        context,
        &Intent {
            change: &|ground| {
                revoke(ground, &clients).map_err(|error| Refusal::Internal(error.to_string()))
            },
            verify: &|before, after, change| verify_revoke(before, after, &clients, change),
            is_guarded: !args.force.force,
            options: args.change,
            alone: None,
            undoes: None,
        },
    )
}
