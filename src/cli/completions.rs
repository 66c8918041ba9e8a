//! `tcpw completions`: a completion script for a shell.

use super::args::Cli;
use crate::cli::base::{Context, Exit, Failure};
use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

/// Print a completion script for a shell
///
/// For bash, as root: tcpw completions bash > /usr/share/bash-completion/completions/tcpw
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, context: &mut Context) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "tcpw", &mut script);
    context.out.bytes(&script)?;
    Ok(Exit::Done)
}
