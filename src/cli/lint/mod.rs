//! `tcpw lint`: the findings about two tables, or about the files that are named.

mod baseline;
mod choice;
mod fix;
mod format;
mod human;
mod json;
mod judge;
mod list;
mod sarif;
mod xml;

use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::dialect::DialectChoice;
use crate::cli::machine::machine_files::Disk;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::diagnostic::Severity;
use crate::lint::Site;
use baseline::Baseline;
use choice::Choice;
use clap::{Args, ValueEnum};
use format::Format;
use judge::{Linted, judge, policies};
use std::os::unix::ffi::OsStrExt as _;
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
    /// Only these codes, beginnings of codes or names
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    select: Vec<String>,
    /// Not these codes, beginnings of codes or names
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Accept the findings in this file, and report only new ones
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all findings of today into the file of --baseline
    #[arg(long, requires = "baseline")]
    write_baseline: bool,
    #[command(flatten)]
    repair: FixArgs,
    /// The build of libwrap that the tables are for; by default the one that is installed
    ///
    /// The installed library is debian13 if it does not import the function innetgr, else debian12;
    /// so is what is asked without a library. debian12 and debian13 are tested against the real
    /// libraries (of Debian 12, trixie and sid). freebsd, netbsd, illumos and classic are from
    /// documents and a rebuild, not tested against the system.
    #[arg(long, value_enum, value_name = "NAME")]
    dialect: Option<DialectChoice>,
    /// The most findings of one code to show; the rest are counted
    #[arg(long, value_name = "N", default_value_t = 50)]
    max_per_code: usize,
    /// List all codes and do nothing else
    #[arg(long, exclusive = true)]
    list: bool,
}

/// Whether findings are repaired.
#[derive(Debug, Clone, Copy, Args)]
struct FixArgs {
    /// Repair both tables, or the named files, where that changes no verdict
    ///
    /// A change like any other: shown as a diff, written at once or not at all, kept in the
    /// history.
    #[arg(long)]
    fix: bool,
    /// Repair also what changes verdicts, as it was evidently meant, and say who gains and who
    /// loses access
    #[arg(long)]
    unsafe_fixes: bool,
    /// Show the repairs of --fix or --unsafe-fixes, and write nothing
    #[arg(long)]
    diff: bool,
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
    let FixArgs {
        fix,
        unsafe_fixes,
        diff,
    } = args.repair;
    if fix || unsafe_fixes || diff {
        let exit = fix::run(args, context)?;
        if diff {
            return Ok(exit);
        }
    }
    let linted = lint(args, context)?;
    format::print(args.format, &linted, &mut context.out)?;
    let least = args.fail_on.severity();
    let is_clean = linted
        .iter()
        .all(|linted| !linted.report.has_at_least(least));
    Ok(if is_clean { Exit::Done } else { Exit::Negative })
}

/// Runs the checks and takes out what is not to be reported.
fn lint(args: &LintArgs, context: &mut Context) -> Result<Vec<Linted>, Failure> {
    let choice = Choice::new(args, context)?;
    let accepted = match &args.baseline {
        Some(path) if !args.write_baseline => Some(Baseline::read(path)?),
        _ => None,
    };
    let paths = context.paths.clone();
    let machine = Machine::new(&paths, Aclexec::Ask).with_dialect(args.dialect);
    let disk = Disk::new(&paths);
    let site = Site {
        world: &machine,
        files: &disk,
        tables: [&paths.allow, &paths.deny]
            .map(|path| args.files.is_empty().then(|| path.as_os_str().as_bytes())),
    };
    // What a baseline accepts must not use up the places of what is new.
    let most = match args.baseline {
        Some(_) => usize::MAX,
        None => args.max_per_code,
    };
    let mut linted: Vec<Linted> = policies(args, context)?
        .into_iter()
        .map(|sources| judge(sources, &site, most))
        .collect();
    for linted in &mut linted {
        choice.apply(linted);
    }
    if let Some(path) = args.baseline.as_ref().filter(|_| args.write_baseline) {
        let baseline = Baseline::of(&linted);
        baseline.write(path)?;
        baseline.apply(&mut linted);
    }
    if let Some(accepted) = accepted {
        accepted.apply(&mut linted);
    }
    for linted in &mut linted {
        linted.report.cap(args.max_per_code);
    }
    Ok(linted)
}
