//! `tcpw test`: expectations about the two tables, for reviews and continuous integration.

use super::expectation::{Expectation, read};
use super::explain_text::Story;
use super::match_::{AclexecChoice, others};
use super::verdict_text::located;
use super::words::word_of;
use crate::cli::base::{Context, Exit, Failure, ListFormat, Style};
use crate::cli::machine::dialect::DialectChoice;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::cli::machine::tables::TableFiles;
use crate::engine::{Access, Surroundings as _, Verdict, explain};
use crate::escape::visible;
use crate::values::counted;
use clap::Args;
use serde_json::{Value, json};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Check that the tables grant and deny what a file of expectations says
///
/// A file has one expectation per line: the daemon, the client's address, "granted" or "denied",
/// then any of name=HOST, user=USER, server=ADDR, `server_name=HOST`, port=PORT and by=FILE:LINE,
/// where FILE is the base name of a table and "by=default" means that no rule decides. A word that
/// begins with # starts a comment. Each failure is printed with the whole search. No name is looked
/// up.
///
/// Exit code: 0 all hold, 1 some fail or a file has no expectation, 2 a file cannot be read, a line
/// is not an expectation, or a verdict is undetermined.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Files of expectations
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How the commands of the option aclexec end
    ///
    /// Without it tcpw-gate is asked by its own code, and a verdict that depends on another command is
    /// undetermined. "run" runs them, with your
    /// privileges.
    #[arg(long, value_enum, value_name = "RESULT")]
    aclexec: Option<AclexecChoice>,
    /// The build of libwrap to answer for; by default the one that is installed
    ///
    /// The installed library is debian13 if it does not import the function innetgr, else debian12;
    /// without a library it is debian12. debian12 and debian13 are tested against the real
    /// libraries (of Debian 12, trixie and sid). freebsd, netbsd, illumos and classic follow
    /// documents and a rebuild, not tested against the system.
    #[arg(long, value_enum, value_name = "NAME")]
    dialect: Option<DialectChoice>,
    /// Text, or one JSON object: held, failed, undetermined, failures (each with file, line, daemon,
    /// client, expected, found, what) and empty, the files without an expectation
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: ListFormat,
}

/// How many expectations came out how.
#[derive(Debug, Default)]
struct Tally {
    held: usize,
    failed: usize,
    untold: usize,
}

pub(crate) fn run(args: &TestArgs, context: &mut Context) -> Result<Exit, Failure> {
    let (expectations, empty) = expectations(&args.files, context)?;
    let files = TableFiles::read(context)?;
    let aclexec = args.aclexec.map_or(Aclexec::Ask, Aclexec::from);
    let machine = Machine::new(&context.paths, aclexec).with_dialect(args.dialect);
    let files = files.read_as(machine.dialect().reading);
    let (allow, deny) = (files.allow.tree(), files.deny.tree());
    let tables = files.tables(&allow, &deny);
    let mut tally = Tally::default();
    let is_json = args.format == ListFormat::Json;
    let mut failures = Vec::new();
    if is_json {
        context.out.hold();
    }
    for (file, expectation) in &expectations {
        let (verdict, trace) = explain(&tables, &expectation.request, &machine);
        if holds(expectation, &verdict, &files) {
            tally.held += 1;
            continue;
        }
        if verdict.access == Access::Undecided {
            tally.untold += 1;
        } else {
            tally.failed += 1;
        }
        let what = complaint(file, expectation, &verdict, &files);
        failures.push(failure(file, expectation, &verdict, &what));
        context.out.line(what)?;
        let request = &expectation.request;
        let story = Story {
            files: &files,
            tables: &tables,
            request,
            verdict: &verdict,
            trace: &trace,
            others: &others(request, &tables, &machine),
            machine: &machine,
            is_full: false,
        };
        story.tell(&mut context.out)?;
        context.out.line("")?;
    }
    if let Some(remark) = machine.remark() {
        context.out.note(&remark)?;
    }
    name_empty(&empty, context)?;
    let exit = tally.show(context)?;
    if is_json {
        drop(context.out.release());
        context.out.data(tally.json(&failures, &empty))?;
    }
    Ok(if exit == Exit::Done && !empty.is_empty() {
        Exit::Negative
    } else {
        exit
    })
}

/// Names the files without an expectation.
fn name_empty(empty: &[String], context: &mut Context) -> Result<(), Failure> {
    for file in empty {
        context.out.line(format!(
            "{file} has no expectation; a line is: DAEMON ADDRESS granted|denied [KEY=VALUE]..."
        ))?;
    }
    Ok(())
}

