//! What the linter has to say of both tables, in numbers and in its first errors.

use super::choice::Choice;
use super::placed::judge;
use super::sources::both_tables;
use crate::cli::base::{Context, Failure};
use crate::cli::machine::machine_files::Disk;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::diagnostic::Severity;
use crate::escape::visible_short;
use crate::lint::Site;
use std::os::unix::ffi::OsStrExt as _;

/// As many errors are named, and as much of what is said of each.
const NAMED: usize = 3;
const SHOWN: usize = 160;
/// As many findings of a code are kept; the rest are counted.
const MOST: usize = 50;

/// The findings in short.
#[derive(Debug)]
pub(crate) struct Overall {
    /// How many errors there are.
    pub(crate) errors: u64,
    /// The first of them: place, code and message.
    pub(crate) first: Vec<String>,
    /// How many findings there are of each severity.
    pub(crate) counts: [(&'static str, u64); 3],
}

/// Lints both tables, as the configuration wants it. A table that is missing is an empty one.
///
/// # Errors
/// When a table cannot be read, or the configuration names a code that is none.
pub(crate) fn overall(context: &mut Context) -> Result<Overall, Failure> {
    let choice = Choice::of_options(&[], &[], context)?;
    let paths = context.paths.clone();
    let machine = Machine::new(&paths, Aclexec::Ask);
    let disk = Disk::new(&paths);
    let tables = paths.entries();
    let site = Site {
        world: &machine,
        files: &disk,
        tables: tables
            .each_ref()
            .map(|path| Some(path.as_os_str().as_bytes())),
    };
    let mut linted = judge(both_tables(&paths)?, &site, MOST);
    choice.apply(&mut linted);
    let count = |severity: Severity| {
        let count = u64::try_from(linted.report.count(severity)).unwrap_or(u64::MAX);
        (severity.as_str(), count)
    };
    let is_error = |severity| severity == Severity::Error;
    let errors = linted
        .placed()
        .filter(|placed| is_error(placed.finding.diagnostic.severity));
    let first = errors
        .take(NAMED)
        .map(|placed| {
            let found = &placed.finding.diagnostic;
            let message = visible_short(found.message.as_bytes(), SHOWN);
            let (name, line) = (placed.source.name(), placed.start.line);
            format!("{name}:{line} {} {message}", found.code)
        })
        .collect();
    let counts = [Severity::Error, Severity::Warning, Severity::Info].map(count);
    let [(_, errors), ..] = counts;
    Ok(Overall {
        errors,
        first,
        counts,
    })
}
