//! `tcpw mail`: `test` or `preview`.

use super::preview::{self, PreviewArgs};
use crate::cli::alert::mail_test::{self, MailTestArgs};
use crate::cli::base::{Context, Exit, Failure};
use clap::{Args, Subcommand};

/// Check that mail goes out
#[derive(Debug, Args)]
pub(crate) struct MailArgs {
    #[command(subcommand)]
    command: MailCommand,
}

#[derive(Debug, Subcommand)]
enum MailCommand {
    Test(MailTestArgs),
    Preview(PreviewArgs),
}

/// Runs the command.
pub(crate) fn run(args: &MailArgs, context: &mut Context) -> Result<Exit, Failure> {
    match &args.command {
        MailCommand::Test(args) => mail_test::run(args, context),
        MailCommand::Preview(args) => preview::run(args, context),
    }
}
