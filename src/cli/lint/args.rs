//! The arguments of `tcpw lint`.

use super::format::Format;
use crate::cli::change::changes::WholeDiffArgs;
use crate::cli::machine::dialect::DialectChoice;
use crate::diagnostic::Severity;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Find mistakes that let people in, lock people out or do nothing
///
/// Without FILE, both tables are read and judged together. Each finding has a code; `tcpw explain
/// CODE` and tcpw-codes(7) say what it means. Exit code 0: nothing as bad as --fail-on; 1: such
/// findings; 2: the files could not be read.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Files to look at instead of the two tables; `-` is standard input
    ///
    /// A file with `deny` in its name is a deny table, any other an allow table. One of each is
    /// judged as one policy.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// What the named files are, whatever their names say
    #[arg(long = "as", value_enum, value_name = "TABLE", requires = "files")]
    pub(super) table: Option<TableKind>,
    /// How to print the findings
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(super) format: Format,
    /// Exit with 1 from this severity on
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t)]
    pub(super) fail_on: FailOn,
    /// Only these codes, beginnings of codes or names
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub(super) select: Vec<String>,
    /// Not these codes, beginnings of codes or names
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub(super) ignore: Vec<String>,
    /// Accept the findings in this file, and report only new ones
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write all current findings to the file of --baseline
    #[arg(long, requires = "baseline")]
    pub(super) write_baseline: bool,
    #[command(flatten)]
    pub(super) repair: FixArgs,
    /// The build of libwrap that the tables are for; by default the one that is installed
    ///
    /// The installed library is debian13 if it does not import the function innetgr, else debian12;
    /// without a library it is debian12. debian12 and debian13 are tested against the real
    /// libraries (of Debian 12, trixie and sid). freebsd, netbsd, illumos and classic follow
    /// documents and a rebuild, not tested against the system.
    #[arg(long, value_enum, value_name = "NAME")]
    pub(super) dialect: Option<DialectChoice>,
    /// Also look up the host names of rules, which may take a while, and what their addresses are called
    ///
    /// libwrap asks for the name of a client's address: a rule by a name that its address does not
    /// lead back to matches nobody (TW329). Below --root only its /etc/hosts is asked.
    #[arg(long)]
    pub(super) dns: bool,
    /// The most findings of one code to show; the rest are counted
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(super) max_per_code: usize,
    /// List all codes and do nothing else
    #[arg(long, exclusive = true)]
    pub(super) list: bool,
}

impl LintArgs {
    /// Whether tables may be written.
    pub(crate) fn writes(&self) -> bool {
        self.repair.fix || self.repair.unsafe_fixes
    }
}

/// Whether findings are repaired.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct FixArgs {
    /// Repair both tables, or the named files, where that changes no verdict
    ///
    /// A change like any other: shown as a diff, written at once or not at all, kept in the
    /// history.
    #[arg(long)]
    pub(super) fix: bool,
    /// Repair also what changes verdicts, as it was evidently meant, and say who gains and who
    /// loses access
    #[arg(long)]
    pub(super) unsafe_fixes: bool,
    /// Show the repairs of --fix or --unsafe-fixes, and write nothing
    #[arg(long, short = 'n', visible_alias = "diff")]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) diff: WholeDiffArgs,
}

/// One of the two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TableKind {
    /// An allow table
    Allow,
    /// A deny table
    Deny,
}

/// How bad a finding must be to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum FailOn {
    /// Only what lets people in, locks people out or never works
    Error,
    /// Also what is probably not what was meant
    #[default]
    Warning,
    /// Anything
    Info,
}

impl FailOn {
    pub(super) fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
        }
    }
}
