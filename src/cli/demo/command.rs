//! `tcpw demo`: what tcpw does, on sample tables in a temporary directory.

use super::stage::RunLine;
use super::{full, short, stage};
use crate::cli::base::{Context, Exit, Failure};
use clap::Args;

/// The allow table of each demo: of a server as many are, and of one with a rule.
const OPEN: &str = "# Who may connect. See hosts_access(5).\n";
const WITH_A_RULE: &str = "# Who may connect. See hosts_access(5).\nsshd: .example.org\n";

/// Show what tcpw does: a stranger, setup, a refusal and its mail, on sample tables
///
/// Works in a temporary directory that is removed at the end; needs no privileges, no network and
/// no mail server, and changes nothing else on this machine. On a terminal each step stays long
/// enough to be read.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Show every step from a rule to a mail, command by command
    #[arg(long)]
    full: bool,
}

/// Runs the command; `run_line` runs the commands that it shows.
pub(crate) fn run(
    args: &DemoArgs,
    run_line: RunLine<'_>,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let folder = tempfile::Builder::new()
        .prefix("tcpw-demo-")
        .tempdir()
        .map_err(|error| {
            Failure::new(format_args!("cannot create a temporary directory: {error}"))
                .hint("set TMPDIR to a directory you may write to")
        })?;
    let folder = folder.path();
    let allow = if args.full { WITH_A_RULE } else { OPEN };
    stage::set_up(folder, allow, context)?;
    if args.full {
        full::run(folder, run_line, context)
    } else {
        short::run(folder, run_line, context)
    }
}
