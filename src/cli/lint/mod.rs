//! `tcpw lint`: the findings about two tables, or about the files that are named.

mod format;
mod human;
mod json;
mod judge;
mod list;
mod sarif;
mod xml;

use super::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::machine::{Aclexec, Machine};
use crate::diagnostic::Severity;
use clap::{Args, ValueEnum};
use format::Format;
use judge::{Linted, judge, policies};
use std::path::PathBuf;

/// Find mistakes that let people in, lock people out or do nothing
///
/// Without FILE, both tables are read and judged together. Each finding has a code; `tcpw explain
/// CODE` and tcpw-codes(7) tell what it means. Exit code 0: nothing as bad as --fail-on; 1: such
/// findings; 2: the files could not be read.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Files to look at instead of the two tables; `-` is standard input
    ///
    /// A file with `deny` in its name is a deny table, any other an allow table. One of each is
    /// judged as one policy.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the named files are, whatever their names say
    #[arg(long = "as", value_enum, value_name = "TABLE", requires = "files")]
    table: Option<TableKind>,
    /// How to print the findings
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    /// Exit with 1 from this severity on
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t)]
    fail_on: FailOn,
    /// The most findings of one code to show; the rest are counted
    #[arg(long, value_name = "N", default_value_t = 50)]
    max_per_code: usize,
    /// List all codes and do nothing else
    #[arg(long, exclusive = true)]
    list: bool,
}

/// One of the two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TableKind {
    /// An allow table
    Allow,
    /// A deny table
    Deny,
}

/// How bad a finding must be to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum FailOn {
    /// Only what lets people in, locks people out or never works
    Error,
    /// Also what is probably not what was meant
    #[default]
    Warning,
    /// Anything
    Info,
}

impl FailOn {
    fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
        }
    }
}

pub(crate) fn run(args: &LintArgs, context: &mut Context) -> Result<Exit, Failure> {
    if args.list {
        return list::print(&mut context.out);
    }
    let machine = Machine::new(&context.paths, Aclexec::Ask);
    let linted: Vec<Linted> = policies(args, context)?
        .into_iter()
        .map(|sources| judge(sources, &machine, args.max_per_code))
        .collect();
    format::print(args.format, &linted, &mut context.out)?;
    let least = args.fail_on.severity();
    let is_clean = linted
        .iter()
        .all(|linted| !linted.report.has_at_least(least));
    Ok(if is_clean { Exit::Done } else { Exit::Negative })
}
