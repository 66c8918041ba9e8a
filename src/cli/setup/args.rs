//! The options of `tcpw setup`.

use super::mail::MailOptions;
use crate::cli::change::alert_rule::On;
use crate::cli::change::changes::{ChangeArgs, ForceArgs};
use clap::Args;
use std::path::PathBuf;

/// Set up everything at once: who may connect, deny-all, the alert and the mail
///
/// Allows the clients, makes `ALL: ALL` the default of the deny table, installs the alert, writes
/// the mail settings into the configuration and sends a test mail. Both tables and the
/// configuration are written in one commit: either all of it is done or none of it. On a terminal,
/// it asks for what the options leave out. Refuses if your own ssh session could not log in again.
///
/// `tcpw undo` restores the tables; the configuration and the alert's directories stay.
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
    /// Who raises an alert
    #[arg(
        long,
        value_enum,
        value_name = "WHO",
        default_value_t,
        conflicts_with = "no_alarm"
    )]
    pub(super) on: On,
    /// Install no alert
    #[arg(long)]
    pub(super) no_alarm: bool,
    /// Replace what the configuration says already; other keys stay as they are
    #[arg(long)]
    pub(super) overwrite: bool,
    #[command(flatten)]
    pub(super) force: ForceArgs,
    #[command(flatten)]
    pub(super) change: ChangeArgs,
    // The last, so that its heading is not over other options.
    #[command(flatten)]
    pub(super) mail: MailOptions,
}
