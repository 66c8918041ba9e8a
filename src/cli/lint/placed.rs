//! Files that are judged together, and what is found in them, with lines and columns.

use crate::cli::base::excerpt::end_of;
use crate::cli::machine::tables::TableFile;
use crate::engine::TableName;
use crate::escape::visible;
use crate::lint::{Finding, LintReport, Policy, Site, run as lint};
use crate::policy::Dialect;
use crate::span::{LineIndex, Position};
use crate::syntax::parse_as;
use std::os::unix::ffi::OsStrExt as _;

/// A file and the table it is.
pub(super) struct Source {
    pub(super) table: TableName,
    pub(super) file: TableFile,
    pub(super) lines: LineIndex,
}

impl Source {
    pub(super) fn new(table: TableName, file: TableFile) -> Self {
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
    pub(super) report: LintReport,
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

impl Placed<'_> {
    /// What is wrong, an example, and what to do, in one line.
    pub(super) fn whole_text(&self) -> String {
        let found = &self.finding.diagnostic;
        let witness = self.witness.as_ref();
        let witness = witness.map_or_else(String::new, |clause| format!(" ({clause})"));
        format!("{}{witness}; {}", found.message, found.help)
    }
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

    /// Says again in the messages how many places there are.
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
