//! Runs the checks, leaves out what is not to be reported, and prints the rest.

use super::args::{FixArgs, LintArgs};
use super::baseline::Baseline;
use super::choice::Choice;
use super::placed::{Linted, judge};
use super::sources::policies;
use super::{fix, format, list};
use crate::cli::base::progress::Progress;
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::machine_files::Disk;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::lint::Site;
use std::os::unix::ffi::OsStrExt as _;

pub(crate) fn run(args: &LintArgs, context: &mut Context) -> Result<Exit, Failure> {
    if args.list {
        return list::print(&mut context.out);
    }
    let FixArgs {
        fix,
        unsafe_fixes,
        dry_run,
        diff: _,
    } = args.repair;
    if fix || unsafe_fixes || dry_run {
        let exit = fix::run(args, context)?;
        if dry_run {
            return Ok(exit);
        }
    }
    let progress = Progress::of("checking the tables");
    let linted = lint(args, context)?;
    drop(progress);
    format::print(args.format, &linted, &mut context.out)?;
    let least = args.fail_on.severity();
    let is_clean = linted
        .iter()
        .all(|linted| !linted.report.has_at_least(least));
    Ok(if is_clean { Exit::Done } else { Exit::Negative })
}

/// Runs the checks and leaves out what is not to be reported.
fn lint(args: &LintArgs, context: &mut Context) -> Result<Vec<Linted>, Failure> {
    let choice = Choice::new(args, context)?;
    let accepted = match &args.baseline {
        Some(path) if !args.write_baseline => Some(Baseline::read(path)?),
        _ => None,
    };
    let paths = context.paths.clone();
    let machine = Machine::new(&paths, Aclexec::Ask).with_dialect(args.dialect);
    let disk = Disk::new(&paths).asking_names(args.dns);
    let tables = paths.entries();
    let site = Site {
        world: &machine,
        files: &disk,
        tables: tables
            .each_ref()
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
