//! `tcpw completions`: a completion script for a shell.

use crate::cli::base::{Context, Exit, Failure};
use clap::{Args, Command};
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

/// Prints the script for the commands and options in `definition`.
pub(crate) fn run(
    args: &CompletionsArgs,
    mut definition: Command,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut definition, "tcpw", &mut script);
    context.out.bytes(&script)?;
    Ok(Exit::Done)
}
