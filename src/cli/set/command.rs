//! `tcpw set`: `build` or `show`.

use super::build;
use super::build_args::BuildArgs;
use super::show::{self, ShowSetArgs};
use crate::cli::base::{Context, Exit, Failure};
use clap::{Args, Subcommand};

/// Build and show compiled sets: lists of any length in one file, for tcpw-gate --in
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    #[command(subcommand)]
    command: SetCommand,
}

#[derive(Debug, Subcommand)]
enum SetCommand {
    Build(BuildArgs),
    Show(ShowSetArgs),
}

impl SetArgs {
    /// Whether it writes a file.
    pub(crate) fn writes(&self) -> bool {
        match &self.command {
            SetCommand::Build(args) => args.writes(),
            SetCommand::Show(_) => false,
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &SetArgs, context: &mut Context) -> Result<Exit, Failure> {
    match &args.command {
        SetCommand::Build(args) => build::run(args, context),
        SetCommand::Show(args) => show::run(args, context),
    }
}
