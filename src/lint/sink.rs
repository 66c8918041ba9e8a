//! Where the findings of the checks go: capped a code, then sorted.

use super::Policy;
use super::suppress::{Idle, Suppressions};
use super::table::{self, CHECKS, Check, Harm};
use super::witness::{self, Question, Searcher, Witness};
use crate::diagnostic::{Diagnostic, Severity};
use crate::engine::Surroundings;
use crate::engine::TableName;
use crate::policy::Dialect;
use crate::span::Span;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A finding and the table it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The table.
    pub table: TableName,
    /// What is wrong, and where in it.
    pub diagnostic: Diagnostic,
    /// What it does; for [`Harm::Missed`] and [`Harm::Broad`] as its rule has it, for [`Harm::Either`] as its witness
    /// shows it here.
    pub harm: Harm,
    /// An example client, where one shows it.
    pub witness: Option<Witness>,
    /// Whom it is about.
    pub(super) about: About,
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

/// Takes the findings of one check after the other.
#[derive(Debug, Clone)]
pub(super) struct Sink {
    check: &'static Check,
    table: TableName,
    most: usize,
    /// How many findings there are of each row of [`CHECKS`].
    counts: Vec<usize>,
    findings: Vec<Finding>,
    /// How many were reported, those that are suppressed or left out included.
    reports: usize,
    suppressions: Arc<Suppressions>,
    dialect: &'static Dialect,
}

impl Sink {
    pub(super) fn new(
        most: usize,
        suppressions: Arc<Suppressions>,
        dialect: &'static Dialect,
    ) -> Self {
        Self {
            check: CHECKS.first().unwrap_or(&Check::NONE),
            table: TableName::Allow,
            most,
            counts: vec![0; CHECKS.len()],
            findings: Vec::new(),
            reports: 0,
            suppressions,
            dialect,
        }
    }

    /// The build of libwrap that the tables are for.
    pub(super) fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// What follows comes from `check` and is about `table`.
    pub(super) fn begin(&mut self, check: &'static Check, table: TableName) {
        self.check = check;
        self.table = table;
    }

    /// What follows is about `table`.
    pub(super) fn turn_to(&mut self, table: TableName) {
        self.table = table;
    }

    /// Adds a finding at `span`; `words` gives message and help, and is only asked for what is
    /// kept.
    pub(super) fn report(&mut self, span: Span, words: impl FnOnce() -> (String, String)) {
        self.report_about(span, || About::Marked, words);
    }

    /// As [`Sink::report`], where other words than those at `span` say whom it is about.
    pub(super) fn report_about(
        &mut self,
        span: Span,
        about: impl FnOnce() -> About,
        words: impl FnOnce() -> (String, String),
    ) {
        if !self.check.holds_in(self.dialect) {
            return;
        }
        self.reports += 1;
        if self.suppressions.covers(self.table, self.check.code, span) {
            return;
        }
        if let Some(count) = self.counts.get_mut(self.check.row()) {
            *count += 1;
            if *count > self.most {
                return;
            }
        }
        let (message, help) = words();
        self.findings.push(Finding {
            table: self.table,
            harm: self.check.harm,
            witness: None,
            about: about(),
            diagnostic: Diagnostic {
                code: self.check.code,
                name: self.check.name,
                severity: self.check.severity,
                span,
                message,
                help,
            },
        });
    }

    /// As [`Sink::report`], but under the code of another row of the table.
    pub(super) fn report_as(
        &mut self,
        code: &str,
        span: Span,
        words: impl FnOnce() -> (String, String),
    ) {
        self.report_as_about(code, span, || About::Marked, words);
    }

    /// As [`Sink::report_about`], but under the code of another row of the table.
    pub(super) fn report_as_about(
        &mut self,
        code: &str,
        span: Span,
        about: impl FnOnce() -> About,
        words: impl FnOnce() -> (String, String),
    ) {
        let own = self.check;
        self.check = table::check_of(code).unwrap_or(own);
        self.report_about(span, about, words);
        self.check = own;
    }

    /// How many findings were reported so far, those that are suppressed or left out included.
    pub(super) fn reports(&self) -> usize {
        self.reports
    }

    /// Takes over what another sink found behind this one.
    pub(super) fn append(&mut self, other: Self) {
        let mut kept = self.counts.clone();
        for finding in other.findings {
            let row = table::check_of(finding.diagnostic.code).map(Check::row);
            let count = row.and_then(|row| kept.get_mut(row));
            let is_kept = count.is_none_or(|count| {
                *count += 1;
                *count <= self.most
            });
            if is_kept {
                self.findings.push(finding);
            }
        }
        for (own, count) in self.counts.iter_mut().zip(other.counts) {
            *own += count;
        }
    }

    /// The comments that suppress nothing of what was reported so far.
    pub(super) fn idle_suppressions(&self) -> Vec<(TableName, Span, Idle)> {
        self.suppressions.idle()
    }

    /// Gives each finding its witness, if there is a world to ask, and puts the most dangerous ones first.
    pub(super) fn finish(
        mut self,
        policy: &Policy<'_>,
        world: Option<&dyn Surroundings>,
    ) -> Report {
        if let Some(world) = world.filter(|_| !self.findings.is_empty()) {
            let mut searcher = Searcher::new(policy, world);
            for finding in &mut self.findings {
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
        self.findings.sort_by_key(|finding| {
            let found = &finding.diagnostic;
            let place = (finding.table, found.span.start, found.span.end, found.code);
            (Reverse(found.severity), finding.harm, place)
        });
        let left_out = CHECKS.iter().zip(&self.counts);
        let left_out = left_out.map(|(check, count)| (check.code, count.saturating_sub(self.most)));
        Report {
            findings: self.findings,
            left_out: left_out.filter(|(_, count)| *count > 0).collect(),
        }
    }
}
