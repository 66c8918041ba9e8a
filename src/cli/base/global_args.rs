//! The options that every command has.

use super::output::ColorChoice;
use clap::Args;
use std::path::PathBuf;

// Options of every command. Not a doc comment: that would become the text of a command.
#[derive(Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct GlobalArgs {
    /// The allow table [default: /etc/hosts.allow]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) allow_file: Option<PathBuf>,
    /// The deny table [default: /etc/hosts.deny]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) deny_file: Option<PathBuf>,
    /// The configuration [default: /etc/tcpw.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Work on the system below this directory
    ///
    /// Prefixes every default path and every path named inside tables and configuration. A path
    /// given by an option is taken as it is.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Print nothing on standard output, only errors and warnings on standard error
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// When to colour the output
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: ColorChoice,
}
