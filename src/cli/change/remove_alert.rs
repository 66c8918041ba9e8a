//! `tcpw remove-alert`: no more alerts.

use super::answer::AnswerArgs;
use super::changes::{ChangeArgs, ForceArgs};
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::deliverer_user::DelivererUser;
use crate::cli::machine::schedule::{self, ScheduleArgs};
use crate::cli::machine::unit_removal;
use crate::editor::{Asks, Intent, Refusal, Scope, remove_alert, verify_open};
use clap::Args;

/// Raise no more alerts: the reverse of install-alert
///
/// Removes the rule for clients without a name, and the alert from the rule that refuses everybody,
/// which itself stays: `tcpw open` removes it. The alerts' directories and the user `tcpw` stay too,
/// and so do systemd units and lines of cron, unless they are named.
#[derive(Debug, Args)]
pub(crate) struct RemoveAlertArgs {
    #[command(flatten)]
    schedule: ScheduleArgs,
    #[command(flatten)]
    answer: AnswerArgs,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(crate) fn run(args: &RemoveAlertArgs, context: &mut Context) -> Result<Exit, Failure> {
    schedule::check(args.schedule, &context.paths)?;
    let answer = args.answer.make(
        context,
        args.change,
        &Intent::new(
            &|ground| remove_alert(ground).map_err(|error| Refusal::Internal(error.to_string())),
            &verify_open,
            Scope::new(Asks::Nobody, args.force.force),
        )
        .guarded(false),
    )?;
    let mut pending = Vec::new();
    if args.change.dry_run {
        let files = unit_removal::installed_of(args.schedule, &context.paths);
        pending.extend(files.iter().map(|path| format!("{path} would be removed")));
    } else {
        schedule::remove(args.schedule, context)?;
        DelivererUser::find(context).tell_left(context)?;
    }
    answer.give(context, &pending, Vec::new())?;
    Ok(Exit::Done)
}
