//! `tcpw install-alert`: rules that raise an alert for whoever is turned away.

use super::alert_rule::{self, On, Raised};
use super::changes::{ChangeArgs, ForceArgs};
use super::make::make;
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::schedule::{self, ScheduleArgs};
use crate::cli::machine::settings::{load, load_as_written, note_embedded};
use crate::editor::{Asks, Intent, Recourse, Scope, install_alert, verify_alert, verify_default};
use clap::Args;
use std::cell::Cell;

/// Raise an alert for refused clients
///
/// Puts rules that run `tcpw notify` after every rule that grants, and creates the directories that
/// alerts pass through. Where `tcpw-notify` is installed beside tcpw, the rules run it: it does the
/// same and starts faster. Refuses if your own ssh session could not log in again.
///
/// A daemon that does not run as root cannot start the deliverer: its alerts are recorded, and wait
/// for a systemd unit, for cron, or until a daemon running as root raises an alert.
#[derive(Debug, Args)]
pub(crate) struct InstallAlertArgs {
    /// Who raises an alert
    #[arg(long, value_enum, value_name = "WHO", default_value_t)]
    on: On,
    #[command(flatten)]
    schedule: ScheduleArgs,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(crate) fn run(args: &InstallAlertArgs, context: &mut Context) -> Result<Exit, Failure> {
    let triggers = args.on.triggers();
    // All that can fail comes before the change.
    schedule::check(args.schedule, &context.paths)?;
    let written = load_as_written(&context.paths)?;
    let command = alert_rule::command(context, &written.drop)?;
    let setup = alert_rule::schedule(context, &written)?;
    let config = load(&context.paths)?;
    let missing = alert_rule::missing_directories(&config);
    let scope = if args.force.force {
        Scope::Forced(Asks::Nobody)
    } else {
        Scope::Only(Asks::Nobody, Recourse::DenyFirst)
    };
    let raised = Cell::new(Raised::default());
    let exit = make(
        context,
        args.change,
        &Intent::new(
            &|ground| {
                let change = install_alert(ground, triggers, &command)?;
                raised.set(Raised::of(&change));
                Ok(change)
            },
            &|before, after, change| {
                verify_default(before, after, change)?;
                verify_alert(after, triggers, &command)
            },
            scope,
        )
        .guarded(!args.force.force),
    )?;
    if !args.change.dry_run {
        for directory in missing {
            // The alert works without it, through syslog: a failure is reported and not fatal.
            match directory.create() {
                Ok(()) => context.out.line(directory.created())?,
                Err(error) => context.out.note(&directory.failed(&error))?,
            }
        }
        alert_rule::repair(context, &config.drop)?;
        schedule::mend(&setup, context)?;
        schedule::install(args.schedule, &setup, context)?;
    }
    alert_rule::explain(context, triggers, raised.get())?;
    schedule::explain(args.schedule, &setup, context)?;
    note_embedded(&config, context)?;
    Ok(exit)
}
