//! Where the findings of the checks go: grouped by cause, without what follows from others, capped
//! a code, then sorted.

use crate::diagnostic::Diagnostic;
use crate::engine::TableName;
use crate::lint::check::Check;
use crate::lint::finding::{About, Finding, Rating};
use crate::lint::group::{Cause, Group};
use crate::lint::precedence::{Dead, Found};
use crate::lint::suppress::{Idle, Suppressions};
use crate::policy::Dialect;
use crate::span::Span;
use std::collections::HashMap;
use std::sync::Arc;

/// Takes the findings of one check after the other.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Sink {
    pub(super) check: &'static Check,
    pub(super) table: TableName,
    pub(super) most: usize,
    /// How many findings there are, by the number of their code.
    pub(super) counts: Vec<usize>,
    pub(super) findings: Vec<Finding>,
    /// The findings with several places, by code, table and cause; none for those left out.
    pub(super) groups: HashMap<Key, Option<usize>>,
    /// The causes of those left out.
    pub(super) over_cap: Vec<Key>,
    /// What was found about the line so far; nothing is noted outside of lines.
    pub(super) line: Option<Vec<Noted>>,
    /// The places of findings outside of lines that are left out.
    pub(super) left_out: Vec<(&'static Check, TableName, Span)>,
    pub(super) dead: Dead,
    /// How many were reported, those that are suppressed or left out included.
    pub(super) reports: usize,
    pub(super) suppressions: Arc<Suppressions>,
    pub(super) dialect: &'static Dialect,
}

/// A finding about the line that is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted {
    pub(super) found: Found,
    pub(super) key: Option<Key>,
    pub(super) kept: Kept,
}

/// What is said of a finding: message and help, and of all places of its cause.
struct Said {
    words: (String, String),
    rating: Rating,
    group: Option<Group>,
}

/// The number of the code, table and cause of findings that are one.
pub(super) type Key = (usize, TableName, u64);

/// Where a finding is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kept {
    /// Among the findings.
    At(usize),
    /// A further place of that finding.
    Within(usize),
    /// Only counted.
    Counted,
    /// Suppressed, or a further place of one that is only counted.
    Nowhere,
}

impl Sink {
    pub(in crate::lint) fn new(
        most: usize,
        suppressions: Arc<Suppressions>,
        dialect: &'static Dialect,
    ) -> Self {
        Self {
            check: &Check::NONE,
            table: TableName::Allow,
            most,
            counts: vec![0; Check::NUMBERS],
            findings: Vec::new(),
            groups: HashMap::new(),
            over_cap: Vec::new(),
            line: None,
            left_out: Vec::new(),
            dead: Dead::default(),
            reports: 0,
            suppressions,
            dialect,
        }
    }

    /// The build of libwrap that the tables are for.
    pub(in crate::lint) fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// What follows comes from `check` and is about `table`.
    pub(in crate::lint) fn begin(&mut self, check: &'static Check, table: TableName) {
        self.check = check;
        self.table = table;
    }

    /// What follows is about `table`.
    pub(in crate::lint) fn turn_to(&mut self, table: TableName) {
        self.table = table;
    }

    /// Adds a finding at `span`; `words` gives message and help, and is only asked for what is
    /// kept.
    pub(in crate::lint) fn report(&mut self, span: Span, words: impl FnOnce() -> (String, String)) {
        self.report_as(self.check, span, words);
    }

    /// As [`Sink::report`], but under the code of another check.
    pub(in crate::lint) fn report_as(
        &mut self,
        check: &'static Check,
        span: Span,
        words: impl FnOnce() -> (String, String),
    ) {
        self.report_as_about(check, span, || About::Marked, words);
    }

    /// As [`Sink::report`], where other words than those at `span` say whom it is about.
    pub(in crate::lint) fn report_about(
        &mut self,
        span: Span,
        about: impl FnOnce() -> About,
        words: impl FnOnce() -> (String, String),
    ) {
        self.report_as_about(self.check, span, about, words);
    }

    /// As [`Sink::report_about`], but under the code of another check.
    pub(in crate::lint) fn report_as_about(
        &mut self,
        check: &'static Check,
        span: Span,
        about: impl FnOnce() -> About,
        words: impl FnOnce() -> (String, String),
    ) {
        self.put(check, span, None, || Said {
            words: words(),
            rating: Rating {
                harm: check.harm,
                about: about(),
            },
            group: None,
        });
    }

