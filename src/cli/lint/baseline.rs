//! Findings that are accepted for now: `--baseline` and `--write-baseline`.
//!
//! A finding is known again by its code, its table and the text of its line, so that it may move
//! about in the file; each entry covers as many findings as were there when it was written.

use super::placed::{Linted, Source};
use crate::cli::base::Failure;
use crate::engine::TableName;
use crate::escape::visible;
use crate::lint::Finding;
use crate::span::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

const VERSION: u32 = 1;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Baseline {
    version: u32,
    findings: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: String,
    table: String,
    line: String,
    count: usize,
}

/// Code, table and text of the line.
type Key = (String, String, String);

impl Baseline {
    /// Today's findings.
    pub(super) fn of(all: &[Linted]) -> Self {
        let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
        for linted in all {
            for finding in &linted.report.findings {
                let places = std::iter::once(&finding.diagnostic.span).chain(&finding.others);
                for span in places {
                    *counts
                        .entry(key(&linted.sources, finding, *span))
                        .or_default() += 1;
                }
            }
        }
        let findings = counts.into_iter();
        let findings = findings.map(|((code, table, line), count)| Entry {
            code,
            table,
            line,
            count,
        });
        Self {
            version: VERSION,
            findings: findings.collect(),
        }
    }

    /// Reads a file that [`Baseline::write`] made.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let bytes = std::fs::read(path).map_err(|error| {
            Failure::new(format_args!("cannot read the baseline {name}: {error}"))
                .hint("write it with --write-baseline")
        })?;
        let baseline: Self = serde_json::from_slice(&bytes).map_err(|error| {
            Failure::new(format_args!("{name} is not a baseline: {error}"))
                .hint("write it again with --write-baseline")
        })?;
        if baseline.version != VERSION {
            let version = baseline.version;
            let what =
                format!("{name} is a baseline of version {version}, not of version {VERSION}");
            return Err(Failure::new(what).hint("write it again with --write-baseline"));
        }
        Ok(baseline)
    }

    /// Writes the file beside its place and moves it there.
    #[expect(
        clippy::disallowed_methods,
        reason = "a baseline is neither a table nor an event"
    )]
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(format_args!(
                "cannot write the baseline {}: {error}",
                path.display()
            ))
        };
        let mut text = serde_json::to_string_pretty(self).map_err(|error| failed(&error))?;
        text.push('\n');
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let beside = path.with_file_name(name);
        std::fs::write(&beside, text)
            .and_then(|()| std::fs::rename(&beside, path))
            .map_err(|error| failed(&error))
    }

    /// Takes the accepted findings out.
    pub(super) fn apply(&self, all: &mut [Linted]) {
        let mut left: BTreeMap<Key, usize> = BTreeMap::new();
        for entry in &self.findings {
            let key = (entry.code.clone(), entry.table.clone(), entry.line.clone());
            *left.entry(key).or_default() += entry.count;
        }
        for linted in all {
            let sources = &linted.sources;
            linted.report.retain_places(|finding, span| {
                match left.get_mut(&key(sources, finding, span)) {
                    Some(count) if *count > 0 => {
                        *count -= 1;
                        false
                    }
                    _ => true,
                }
            });
            linted.count_places();
        }
    }
}

/// What a place of a finding is known again by.
fn key(sources: &[Source], finding: &Finding, span: Span) -> Key {
    let source = sources.iter().find(|source| source.table == finding.table);
    let line = source.map_or(&[][..], |source| {
        let line = source.lines.position(span.start).line;
        source.lines.line_span(line).of(source.file.source())
    });
    let table = match finding.table {
        TableName::Allow => "allow",
        TableName::Deny => "deny",
    };
    (
        finding.diagnostic.code.to_owned(),
        table.to_owned(),
        visible(line),
    )
}
