//! Findings, and the report that holds them.

use super::group::Group;
use super::policy::Policy;
use super::table::{CHECKS, Harm};
use super::trial::{Question, Witness};
use crate::diagnostic::{Diagnostic, Severity};
use crate::engine::TableName;
use crate::span::{LineIndex, Span};
use std::collections::BTreeMap;

/// A finding and the table it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The table.
    pub table: TableName,
    /// What is wrong, and where in it.
    pub diagnostic: Diagnostic,
    /// What it does; for [`Harm::Missed`] and [`Harm::Broad`] as its rule has it, for [`Harm::Either`]
    /// as its witness shows it here.
    pub harm: Harm,
    /// An example client, where one shows it.
    pub witness: Option<Witness>,
    /// Further places of the same cause, in order.
    pub others: Vec<Span>,
    /// Whom it is about.
    pub(super) about: About,
    /// What is said of it and of several like it, if it can have others.
    pub(super) group: Option<Group>,
}

/// How bad a finding is, and whom it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rating {
    pub(super) harm: Harm,
    pub(super) about: About,
}

impl Finding {
    /// Lets the next place stand for the first one; whether there is one.
    pub(super) fn promote(&mut self) -> bool {
        if self.others.is_empty() {
            return false;
        }
        self.diagnostic.span = self.others.remove(0);
        // The example was about the first place.
        self.witness = None;
        true
    }
}

/// Where the words stand that say whom a finding is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum About {
    /// At its place.
    #[default]
    Marked,
    /// Elsewhere: these clients are meant, as in a list file.
    Clients(Vec<u8>),
    /// This daemon is meant, and not what is written.
    Daemon(&'static str),
    /// In a rule that libwrap does not read as one.
    Rule(Vec<u8>),
    /// The check has met this client.
    Seen(Question),
}

/// What a run found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// By danger, then by table and place.
    pub findings: Vec<Finding>,
    /// How many more there are of each code, beyond the cap.
    pub left_out: BTreeMap<&'static str, usize>,
}

impl Report {
    /// As [`Report::count_places`], with the lines of the tables.
    pub(super) fn count_places_in(&mut self, policy: &Policy<'_>) {
        if self.findings.iter().all(|one| one.others.is_empty()) {
            return;
        }
        let lines: Vec<_> = policy
            .tables()
            .map(|(table, tree)| (table, LineIndex::new(tree.source())))
            .collect();
        self.count_places(|table, at| {
            let lines = lines.iter().find(|(other, _)| *other == table);
            lines.map_or(0, |(_, lines)| lines.position(at).line)
        });
    }

    /// Each place as a finding of its own.
    pub(super) fn singly(mut self) -> Self {
        let all = std::mem::take(&mut self.findings);
        for mut finding in all {
            let others = std::mem::take(&mut finding.others);
            let copies = others.into_iter().map(|span| {
                let mut copy = finding.clone();
                copy.diagnostic.span = span;
                copy
            });
            self.findings.extend(copies);
            self.findings.push(finding);
        }
        self
    }

    /// Says in each message how many places there are, and where; `line` is the line of a place.
    pub fn count_places(&mut self, line: impl Fn(TableName, u32) -> u32) {
        for finding in &mut self.findings {
            let Some(group) = &finding.group else {
                continue;
            };
            let first = finding.diagnostic.span;
            let all = std::iter::once(&first).chain(&finding.others);
            let lines: Vec<u32> = all.map(|span| line(finding.table, span.start)).collect();
            finding.diagnostic.message = group.message(&lines);
        }
    }

    /// Keeps those places of all findings that `keeps` wants, and the findings with any of them.
    pub fn retain_places(&mut self, mut keeps: impl FnMut(&Finding, Span) -> bool) {
        self.findings.retain_mut(|finding| {
            let mut others = std::mem::take(&mut finding.others);
            let is_kept = keeps(finding, finding.diagnostic.span);
            others.retain(|span| keeps(finding, *span));
            finding.others = others;
            is_kept || finding.promote()
        });
    }

    /// Keeps at most `most` findings of each code and counts the rest.
    pub fn cap(&mut self, most: usize) {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        let left_out = &mut self.left_out;
        self.findings.retain(|finding| {
            let code = finding.diagnostic.code;
            let count = counts.entry(code).or_default();
            *count += 1;
            if *count > most {
                *left_out.entry(code).or_default() += 1;
            }
            *count <= most
        });
    }

    /// Whether anything is as bad as `least`, those left out included.
    pub fn has_at_least(&self, least: Severity) -> bool {
        let all = [Severity::Info, Severity::Warning, Severity::Error];
        all.into_iter()
            .any(|severity| severity >= least && self.count(severity) > 0)
    }

    /// How many findings there are of this severity, those left out included.
    pub fn count(&self, severity: Severity) -> usize {
        let shown = self.findings.iter();
        let shown = shown.filter(|finding| finding.diagnostic.severity == severity);
        let left_out = CHECKS.iter().filter(|check| check.severity == severity);
        let left_out: usize = left_out
            .filter_map(|check| self.left_out.get(check.code))
            .sum();
        shown.count() + left_out
    }
}
