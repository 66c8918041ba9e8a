//! `tcpw remove-alert`: no more alarms.

use super::Context;
use super::changes::{ChangeArgs, Intent, make};
use super::exit::Exit;
use super::failure::Failure;
use crate::editor::{remove_alarm, verify_open};
use clap::Args;

/// Raise no more alarms: the reverse of install-alert
///
/// Removes the rule for clients without a name, and the alarm from the rule that refuses everybody,
/// which itself stays: `tcpw open` removes it. The directories of the alarms stay too.
#[derive(Debug, Args)]
pub(crate) struct RemoveAlertArgs {
    #[command(flatten)]
    change: ChangeArgs,
}

pub(crate) fn run(args: &RemoveAlertArgs, context: &mut Context) -> Result<Exit, Failure> {
    make(
        context,
        &Intent {
            change: &|ground| Ok(remove_alarm(ground)),
            verify: &verify_open,
            is_guarded: false,
            options: args.change,
            alone: None,
            undoes: None,
            companion: None,
        },
    )
}
