//! The arguments of the program and the list of its commands.

use super::allow::AllowArgs;
use super::apply::ApplyArgs;
use super::completions::CompletionsArgs;
use super::confirm::ConfirmArgs;
use super::deliver::DeliverArgs;
use super::demo::DemoArgs;
use super::deny::DenyArgs;
use super::deny_all::DenyAllArgs;
use super::diff::DiffArgs;
use super::edit::EditArgs;
use super::events::EventsArgs;
use super::expire::ExpireArgs;
use super::explain::ExplainArgs;
use super::fmt::FmtArgs;
use super::history::HistoryArgs;
use super::install_alert::InstallAlertArgs;
use super::lint::LintArgs;
use super::list::ListingArgs;
use super::mail::MailArgs;
use super::match_::MatchArgs;
use super::mute::{MuteArgs, UnmuteArgs};
use super::notify::NotifyArgs;
use super::open::OpenArgs;
use super::output::ColorChoice;
use super::parse::ParseArgs;
use super::queue::QueueArgs;
use super::remove_alert::RemoveAlertArgs;
use super::report::ReportArgs;
use super::revoke::RevokeArgs;
use super::rollback::RollbackArgs;
use super::setup::SetupArgs;
use super::show::ShowArgs;
use super::test::TestArgs;
use super::undo::{RedoArgs, UndoArgs};
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::iter;
use std::path::PathBuf;

/// Safe rules and honest alarms for TCP Wrappers (hosts.allow and hosts.deny)
#[derive(Debug, Parser)]
#[command(name = "tcpw", version, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Reads the arguments of the program, its name first.
    ///
    /// # Errors
    /// Help, the version or a wrong argument, as clap words it.
    pub(crate) fn read_by_clap(args: Vec<OsString>) -> Result<Self, clap::Error> {
        match args.as_slice() {
            [_, verb, rest @ ..] if verb == "notify" => {
                let notify = Notify::try_parse_from(iter::once(verb).chain(rest))?;
                Ok(Self {
                    global: notify.global,
                    command: Command::Notify(notify.args),
                })
            }
            [_, verb, rest @ ..] if verb == "match" => {
                let match_ = Match::try_parse_from(iter::once(verb).chain(rest))?;
                Ok(Self {
                    global: match_.global,
                    command: Command::Match(match_.args),
                })
            }
            _ => Self::try_parse_from(args),
        }
    }
}

// `tcpw notify` alone: a visitor waits for it, and building the definition of all commands takes
// longer than reading the arguments of this one. Not a doc comment: that would be its help text.
#[derive(Debug, Parser)]
#[command(name = "tcpw notify", bin_name = "tcpw notify", max_term_width = 100)]
struct Notify {
    #[command(flatten)]
    args: NotifyArgs,
    #[command(flatten)]
    global: GlobalArgs,
}

// `tcpw match` alone, for the same reason: scripts ask it again and again.
#[derive(Debug, Parser)]
#[command(name = "tcpw match", bin_name = "tcpw match", max_term_width = 100)]
struct Match {
    #[command(flatten)]
    args: MatchArgs,
    #[command(flatten)]
    global: GlobalArgs,
}

// Options of every command. Not a doc comment: that would become the text of a command.
#[derive(Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct GlobalArgs {
    /// The allow table [default: /etc/hosts.allow]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) allow_file: Option<PathBuf>,
    /// The deny table [default: /etc/hosts.deny]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) deny_file: Option<PathBuf>,
    /// The configuration [default: /etc/tcpw.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Work on the system below this directory
    ///
    /// Prefixes every default path and every path named inside tables and configuration. A path
    /// given by an option is taken as it is.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// When to colour the output
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: ColorChoice,
}

/// One variant a command; each has a file of its own beside this one.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Setup(SetupArgs),
    Allow(AllowArgs),
    Deny(DenyArgs),
    DenyAll(DenyAllArgs),
    InstallAlert(InstallAlertArgs),
    Revoke(RevokeArgs),
    Open(OpenArgs),
    RemoveAlert(RemoveAlertArgs),
    List(ListingArgs),
    Expire(ExpireArgs),
    Edit(EditArgs),
    Apply(ApplyArgs),
    History(HistoryArgs),
    Show(ShowArgs),
    Undo(UndoArgs),
    Redo(RedoArgs),
    Confirm(ConfirmArgs),
    #[command(hide = true)]
    Rollback(RollbackArgs),
    Diff(DiffArgs),
    Match(MatchArgs),
    Test(TestArgs),
    Lint(LintArgs),
    Explain(ExplainArgs),
    Fmt(FmtArgs),
    Parse(ParseArgs),
    Mail(MailArgs),
    Events(EventsArgs),
    Report(ReportArgs),
    Deliver(DeliverArgs),
    Queue(QueueArgs),
    Mute(MuteArgs),
    Unmute(UnmuteArgs),
    Notify(NotifyArgs),
    Demo(DemoArgs),
    Completions(CompletionsArgs),
}
