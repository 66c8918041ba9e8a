//! The program: reads the arguments, runs one command, prints its failure, gives the exit code.

use super::args::{Cli, Command};
use super::failure::Failure;
use super::output::complain;
use super::{hosts, init, mail, prune, push, read, sum};
use clap::{CommandFactory as _, Parser as _};
use std::ffi::OsString;
use std::process::ExitCode;

/// The events were not sent.
const NOT_SENT: u8 = 1;
/// It could not be done.
const FAILED: u8 = 2;

/// Runs the program: 0 is done, 1 is that events were not sent, 2 is that it could not be done.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let is_fault = error.use_stderr();
            drop(error.print());
            return ExitCode::from(if is_fault { FAILED } else { 0 });
        }
    };
    match dispatch(&cli) {
        Ok(()) | Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::NotSent(text)) => {
            complain(&text);
            ExitCode::from(NOT_SENT)
        }
        Err(Failure::Told(text)) => {
            complain(&text);
            ExitCode::from(FAILED)
        }
    }
}

/// The definition of all commands and options, from which the manual is made.
pub fn definition() -> clap::Command {
    Cli::command()
}

fn dispatch(cli: &Cli) -> Result<(), Failure> {
    match &cli.command {
        Command::Init(args) => init::run(args),
        Command::AddHost(args) => hosts::add(args),
        Command::RemoveHost(args) => hosts::remove(args),
        Command::Rotate(args) => hosts::change_password(args),
        Command::SetMail(args) => hosts::say_who_mails(args),
        Command::Mail(args) => mail::run(args, cli.config.as_deref()),
        Command::Prune(args) => prune::run(args, cli.config.as_deref()),
        Command::Sum(args) => sum::run(args),
        Command::Read => read::run(),
        Command::Push(args) => push::run(args, cli.config.as_deref()),
    }
}
