//! `tcpw deny`: puts clients on the deny list.

use super::allow::ListArgs;
use super::changes::{ChangeArgs, ForceArgs, Intent, Scope};
use super::make::make;
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{Asks, Wish, list, verify_list};
use clap::Args;

/// Deny clients
///
/// Writes a rule into the deny table. If the allow table grants the clients, the deny table would
/// never be asked: the rule that grants is named, and nothing is written.
#[derive(Debug, Args)]
pub(crate) struct DenyArgs {
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(crate) fn run(args: &DenyArgs, context: &mut Context) -> Result<Exit, Failure> {
    let asked = args.list.asked(Wish::Refuse)?;
    make(
        context,
        &Intent {
            change: &|ground| list(ground, &asked),
            verify: &|before, after, change| verify_list(before, after, &asked, change),
            about: asked.clients(),
            scope: Scope::new(Asks::Clients(&asked), args.force.force),
            outlook: None,
            is_guarded: !args.force.force,
            options: args.change,
            alone: None,
            undoes: None,
            companion: None,
        },
    )
}
