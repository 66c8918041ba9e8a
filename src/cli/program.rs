//! The program: reads the arguments, runs one command, prints its failure, gives the exit code.

use super::alert::{deliver, mute, notify, overdue_names, queue};
use super::args::{Cli, Command};
use super::base::output::{self, ColorChoice};
use super::base::{Context, Exit, Failure, Output, Paths};
use super::change::{
    allow, apply, compact, compile, confirm, deny, deny_all, edit, fmt, history, import,
    install_alert, list, open, remove_alert, revoke, rollback, show, undo, uninstall,
};
use super::verdict::{diff, explain, match_, parse, test};
use super::{
    audit, completions, demo, doctor, events, export, lint, mail, manual, report, required_files,
    set, setup, static_build, status,
};
use crate::system::HAS_NAME_SERVICE;
use clap::{CommandFactory as _, Parser as _};
use std::ffi::OsString;
use std::process::ExitCode;

/// How a shell shows a program that SIGPIPE ended: 128 and the signal's number.
const BROKEN_PIPE: u8 = 141;

/// Runs the program: parses `args`, runs one verb, prints its failure, gives the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(exit) = notify::run_line(&args) {
        return exit.into();
    }
    let is_alarm = args.get(1).is_some_and(|verb| verb == "notify");
    let cli = match Cli::read_by_clap(&args) {
        Ok(cli) => cli,
        Err(error) => {
            if is_alarm && error.use_stderr() {
                notify::log_words(&args, "these arguments are not those of an alert rule");
            }
            let (error, hint) = manual::usage_error(error, Cli::command(), &args);
            return output::show_usage(&error, hint.as_deref(), ColorChoice::among(&args));
        }
    };
    let mut context = Context {
        paths: Paths::new(&cli.global),
        out: Output::new(cli.global.color)
            .quiet(cli.global.quiet)
            .ending_when_closed(only_prints(&cli.command)),
        is_rehearsal: false,
    };
    let result = static_build::check(&cli.command, HAS_NAME_SERVICE)
        .and_then(|()| required_files::check(&cli.global, &cli.command))
        .and_then(|()| dispatch(&cli.command, &mut context))
        .and_then(|exit| {
            context.out.flush()?;
            Ok(exit)
        });
    match result {
        Ok(exit) => exit.into(),
        // As a program that the signal ends: it had more to say.
        Err(Failure::ClosedPipe) => ExitCode::from(BROKEN_PIPE),
        Err(failure) => {
            context.out.show_failure(&failure);
            Exit::Failed.into()
        }
    }
}

/// Whether a command does nothing but print, and may go on for ever or for long.
fn only_prints(command: &Command) -> bool {
    matches!(
        command,
        Command::Events(_) | Command::Parse(_) | Command::Completions(_)
    )
}

/// The definition of all commands and options, from which the manual is made.
pub fn definition() -> clap::Command {
    manual::described(Cli::command())
}

/// Runs a command line in the place of this run: the demo shows commands as they are typed.
fn run_line(words: Vec<OsString>, context: &mut Context) -> Result<Exit, Failure> {
    let cli = Cli::try_parse_from(words).map_err(Failure::new)?;
    dispatch(&cli.command, context)
}

fn dispatch(command: &Command, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        Command::Setup(args) => setup::run(args, context),
        Command::Status(args) => status::run(args, context),
        Command::Metrics(args) => status::metrics(args, context),
        Command::Allow(args) => allow::run(args, context),
        Command::Deny(args) => deny::run(args, context),
        Command::DenyAll(args) => deny_all::run(args, context),
        Command::InstallAlert(args) => install_alert::run(args, context),
        Command::Revoke(args) => revoke::run(args, context),
        Command::Open(args) => open::run(args, context),
        Command::RemoveAlert(args) => remove_alert::run(args, context),
        Command::Uninstall(args) => uninstall::run(args, context),
        Command::List(args) => list::run(args, context),
        Command::Expire(args) => overdue_names::expire(args, context),
        Command::History(args) => history::run(args, context),
        Command::Show(args) => show::run(args, context),
        Command::Undo(args) => undo::run(args, context),
        Command::Redo(args) => undo::redo(args, context),
        Command::Apply(args) => apply::run(args, context),
        Command::Import(args) => import::run(args, context),
        Command::Edit(args) => edit::run(args, context),
        Command::Confirm(args) => confirm::run(args, context),
        Command::Rollback(args) => rollback::run(args, context),
        Command::Diff(args) => diff::run(args, context),
        Command::Export(args) => export::run(args, context),
        Command::Audit(args) => audit::run(args, context),
        Command::Match(args) => match_::run(args, context),
        Command::Test(args) => test::run(args, context),
        Command::Lint(args) => lint::run(args, context),
        Command::Fmt(args) => fmt::run(args, context),
        Command::Compact(args) => compact::run(args, context),
        Command::Compile(args) => compile::run(args, context),
        Command::Doctor(args) => doctor::run(args, context),
        Command::Explain(args) => explain::run(args, context),
        Command::Parse(args) => parse::run(args, context),
        Command::Set(args) => set::run(args, context),
        Command::Mail(args) => mail::run(args, context),
        Command::Events(args) => events::run(args, context),
        Command::Report(args) => report::run(args, context),
        Command::Deliver(args) => deliver::run(args, context),
        Command::Queue(args) => queue::run(args, context),
        Command::Mute(args) => mute::mute(args, context),
        Command::Unmute(args) => mute::unmute(args, context),
        Command::Notify(args) => notify::run(args, context),
        Command::Demo(args) => demo::run(args, &run_line, context),
        Command::Completions(args) => completions::run(args, Cli::command(), context),
    }
}
