//! `tcpw lint`: the findings about two tables, or about the files that are named.

use super::Context;
use super::excerpt::{Excerpt, end_of};
use super::exit::Exit;
use super::failure::Failure;
use super::output::{Output, Style};
use super::tables::{TableFile, TableFiles};
use crate::diagnostic::Severity;
use crate::engine::TableName;
use crate::escape::visible;
use crate::lint::{Finding, Policy, Report, run as lint};
use crate::span::LineIndex;
use crate::syntax::parse;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Offsets in a table are 32 bits wide.
const STDIN_LIMIT: u64 = (1 << 32) - 1;

/// Find mistakes that let people in, lock people out or do nothing
///
/// Without FILE, both tables are read and judged together. Exit code 0: nothing worse than a remark;
/// 1: errors or warnings; 2: the files could not be read.
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
    /// The most findings of one code to show; the rest are counted
    #[arg(long, value_name = "N", default_value_t = 50)]
    max_per_code: usize,
}

/// One of the two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TableKind {
    /// An allow table
    Allow,
    /// A deny table
    Deny,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For people: the line, what is underlined in it, and what to do
    #[default]
    Human,
    /// For programs: one JSON object
    Json,
}

/// A file and the table it is.
struct Source {
    table: TableName,
    file: TableFile,
    lines: LineIndex,
}

impl Source {
    fn new(table: TableName, file: TableFile) -> Self {
        let lines = LineIndex::new(file.source());
        Self { table, file, lines }
    }

    fn name(&self) -> String {
        visible(self.file.path.as_os_str().as_bytes())
    }
}

/// Files judged together, and what was found in them.
struct Linted {
    sources: Vec<Source>,
    report: Report,
}

pub(crate) fn run(args: &LintArgs, context: &mut Context) -> Result<Exit, Failure> {
    let linted: Vec<Linted> = policies(args, context)?
        .into_iter()
        .map(|sources| judge(sources, args.max_per_code))
        .collect();
    match args.format {
        Format::Human => show(&linted, &mut context.out)?,
        Format::Json => print_json(&linted, &mut context.out)?,
    }
    let is_clean = linted.iter().all(|linted| {
        linted.report.count(Severity::Error) == 0 && linted.report.count(Severity::Warning) == 0
    });
    Ok(if is_clean { Exit::Done } else { Exit::Negative })
}

/// The files of each policy: both tables, or one of each kind, or every file by itself.
fn policies(args: &LintArgs, context: &mut Context) -> Result<Vec<Vec<Source>>, Failure> {
    if args.files.is_empty() {
        let TableFiles { allow, deny } = TableFiles::read(context)?;
        let allow = Source::new(TableName::Allow, allow);
        return Ok(vec![vec![allow, Source::new(TableName::Deny, deny)]]);
    }
    let mut sources = Vec::new();
    for path in &args.files {
        let table = table_of(path, args.table)?;
        let file = read(path, context)?;
        sources.push(Source::new(table, file));
    }
    let is_pair = matches!(sources.as_slice(), [a, b] if a.table != b.table);
    if is_pair {
        sources.sort_by_key(|source| source.table);
        return Ok(vec![sources]);
    }
    Ok(sources.into_iter().map(|source| vec![source]).collect())
}

fn table_of(path: &Path, given: Option<TableKind>) -> Result<TableName, Failure> {
    match given {
        Some(TableKind::Allow) => return Ok(TableName::Allow),
        Some(TableKind::Deny) => return Ok(TableName::Deny),
        None if path == Path::new("-") => {
            let failure = Failure::new("it is not clear which table standard input is");
            return Err(failure.hint("add `--as allow` or `--as deny`"));
        }
        None => {}
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).as_bytes();
    let is_deny = memchr::memmem::find(&name.to_ascii_lowercase(), b"deny").is_some();
    Ok(if is_deny {
        TableName::Deny
    } else {
        TableName::Allow
    })
}

fn read(path: &Path, context: &mut Context) -> Result<TableFile, Failure> {
    if path != Path::new("-") {
        let file = TableFile::read(path)?;
        if file.bytes.is_none() {
            let name = visible(path.as_os_str().as_bytes());
            let note = format!("{name} does not exist: taken as an empty table");
            context.out.note(&note)?;
        }
        return Ok(file);
    }
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(STDIN_LIMIT)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(format_args!("cannot read standard input: {error}")))?;
    Ok(TableFile::new(path.to_owned(), Some(bytes)))
}

