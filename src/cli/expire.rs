//! `tcpw expire`: removes the rules whose time is over.

use super::Context;
use super::allow::stamp;
use super::changes::{ChangeArgs, ForceArgs, Intent, Scope, make};
use super::exit::Exit;
use super::failure::Failure;
use crate::editor::{Asks, expire};
use crate::system::{Clock as _, SystemClock};
use clap::Args;

/// Remove the rules whose time is over
///
/// Those that were written with `--for`, of both tables, in one change. For a timer or cron, say
/// every five minutes; `tcpw install-alert --systemd` installs one, or `--cron` the other. It also
/// takes back what was not confirmed in time. Refuses if your own ssh session could not log in again.
#[derive(Debug, Args)]
pub(crate) struct ExpireArgs {
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(crate) fn run(args: &ExpireArgs, context: &mut Context) -> Result<Exit, Failure> {
    let now = stamp(SystemClock.now());
    make(
        context,
        &Intent {
            change: &|ground| Ok(expire(ground, &now)),
            verify: &|_, _, _| Ok(()),
            about: &[],
            scope: Scope::Forced(Asks::Anybody),
            outlook: None,
            is_guarded: !args.force.force,
            options: args.change,
            alone: None,
            undoes: None,
            companion: None,
        },
    )
}
