//! The command line: arguments, one verb a file, output and exit codes. The only module that sees
//! both chains.

mod alarm;
mod allow;
mod answer;
mod apply;
mod args;
mod background;
mod batch;
mod changes;
mod client_list;
mod completions;
mod confirm;
mod deliver;
mod demo;
mod deny;
mod deny_all;
mod dialect;
mod diff;
mod edit;
mod effect;
mod event_log;
mod events;
mod excerpt;
mod exit;
mod expectation;
mod expire;
mod explain;
mod failure;
mod fired;
mod fmt;
mod guard;
mod hardening;
mod history;
mod install_alert;
mod lint;
mod list;
mod lookup;
mod machine;
mod mail;
mod mail_as_alert;
mod mail_preview;
mod match_;
mod mistakes;
mod mute;
mod named;
mod notify;
mod number;
mod open;
mod output;
mod own_program;
mod parse;
mod paths;
mod period;
mod provisional;
mod query;
mod queue;
mod queue_words;
mod real_name;
mod refusal;
mod remarks;
mod remedy;
mod remove_alert;
mod report;
mod revoke;
mod rollback;
mod saved;
mod schedule;
mod scope;
mod settings;
mod setup;
mod show;
mod site;
mod story;
mod tables;
mod test;
mod undo;
mod waiting;
mod ways;
mod why;

use args::{Cli, Command};
use clap::CommandFactory as _;
use exit::Exit;
use failure::Failure;
use output::Output;
use paths::Paths;
use std::ffi::OsString;
use std::process::ExitCode;

/// What every verb gets: where the files are, and the only way to print.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) paths: Paths,
    pub(crate) out: Output,
    /// Whether this is the demo: nobody can be locked out by its sample tables.
    pub(crate) is_rehearsal: bool,
}

/// Runs the program: parses `args`, runs one verb, prints its failure, gives the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(exit) = notify::run_line(&args) {
        return exit.into();
    }
    let is_alarm = args.get(1).is_some_and(|verb| verb == "notify");
    let cli = match Cli::read_by_clap(args.clone()) {
        Ok(cli) => cli,
        Err(error) => {
            if is_alarm && error.use_stderr() {
                notify::log_words(&args, "these arguments are not those of an alarm");
            }
            return output::show_usage(&error);
        }
    };
    let mut context = Context {
        paths: Paths::new(&cli.global),
        out: Output::new(cli.global.color),
        is_rehearsal: false,
    };
    let result = named::check(&cli.global, &cli.command)
        .and_then(|()| dispatch(&cli.command, &mut context))
        .and_then(|exit| {
            context.out.flush()?;
            Ok(exit)
        });
    match result {
        Ok(exit) => exit.into(),
        Err(Failure::ClosedPipe) => Exit::Done.into(),
        Err(failure) => {
            context.out.show_failure(&failure);
            Exit::Failed.into()
        }
    }
}

/// The definition of all commands and options, from which the manual is made.
pub fn definition() -> clap::Command {
    Cli::command()
}

fn dispatch(command: &Command, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        Command::Setup(args) => setup::run(args, context),
        Command::Allow(args) => allow::run(args, context),
        Command::Deny(args) => deny::run(args, context),
        Command::DenyAll(args) => deny_all::run(args, context),
        Command::InstallAlert(args) => install_alert::run(args, context),
        Command::Revoke(args) => revoke::run(args, context),
        Command::Open(args) => open::run(args, context),
        Command::RemoveAlert(args) => remove_alert::run(args, context),
        Command::List(args) => list::run(args, context),
        Command::Expire(args) => expire::run(args, context),
        Command::History(args) => history::run(args, context),
        Command::Show(args) => show::run(args, context),
        Command::Undo(args) => undo::run(args, context),
        Command::Redo(args) => undo::redo(args, context),
        Command::Apply(args) => apply::run(args, context),
        Command::Edit(args) => edit::run(args, context),
        Command::Confirm(args) => confirm::run(args, context),
        Command::Rollback(args) => rollback::run(args, context),
        Command::Diff(args) => diff::run(args, context),
        Command::Match(args) => match_::run(args, context),
        Command::Test(args) => test::run(args, context),
        Command::Lint(args) => lint::run(args, context),
        Command::Fmt(args) => fmt::run(args, context),
        Command::Explain(args) => explain::run(args, context),
        Command::Parse(args) => parse::run(args, context),
        Command::Mail(args) => mail::run(args, context),
        Command::Events(args) => events::run(args, context),
        Command::Report(args) => report::run(args, context),
        Command::Deliver(args) => deliver::run(args, context),
        Command::Queue(args) => queue::run(args, context),
        Command::Mute(args) => mute::mute(args, context),
        Command::Unmute(args) => mute::unmute(args, context),
        Command::Notify(args) => notify::run(args, context),
        Command::Demo(args) => demo::run(args, context),
        Command::Completions(args) => completions::run(args, context),
    }
}
