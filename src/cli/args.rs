//! The arguments of the program and the list of its commands.

use super::audit::AuditArgs;
use super::completions::CompletionsArgs;
use super::demo::DemoArgs;
use super::events::EventsArgs;
use super::export::ExportArgs;
use super::lint::LintArgs;
use super::report::ReportArgs;
use super::set::SetArgs;
use super::setup::SetupArgs;
use super::status::{MetricsArgs, StatusArgs};
use crate::cli::alert::deliver::DeliverArgs;
use crate::cli::alert::mute::{MuteArgs, UnmuteArgs};
use crate::cli::alert::notify::NotifyArgs;
use crate::cli::alert::queue::QueueArgs;
use crate::cli::base::GlobalArgs;
use crate::cli::change::allow::AllowArgs;
use crate::cli::change::apply::ApplyArgs;
use crate::cli::change::compact::CompactArgs;
use crate::cli::change::compile::CompileArgs;
use crate::cli::change::confirm::ConfirmArgs;
use crate::cli::change::deny::DenyArgs;
use crate::cli::change::deny_all::DenyAllArgs;
use crate::cli::change::edit::EditArgs;
use crate::cli::change::expire::ExpireArgs;
use crate::cli::change::fmt::FmtArgs;
use crate::cli::change::history::HistoryArgs;
use crate::cli::change::import_args::ImportArgs;
use crate::cli::change::install_alert::InstallAlertArgs;
use crate::cli::change::list::ListingArgs;
use crate::cli::change::open::OpenArgs;
use crate::cli::change::remove_alert::RemoveAlertArgs;
use crate::cli::change::revoke::RevokeArgs;
use crate::cli::change::rollback::RollbackArgs;
use crate::cli::change::show::ShowArgs;
use crate::cli::change::undo::{RedoArgs, UndoArgs};
use crate::cli::change::uninstall::UninstallArgs;
use crate::cli::doctor::DoctorArgs;
use crate::cli::mail::MailArgs;
use crate::cli::verdict::diff::DiffArgs;
use crate::cli::verdict::explain::ExplainArgs;
use crate::cli::verdict::match_::MatchArgs;
use crate::cli::verdict::parse::ParseArgs;
use crate::cli::verdict::test::TestArgs;
use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::iter;

/// Safe rules and honest alerts for TCP Wrappers (hosts.allow and hosts.deny)
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
    pub(crate) fn read_by_clap(args: &[OsString]) -> Result<Self, clap::Error> {
        match args {
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
            _ => match Lazy::try_parse_from(args) {
                Ok(Lazy { global, command }) => Ok(Self {
                    global,
                    command: command.into(),
                }),
                Err(error) if error.kind() == ErrorKind::DisplayVersion => Err(error),
                // What is said then is about all commands.
                Err(_) => Self::try_parse_from(args),
            },
        }
    }
}

// `tcpw notify` alone: a client waits for it, and naming all commands takes longer than reading the
// arguments of this one. Not a doc comment: that would be its help text.
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

// All others. To define the options of all of them takes longer than most of them work.
#[derive(Debug, Parser)]
#[command(name = "tcpw", version, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
struct Lazy {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: LazyCommand,
}

/// Makes both lists of the commands.
macro_rules! commands {
    ($($(#[$attribute:meta])* $name:ident($args:ident),)*) => {
        /// One variant a command; each has a file of its own beside this one.
        #[derive(Debug, Subcommand)]
        pub(crate) enum Command {
            $($(#[$attribute])* $name($args),)*
        }

        /// The same commands, of which only the one that is asked for is defined.
        #[derive(Debug, Subcommand)]
        #[command(defer = true)]
        enum LazyCommand {
            $($(#[$attribute])* $name($args),)*
        }

        impl From<LazyCommand> for Command {
            fn from(command: LazyCommand) -> Self {
                match command {
                    $(LazyCommand::$name(args) => Self::$name(args),)*
                }
            }
        }
    };
}

commands! {
    Setup(SetupArgs),
    Status(StatusArgs),
    Metrics(MetricsArgs),
    Allow(AllowArgs),
    Deny(DenyArgs),
    DenyAll(DenyAllArgs),
    InstallAlert(InstallAlertArgs),
    Revoke(RevokeArgs),
    Open(OpenArgs),
    RemoveAlert(RemoveAlertArgs),
    Uninstall(UninstallArgs),
    #[command(visible_alias = "rules", alias = "ls")]
    List(ListingArgs),
    Expire(ExpireArgs),
    Edit(EditArgs),
    Apply(ApplyArgs),
    Import(ImportArgs),
    History(HistoryArgs),
    Show(ShowArgs),
    Undo(UndoArgs),
    Redo(RedoArgs),
    Confirm(ConfirmArgs),
    #[command(hide = true)]
    Rollback(RollbackArgs),
    Diff(DiffArgs),
    Export(ExportArgs),
    Audit(AuditArgs),
    Match(MatchArgs),
    Test(TestArgs),
    Lint(LintArgs),
    Doctor(DoctorArgs),
    Explain(ExplainArgs),
    Fmt(FmtArgs),
    Compact(CompactArgs),
    Compile(CompileArgs),
    Parse(ParseArgs),
    Set(SetArgs),
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
