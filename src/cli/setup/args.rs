//! The options of `tcpw setup`.

use super::mail::MailOptions;
use crate::cli::base::{Context, ListFormat};
use crate::cli::change::alert_rule::On;
use crate::cli::change::changes::{ChangeArgs, ForceArgs};
use crate::cli::machine::deliverer_user::DelivererUser;
use crate::cli::machine::schedule::{ScheduleArgs, ScheduleKind};
use crate::editor::Triggers;
use clap::Args;
use std::path::PathBuf;

/// Set up everything at once: who may connect, deny-all, the alert and the mail
///
/// Allows the clients, makes `ALL: ALL` the default of the deny table, installs the alert and what
/// sends alerts by the clock, writes the mail settings into the configuration and, where those
/// change, sends a test mail. Both tables and the configuration are written in one commit: either all
/// of it is done or none of it. On a terminal, it asks for what the options leave out, in the
/// language of the locale, and says in one sentence who gets in afterwards before it changes
/// anything. Refuses if your own ssh session could not log in again.
///
/// A second run with the same options changes nothing, and one with others makes it as they say:
/// what the configuration says otherwise is replaced. With --check nothing is written: exit code 0 if
/// all is as the options say, 1 if something would change, 2 if that cannot be told.
///
/// `tcpw undo` restores the tables; the configuration and the alert's directories stay. `tcpw
/// uninstall` removes the alert and what runs by the clock.
#[derive(Debug, Clone, Args)]
pub(crate) struct SetupArgs {
    /// Who may connect: addresses, networks, ranges, host names or `.domains`, as `tcpw allow`
    /// takes them; `@-` stands for a list on standard input
    #[arg(long, num_args = 1.., value_name = "CLIENT")]
    pub(super) allow: Vec<String>,
    /// Also the clients in this file, one per line; `#` begins a comment
    #[arg(long, value_name = "FILE")]
    pub(super) from: Vec<PathBuf>,
    /// Allow them only for this daemon, by the name of its process; may be repeated [default: ALL]
    #[arg(long = "daemon", short, value_name = "NAME")]
    pub(super) daemons: Vec<String>,
    /// Nobody else: remove every rule that lets somebody in whom these options do not name
    #[arg(long)]
    pub(super) only: bool,
    #[command(flatten)]
    pub(super) alert: AlertOptions,
    #[command(flatten)]
    pub(super) clock: ClockOptions,
    /// Accepted for scripts: what the options say replaces what the configuration says
    #[arg(long, hide = true)]
    pub(super) overwrite: bool,
    /// Write nothing: exit code 0 if all is as the options say, 1 if something would change
    #[arg(long, conflicts_with_all = ["dry_run", "confirm_within"])]
    pub(super) check: bool,
    /// Text, or one JSON object that says what was changed, or would be; then nothing is asked
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(super) format: ListFormat,
    #[command(flatten)]
    pub(super) force: ForceArgs,
    #[command(flatten)]
    pub(super) change: ChangeArgs,
    // The last, so that its heading is not over other options.
    #[command(flatten)]
    pub(super) mail: MailOptions,
}

// The alert. Not a doc comment: that would become the text of the command.
#[derive(Debug, Clone, Args)]
pub(crate) struct AlertOptions {
    /// Who raises an alert [default: unlisted]; `both` costs every stranger a DNS query. What raises one
    /// for others stops where this is given
    #[arg(long, value_enum, value_name = "WHO", conflicts_with = "no_alarm")]
    pub(super) on: Option<On>,
    /// Install no alert, and remove those of tcpw
    #[arg(long)]
    pub(super) no_alarm: bool,
    /// Replace the mailers that somebody put into rules by hand; a command that may do more than mail
    /// stays
    #[arg(long, conflicts_with = "no_alarm")]
    pub(super) replace_alert: bool,
}

// What runs by the clock; likewise.
#[derive(Debug, Clone, Args)]
pub(crate) struct ClockOptions {
    #[command(flatten)]
    pub(super) schedule: ScheduleArgs,
    /// Neither of both, and remove what is installed of them; by default the one that this machine has
    #[arg(long, conflicts_with_all = ["systemd", "cron"])]
    pub(super) no_schedule: bool,
}

impl AlertOptions {
    /// Who raises an alert.
    pub(super) fn triggers(&self) -> Triggers {
        self.on.unwrap_or(On::Unlisted).triggers()
    }
}

impl ClockOptions {
    /// Whether the options say what runs tcpw by the clock.
    pub(super) fn is_given(&self) -> bool {
        self.no_schedule || self.schedule.kind().is_some()
    }

    /// What is removed, where the options say what runs tcpw by the clock: whatever else does.
    pub(super) fn surplus(&self) -> Vec<ScheduleArgs> {
        if !self.is_given() {
            return Vec::new();
        }
        let mut others = vec![ScheduleKind::Systemd, ScheduleKind::Cron];
        others.retain(|other| self.schedule.kind() != Some(*other));
        (others.into_iter())
            .map(|other| ScheduleArgs::of(Some(other)))
            .collect()
    }

    /// What will be installed: what the options say, or what this machine has.
    pub(super) fn kind(&self, context: &Context) -> Option<ScheduleKind> {
        if self.is_given() {
            self.schedule.kind()
        } else {
            Self::found(context)
        }
    }

    /// What this machine has: nothing for tables that are not those of a machine.
    pub(super) fn found(context: &Context) -> Option<ScheduleKind> {
        let has_root = context.paths.root.is_some() && !context.is_rehearsal;
        let is_machine = has_root || DelivererUser::is_of_this_machine(context);
        is_machine
            .then(|| ScheduleKind::find(&context.paths))
            .flatten()
    }

    /// With this answer.
    pub(super) fn set(&mut self, kind: Option<ScheduleKind>) {
        self.schedule = ScheduleArgs::of(kind);
        self.no_schedule = kind.is_none();
    }
}
