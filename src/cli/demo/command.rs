//! `tcpw demo`: what tcpw does, on sample tables in a temporary directory.

use super::stage::RunLine;
use super::{full, short, stage};
use crate::cli::base::{Context, Exit, Failure};
use crate::system::at_end;
use clap::Args;
use std::fs;
use std::path::Path;

/// The allow table of each demo: of a server as many are, and of one with a rule.
const OPEN: &str = "# Who may connect. See hosts_access(5).\n";
const WITH_A_RULE: &str = "# Who may connect. See hosts_access(5).\nsshd: .example.org\n";

/// As often the folder is removed until it is gone.
const TRIES: usize = 100;

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
    remove_at_end(folder)?;
    let allow = if args.full { WITH_A_RULE } else { OPEN };
    stage::set_up(folder, allow, context)?;
    if args.full {
        full::run(folder, run_line, context)
    } else {
        short::run(folder, run_line, context)
    }
}

/// Removes the folder also where a signal ends the demo, such as that of Ctrl-C. What the demo is just
/// writing there may come after that, so it is done again.
fn remove_at_end(folder: &Path) -> Result<(), Failure> {
    let folder = folder.to_owned();
    let remove = move || {
        for _ in 0..TRIES {
            if fs::remove_dir_all(&folder).is_ok() && !folder.exists() {
                return;
            }
        }
    };
    at_end(remove).map_err(|error| Failure::new(format_args!("cannot wait for signals: {error}")))
}
