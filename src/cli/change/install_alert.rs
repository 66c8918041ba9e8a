//! `tcpw install-alert`: rules that raise an alert for whoever is turned away.

use super::alert_places;
use super::alert_rule::{self, Directory, On, Raised};
use super::answer::AnswerArgs;
use super::changes::{ChangeArgs, ForceArgs};
use super::local_mail::{Choice, Settings};
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::deliverer_user::DelivererUser;
use crate::cli::machine::schedule::{self, ScheduleArgs, Setup};
use crate::cli::machine::settings::note_embedded;
use crate::config::Config;
use crate::editor::{
    Asks, Change, Ground, Intent, Recourse, Scope, ShownCompanion, install_alert, verify_alert,
    verify_default,
};
use clap::Args;
use std::cell::Cell;

/// Raise an alert for refused clients
///
/// Puts rules that run `tcpw notify` after every rule that grants, and creates the directories that
/// alerts pass through. Where `tcpw-notify` is installed beside tcpw, the rules run it: it does the
/// same and starts faster. Refuses if your own ssh session could not log in again.
///
/// Makes the system user and group `tcpw`, as which alerts are delivered, by systemd-sysusers,
/// useradd or adduser, and gives it the directories, the journal and the right to read secrets that
/// only root could. Without that user alerts are delivered as root. Below `--root` no user is made:
/// one in `etc/passwd` there is used.
///
/// Where the configuration does not say how mail leaves this machine, the mail server on localhost:25
/// is chosen if one answers, else /usr/sbin/sendmail if it is there, and written into the
/// configuration; else mails are kept as files. Mail goes to root then, unless somebody is named.
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
    answer: AnswerArgs,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(crate) fn run(args: &InstallAlertArgs, context: &mut Context) -> Result<Exit, Failure> {
    let triggers = args.on.triggers();
    // All that can fail comes before the change.
    schedule::check(args.schedule, &context.paths)?;
    let user = DelivererUser::find(context);
    let settings = Settings::read(context, DelivererUser::is_of_this_machine(context))?;
    let command = alert_rule::command(context, &settings.written.drop)?;
    let setup = alert_rule::schedule(context, &settings.written)?;
    let missing = alert_rule::missing_directories(&settings.config);
    let scope = if args.force.force {
        Scope::Forced(Asks::Nobody)
    } else {
        Scope::Only(Asks::Nobody, Recourse::DenyFirst)
    };
    let raised = Cell::new(Raised::default());
    let change = |ground: &Ground<'_>| {
        let change = install_alert(ground, triggers, &command)?;
        raised.set(Raised::of(&change));
        Ok(change)
    };
    let verify = |before: &Ground<'_>, after: &Ground<'_>, change: &Change| {
        verify_default(before, after, change)?;
        verify_alert(after, triggers, &command)
    };
    let mut intent = Intent::new(&change, &verify, scope).guarded(!args.force.force);
    if let Some(Choice { file, shown, .. }) = &settings.choice {
        let [old, new] = shown;
        let shown = [old.as_str(), new.as_str()];
        intent = intent.with_companion(ShownCompanion { file, shown });
    }
    let brings_schedule = args.schedule.kind().is_some();
    let options = args.change.bringing_schedule(brings_schedule);
    let answer = args.answer.make(context, options, &intent)?;
    let mut pending = Vec::new();
    if args.change.dry_run {
        user.preview(context)?;
        if answer.is_for_programs() {
            pending.extend(missing.iter().map(Directory::missing));
            pending.extend(alert_places::pending(user, &settings.config, context));
            let is_root = false;
            let files = schedule::pending(args.schedule, &setup, is_root, &context.paths);
            pending.extend(files.iter().map(|path| format!("{path} differs")));
        }
    } else {
        set_up(
            args.schedule,
            &settings.config,
            missing,
            user,
            &setup,
            context,
        )?;
    }
    alert_rule::explain(context, triggers, raised.get())?;
    schedule::explain(args.schedule, &setup, context)?;
    match &settings.choice {
        Some(choice) => choice.tell(context)?,
        None => note_embedded(&settings.config, context)?,
    }
    answer.give(context, &pending, Vec::new())?;
    Ok(Exit::Done)
}

/// Makes what the alerts need beside the rules: the directories, the user, the units.
fn set_up(
    args: ScheduleArgs,
    config: &Config,
    missing: Vec<Directory>,
    user: DelivererUser,
    setup: &Setup,
    context: &mut Context,
) -> Result<(), Failure> {
    for directory in missing {
        // The alert works without it, through syslog: a failure is reported and not fatal.
        match directory.create() {
            Ok(()) => context
                .out
                .did(&directory.created(context.out.language()))?,
            Err(error) => context.out.note(&directory.failed(&error))?,
        }
    }
    let user = user.make(context)?;
    alert_places::settle(user, config, context)?;
    schedule::mend(setup, context)?;
    let is_root = user == DelivererUser::Wanted;
    schedule::install(args, setup, is_root, context)
}