fn judge(sources: Vec<Source>, max_per_code: usize) -> Linted {
    let tree = |table: TableName| {
        let source = sources.iter().find(|source| source.table == table);
        source.map(|source| parse(source.file.source()))
    };
    let (allow, deny) = (tree(TableName::Allow), tree(TableName::Deny));
    let policy = Policy {
        allow: allow.as_ref(),
        deny: deny.as_ref(),
    };
    let report = lint(&policy, max_per_code);
    drop((allow, deny));
    Linted { sources, report }
}

impl Linted {
    fn source_of(&self, finding: &Finding) -> Option<&Source> {
        self.sources
            .iter()
            .find(|source| source.table == finding.table)
    }
}

fn show(all: &[Linted], out: &mut Output) -> Result<(), Failure> {
    for linted in all {
        for finding in &linted.report.findings {
            if let Some(source) = linted.source_of(finding) {
                show_finding(source, finding, out)?;
            }
        }
        for (code, count) in &linted.report.left_out {
            out.line(format!("{code}: {count} more not shown (--max-per-code)"))?;
        }
    }
    let total = |severity| all.iter().map(|l| l.report.count(severity)).sum::<usize>();
    let count = |number: usize, word: &str| match number {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{number} {word}s")),
    };
    let counts: Vec<_> = [
        count(total(Severity::Error), "error"),
        count(total(Severity::Warning), "warning"),
        count(total(Severity::Info), "remark"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let names: Vec<_> = all
        .iter()
        .flat_map(|l| &l.sources)
        .map(Source::name)
        .collect();
    let counts = if counts.is_empty() {
        "nothing found".to_owned()
    } else {
        counts.join(", ")
    };
    out.line(format!("{counts} in {}", names.join(", ")))
}

fn show_finding(source: &Source, finding: &Finding, out: &mut Output) -> Result<(), Failure> {
    let found = &finding.diagnostic;
    let place = source.lines.position(found.span.start);
    let style = match found.severity {
        Severity::Error => Style::Bad,
        Severity::Warning => Style::Warn,
        Severity::Info => Style::Dim,
    };
    let head = format!("{}[{}]", found.severity.as_str(), found.code);
    out.line(format!(
        "{}:{}:{}: {} {}",
        source.name(),
        place.line,
        place.column,
        out.paint(style, &head),
        out.paint(Style::Strong, &found.message)
    ))?;
    let excerpt = Excerpt::new(source.file.source(), &source.lines, found.span);
    let bar = out.paint(Style::Dim, "  |");
    out.line(format!("{bar} {}", excerpt.source).trim_end())?;
    let carets = out.paint(style, &excerpt.carets);
    out.line(format!("{bar} {}{carets}", excerpt.indent))?;
    out.line(format!("  = {}", found.help))?;
    out.line("")
}

/// One finding as programs see it; lines and columns from 1, columns in bytes, the end exclusive.
#[derive(Serialize)]
struct JsonFinding<'l> {
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    message: &'l str,
    help: &'l str,
}

#[derive(Serialize)]
struct JsonReport<'l> {
    diagnostics: Vec<JsonFinding<'l>>,
    /// How many more there are of each code; absent when all are shown.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    left_out: BTreeMap<&'static str, usize>,
}

fn print_json(all: &[Linted], out: &mut Output) -> Result<(), Failure> {
    let mut json = JsonReport {
        diagnostics: Vec::new(),
        left_out: BTreeMap::new(),
    };
    for linted in all {
        for finding in &linted.report.findings {
            let Some(source) = linted.source_of(finding) else {
                continue;
            };
            let found = &finding.diagnostic;
            let start = source.lines.position(found.span.start);
            let (end_line, end_column) = end_of(&source.lines, found.span);
            json.diagnostics.push(JsonFinding {
                code: found.code,
                name: found.name,
                severity: found.severity.as_str(),
                file: source.file.path.to_string_lossy().into_owned(),
                line: start.line,
                column: start.column,
                end_line,
                end_column,
                message: &found.message,
                help: &found.help,
            });
        }
        for (code, count) in &linted.report.left_out {
            *json.left_out.entry(code).or_default() += count;
        }
    }
    let text = serde_json::to_string_pretty(&json)
        .map_err(|error| Failure::new(format_args!("cannot write JSON: {error}")))?;
    out.line(text)
}
