//! The report of a run: all findings in order, and how many more there are.

use super::check::Harm;
use super::finding::Finding;
use super::policy::Policy;
use super::sink::Sink;
use super::table::CHECKS;
use super::witness::{self, Searcher};
use crate::diagnostic::Severity;
use crate::engine::{Surroundings, TableName};
use crate::span::{LineIndex, Span};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What a run found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LintReport {
    /// By danger, then by table and place.
    pub findings: Vec<Finding>,
    /// How many more there are of each code, beyond the cap.
    pub left_out: BTreeMap<&'static str, usize>,
}

impl LintReport {
    /// The report of what was found: each finding with its witness, if there is a world to ask, and the
    /// most dangerous ones first.
    pub(super) fn of(sink: Sink, policy: &Policy<'_>, world: Option<&dyn Surroundings>) -> Self {
        let (mut findings, counts) = sink.into_parts();
        if let Some(world) = world.filter(|_| !findings.is_empty()) {
            let mut searcher = Searcher::new(policy, world);
            for finding in &mut findings {
                if let Some(harm) = witness::harm_of_line(policy, finding) {
                    finding.harm = harm;
                }
                finding.witness = searcher.witness(finding);
                let is_granted = match finding.harm {
                    Harm::Missed => witness::missed_are_granted(policy, finding),
                    Harm::Broad => {
                        witness::missed_are_granted(policy, finding).map(|missed| !missed)
                    }
                    Harm::Either => finding.witness.as_ref().map(|witness| witness.granted),
                    Harm::LetsIn
                    | Harm::LocksOut
                    | Harm::Dead
                    | Harm::Breaks
                    | Harm::Slow
                    | Harm::Style => None,
                };
                match is_granted {
                    Some(true) => finding.harm = Harm::LetsIn,
                    Some(false) => finding.harm = Harm::LocksOut,
                    None => {}
                }
            }
        }
        findings.sort_by_key(|finding| {
            let found = &finding.diagnostic;
            let place = (finding.table, found.span.start, found.span.end, found.code);
            (Reverse(found.severity), finding.harm, place)
        });
        let mut left_out = counts;
        for finding in &findings {
            if let Some(count) = left_out.get_mut(finding.check.number()) {
                *count = count.saturating_sub(1);
            }
        }
        let left_out = CHECKS.iter().filter_map(|check| {
            let count = left_out.get(check.number()).copied();
            Some((check.code, count.filter(|count| *count > 0)?))
        });
        let mut report = Self {
            left_out: left_out.collect(),
            findings,
        };
        report.count_places_in(policy);
        report
    }

    /// As [`LintReport::count_places`], with the lines of the tables.
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