    /// As [`Sink::report`], where harm and clients are those of this place.
    pub(in crate::lint) fn report_rated(
        &mut self,
        span: Span,
        rating: Rating,
        words: impl FnOnce() -> (String, String),
    ) {
        self.report_rated_as(self.check, span, rating, words);
    }

    /// As [`Sink::report_rated`], but under the code of another check.
    pub(in crate::lint) fn report_rated_as(
        &mut self,
        check: &'static Check,
        span: Span,
        rating: Rating,
        words: impl FnOnce() -> (String, String),
    ) {
        self.put(check, span, None, || Said {
            words: words(),
            rating,
            group: None,
        });
    }

    /// As [`Sink::report_as_about`], where all findings of one `cause` are one; `words` gives
    /// message and help for one place, `several` the message for the places that it is given.
    pub(in crate::lint) fn report_group(
        &mut self,
        check: &'static Check,
        span: Span,
        cause: Cause,
        about: impl FnOnce() -> About,
        words: impl FnOnce() -> (String, String),
        several: impl FnOnce(&str) -> String,
    ) {
        self.put(check, span, Some(cause), || {
            let (single, help) = words();
            let group = Group::new(cause, single.clone(), several);
            Said {
                words: (single, help),
                rating: Rating {
                    harm: check.harm,
                    about: about(),
                },
                group: Some(group),
            }
        });
    }

    fn put(
        &mut self,
        check: &'static Check,
        span: Span,
        cause: Option<Cause>,
        said: impl FnOnce() -> Said,
    ) {
        if self.takes(check, span, cause) {
            self.add(check, span, said());
        }
    }

    /// Counts and notes a finding; says whether it is one to keep as the next.
    fn takes(&mut self, check: &'static Check, span: Span, cause: Option<Cause>) -> bool {
        if !check.holds_in(self.dialect) {
            return false;
        }
        self.reports += 1;
        let key = cause.map(|cause| (check.number(), self.table, cause.key()));
        let kept = if self.suppressions.covers(self.table, check.code, span) {
            Kept::Nowhere
        } else {
            self.keep(check, span, key)
        };
        match &mut self.line {
            Some(line) => line.push(Noted {
                found: Found { check, span },
                key,
                kept,
            }),
            None if matches!(kept, Kept::Counted) => self.left_out.push((check, self.table, span)),
            None => {}
        }
        matches!(kept, Kept::At(_))
    }

    fn keep(&mut self, check: &'static Check, span: Span, key: Option<Key>) -> Kept {
        match key.and_then(|key| self.groups.get(&key).copied()) {
            Some(Some(at)) => {
                if let Some(finding) = self.findings.get_mut(at) {
                    finding.others.push(span);
                }
                return Kept::Within(at);
            }
            Some(None) => return Kept::Nowhere,
            None => {}
        }
        let at = self.findings.len();
        let mut is_kept = true;
        if let Some(count) = self.counts.get_mut(check.number()) {
            *count += 1;
            is_kept = *count <= self.most;
        }
        if let Some(key) = key {
            self.note_group(key, is_kept.then_some(at));
        }
        if is_kept { Kept::At(at) } else { Kept::Counted }
    }

    fn add(&mut self, check: &'static Check, span: Span, said: Said) {
        let (message, help) = said.words;
        let Rating { harm, about } = said.rating;
        self.findings.push(Finding {
            check,
            table: self.table,
            harm,
            witness: None,
            others: Vec::new(),
            about,
            group: said.group,
            diagnostic: Diagnostic {
                code: check.code,
                name: check.name,
                severity: check.severity,
                span,
                message,
                help,
            },
        });
    }

    /// How many findings were reported so far, those that are suppressed or left out included.
    pub(in crate::lint) fn reports(&self) -> usize {
        self.reports
    }

    /// Remembers where the finding of a cause is; nowhere if it is left out.
    pub(super) fn note_group(&mut self, key: Key, at: Option<usize>) {
        self.groups.insert(key, at);
        if at.is_none() {
            self.over_cap.push(key);
        }
    }

    pub(super) fn uncount(&mut self, number: usize) {
        if let Some(count) = self.counts.get_mut(number) {
            *count = count.saturating_sub(1);
        }
    }

    /// The comments that suppress nothing of what was reported so far.
    pub(in crate::lint) fn idle_suppressions(
        &self,
        is_code: fn(&[u8]) -> bool,
    ) -> Vec<(TableName, Span, Idle)> {
        self.suppressions.idle(is_code)
    }
}
