//! Which files are judged together, and what is found in them.

use super::{LintArgs, TableKind};
use crate::cli::base::excerpt::end_of;
use crate::cli::base::{Context, Failure};
use crate::cli::machine::named;
use crate::cli::machine::tables::TableFile;
use crate::engine::TableName;
use crate::escape::visible;
use crate::lint::{Finding, Policy, Report, Site, run as lint};
use crate::policy::Dialect;
use crate::span::{LineIndex, Position};
use crate::syntax::parse_as;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Offsets in a table are 32 bits wide.
const STDIN_LIMIT: u64 = (1 << 32) - 1;

/// A file and the table it is.
pub(super) struct Source {
    pub(super) table: TableName,
    pub(super) file: TableFile,
    pub(super) lines: LineIndex,
}

impl Source {
    fn new(table: TableName, file: TableFile) -> Self {
        let lines = LineIndex::new(file.source());
        Self { table, file, lines }
    }

    /// Its path, safe to show.
    pub(super) fn name(&self) -> String {
        visible(self.file.path.as_os_str().as_bytes())
    }
}

/// Files judged together, and what was found in them.
pub(super) struct Linted {
    /// The build of libwrap that they are for.
    pub(super) dialect: &'static Dialect,
    pub(super) sources: Vec<Source>,
    pub(super) report: Report,
}

/// A finding with its file and its places, lines and columns from 1, the end exclusive.
pub(super) struct Placed<'l> {
    pub(super) source: &'l Source,
    pub(super) finding: &'l Finding,
    pub(super) start: Position,
    pub(super) end: Position,
    /// All lines it is about, if they are several.
    pub(super) lines: Vec<u32>,
    /// The example, as a clause with the names of the files.
    pub(super) witness: Option<String>,
}

impl Linted {
    /// The findings, in order.
    pub(super) fn placed(&self) -> impl Iterator<Item = Placed<'_>> {
        self.report.findings.iter().filter_map(|finding| {
            let source = self.source(finding.table)?;
            let (line, column) = end_of(&source.lines, finding.diagnostic.span);
            let witness = finding.witness.as_ref();
            let others = finding.others.iter();
            let mut lines: Vec<u32> = others
                .map(|span| source.lines.position(span.start).line)
                .collect();
            let start = source.lines.position(finding.diagnostic.span.start);
            if !lines.is_empty() {
                lines.insert(0, start.line);
            }
            Some(Placed {
                lines,
                source,
                finding,
                start,
                end: Position { line, column },
                witness: witness.map(|witness| witness.clause(|table| self.file(table))),
            })
        })
    }

    /// Says anew in the messages how many places there are.
    pub(super) fn count_places(&mut self) {
        let sources = &self.sources;
        self.report.count_places(|table, at| {
            let source = sources.iter().find(|source| source.table == table);
            source.map_or(0, |source| source.lines.position(at).line)
        });
    }

    fn source(&self, table: TableName) -> Option<&Source> {
        self.sources.iter().find(|source| source.table == table)
    }

    /// The name of a table's file, without its directory.
    fn file(&self, table: TableName) -> String {
        let source = self.source(table);
        let name = source.and_then(|source| source.file.path.file_name());
        match (name, table) {
            (Some(name), _) => visible(name.as_bytes()),
            (None, TableName::Allow) => "hosts.allow".to_owned(),
            (None, TableName::Deny) => "hosts.deny".to_owned(),
        }
    }
}

/// The files of each policy: both tables, or one of each kind, or every file by itself.
pub(super) fn policies(
    args: &LintArgs,
    context: &mut Context,
) -> Result<Vec<Vec<Source>>, Failure> {
    if args.files.is_empty() {
        let paths = context.paths.clone();
        let mut source = |table, path: &Path| -> Result<Source, Failure> {
            // To libwrap a directory and a link to nothing are empty tables (F-LINE-21); a check
            // says so.
            let file = if path.is_dir() || (path.is_symlink() && !path.exists()) {
                TableFile::new(path.to_owned(), Some(Vec::new()))
            } else {
                let file = TableFile::read(path)?;
                if file.bytes.is_none() {
                    let name = visible(path.as_os_str().as_bytes());
                    let note = format!("{name} does not exist: taken as an empty table");
                    context.out.note(&note)?;
                }
                file
            };
            Ok(Source::new(table, file))
        };
        let allow = source(TableName::Allow, &paths.allow)?;
        return Ok(vec![vec![allow, source(TableName::Deny, &paths.deny)?]]);
    }
    let mut policies = Vec::new();
    for group in of_files(args)? {
        let sources = group.into_iter().map(|(table, path)| {
            let file = read(path)?;
            Ok(Source::new(table, file))
        });
        policies.push(sources.collect::<Result<Vec<_>, Failure>>()?);
    }
    Ok(policies)
}

/// Files that are one policy, the allow table first.
type Group<'a> = Vec<(TableName, &'a Path)>;

/// The named files: one of each kind together, or every file by itself.
fn of_files(args: &LintArgs) -> Result<Vec<Group<'_>>, Failure> {
    let mut files = Group::new();
    for path in &args.files {
        files.push((table_of(path, args.table)?, path));
    }
    if matches!(files.as_slice(), [a, b] if a.0 != b.0) {
        files.sort_by_key(|(table, _)| *table);
        return Ok(vec![files]);
    }
    Ok(files.into_iter().map(|file| vec![file]).collect())
}

/// The named files as they are repaired: in place, and therefore not standard input.
pub(super) fn grouped(args: &LintArgs) -> Result<Vec<Group<'_>>, Failure> {
    if args.files.iter().any(|path| path == Path::new("-")) {
        let failure = Failure::new("standard input cannot be repaired in place");
        return Err(failure.hint("name a file; with --diff its repairs are only shown"));
    }
    for path in &args.files {
        named::exists(path, "table", "name a file that is there")?;
    }
    of_files(args)
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

fn read(path: &Path) -> Result<TableFile, Failure> {
    if path != Path::new("-") {
        return TableFile::read_named(path);
    }
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(STDIN_LIMIT)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(format_args!("cannot read standard input: {error}")))?;
    Ok(TableFile::new(path.to_owned(), Some(bytes)))
}

/// Runs the checks.
pub(super) fn judge(sources: Vec<Source>, site: &Site<'_>, max_per_code: usize) -> Linted {
    let dialect = site.world.dialect();
    let tree = |table: TableName| {
        let source = sources.iter().find(|source| source.table == table);
        source.map(|source| parse_as(source.file.source(), dialect.reading))
    };
    let (allow, deny) = (tree(TableName::Allow), tree(TableName::Deny));
    let policy = Policy {
        allow: allow.as_ref(),
        deny: deny.as_ref(),
    };
    let report = lint(&policy, site, max_per_code);
    drop((allow, deny));
    Linted {
        dialect,
        sources,
        report,
    }
}