/// All expectations with the files they stand in, and the files that have none; every bad line is
/// reported.
#[expect(clippy::type_complexity, reason = "two lists")]
fn expectations(
    paths: &[PathBuf],
    context: &mut Context,
) -> Result<(Vec<(String, Expectation)>, Vec<String>), Failure> {
    let mut expectations = Vec::new();
    let mut empty = Vec::new();
    let mut bad = 0_usize;
    for path in paths {
        let shown = visible(path.as_os_str().as_bytes());
        let (found, problems) = read(&bytes_of(path, &shown)?);
        for problem in &problems {
            let (line, column) = (problem.line, problem.column);
            context
                .out
                .note(&format!("{shown}:{line}:{column}: {}", problem.what))?;
        }
        bad += problems.len();
        if found.is_empty() {
            empty.push(shown.clone());
        }
        expectations.extend(found.into_iter().map(|found| (shown.clone(), found)));
    }
    if bad > 0 {
        let lines = if bad == 1 {
            "line is not an expectation"
        } else {
            "lines are not expectations"
        };
        return Err(
            Failure::new(format_args!("{bad} {lines}; nothing was tested"))
                .hint("a line is: DAEMON ADDRESS granted|denied [KEY=VALUE]..."),
        );
    }
    Ok((expectations, empty))
}

impl Tally {
    /// One object for programs.
    fn json(&self, failures: &[Value], empty: &[String]) -> String {
        json!({
            "held": self.held,
            "failed": self.failed,
            "undetermined": self.untold,
            "failures": failures,
            "empty": empty,
        })
        .to_string()
    }

    fn show(&self, context: &mut Context) -> Result<Exit, Failure> {
        let Self {
            held,
            failed,
            untold,
        } = self;
        let total = held + failed + untold;
        if total == 0 {
            context
                .out
                .line(context.out.paint(Style::Bad, "nothing was tested"))?;
            return Ok(Exit::Negative);
        }
        let mut line = counted(total, "expectation");
        line = format!("{line}: {held} held, {failed} failed");
        if *untold > 0 {
            line = format!("{line}, {untold} undetermined");
        }
        let (style, exit) = match (failed, untold) {
            (_, 1..) => (Style::Warn, Exit::Failed),
            (1.., 0) => (Style::Bad, Exit::Negative),
            (0, 0) => (Style::Good, Exit::Done),
        };
        let line = context.out.paint(style, &line);
        context.out.line(line)?;
        Ok(exit)
    }
}

fn bytes_of(path: &Path, shown: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        Failure::new(format_args!(
            "cannot read the expectations {shown}: {error}"
        ))
        .hint("name files with one expectation per line")
    })
}

fn holds(expectation: &Expectation, verdict: &Verdict, files: &TableFiles) -> bool {
    let by = expectation.by.as_deref();
    verdict.access == expectation.access
        && by.is_none_or(|by| decider(verdict, files).as_bytes() == by)
}

/// What decided: the base name of a table and a line, or `default`.
fn decider(verdict: &Verdict, files: &TableFiles) -> String {
    located(verdict).map_or("default".to_owned(), |(table, number)| {
        let path = &files.file(table).path;
        let name = path.file_name().unwrap_or(path.as_os_str());
        format!("{}:{number}", visible(name.as_bytes()))
    })
}

/// What was expected, and what came instead.
fn complaint(
    file: &str,
    expectation: &Expectation,
    verdict: &Verdict,
    files: &TableFiles,
) -> String {
    let request = &expectation.request;
    let line = expectation.line;
    let (daemon, client) = (
        visible(request.daemon()),
        visible(request.client().address()),
    );
    let mut wanted = word_of(expectation.access).to_owned();
    if let Some(by) = &expectation.by {
        wanted = format!("{wanted} by {}", visible(by));
    }
    let (came, by) = (word_of(verdict.access), decider(verdict, files));
    format!("{file}:{line}: {daemon} from {client}: expected {wanted}, but it is {came} by {by}")
}

/// The same for programs.
fn failure(file: &str, expectation: &Expectation, verdict: &Verdict, what: &str) -> Value {
    let request = &expectation.request;
    json!({
        "file": file,
        "line": expectation.line,
        "daemon": visible(request.daemon()),
        "client": visible(request.client().address()),
        "expected": word_of(expectation.access),
        "found": word_of(verdict.access),
        "what": what,
    })
}
