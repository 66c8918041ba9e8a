//! The findings of all parts together, and the report that is made of them.

use super::store::Sink;
use crate::engine::Surroundings;
use crate::lint::finding::Report;
use crate::lint::policy::Policy;
use crate::lint::precedence::Found;
use crate::lint::table::{self, CHECKS, Check, Harm};
use crate::lint::witness::{self, Searcher};
use std::cmp::Reverse;

impl Sink {
    /// Takes over what another sink found behind this one.
    pub(in crate::lint) fn append(&mut self, other: Self) {
        for (own, count) in self.counts.iter_mut().zip(&other.counts) {
            *own += count;
        }
        self.left_out.extend(other.left_out);
        self.dead.append(other.dead);
        let mut is_here = vec![0; self.counts.len()];
        for finding in &self.findings {
            if let Some(count) = table::check_of(finding.diagnostic.code)
                .and_then(|check| is_here.get_mut(check.row()))
            {
                *count += 1;
            }
        }
        for finding in other.findings {
            let row = table::check_of(finding.diagnostic.code).map_or(CHECKS.len(), Check::row);
            let key = finding.group.as_ref();
            let key = key.map(|group| (row, finding.table, group.cause.key()));
            if let Some(known) = key.and_then(|key| self.groups.get(&key).copied()) {
                // One more place of a finding that is counted already.
                self.uncount(row);
                if let Some(own) = known.and_then(|at| self.findings.get_mut(at)) {
                    own.others.push(finding.diagnostic.span);
                    own.others.extend(finding.others);
                }
                continue;
            }
            let count = is_here.get_mut(row);
            let is_kept = count.is_none_or(|count| {
                *count += 1;
                *count <= self.most
            });
            if let Some(key) = key {
                self.note_group(key, is_kept.then_some(self.findings.len()));
            }
            if is_kept {
                self.findings.push(finding);
            }
        }
        for key in other.over_cap {
            if self.groups.contains_key(&key) {
                self.uncount(key.0);
            } else {
                self.note_group(key, None);
            }
        }
    }

    /// How many findings are kept.
    pub(in crate::lint) fn kept(&self) -> usize {
        self.findings.len()
    }

    /// Drops what follows from dead rules and words, of the findings from the one at `first` on.
    pub(in crate::lint) fn drop_derived(&mut self, first: usize) {
        if self.dead.is_empty() {
            return;
        }
        self.dead.sort();
        let dead = std::mem::take(&mut self.dead);
        let is_derived = |code, table, span| dead.explains(table, Found { code, span });
        for (row, table, span) in std::mem::take(&mut self.left_out) {
            let code = CHECKS.get(row).map_or("", |check| check.code);
            if is_derived(code, table, span) {
                self.uncount(row);
            }
        }
        let whole = self.findings.split_off(first.min(self.findings.len()));
        for mut finding in whole {
            let (code, table) = (finding.diagnostic.code, finding.table);
            finding
                .others
                .retain(|span| !is_derived(code, table, *span));
            let is_kept = !is_derived(code, table, finding.diagnostic.span) || finding.promote();
            if is_kept {
                self.findings.push(finding);
            } else if let Some(check) = table::check_of(code) {
                self.uncount(check.row());
            }
        }
        self.groups.clear();
    }

    /// Gives each finding its witness, if there is a world to ask, and puts the most dangerous ones first.
    pub(in crate::lint) fn finish(
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
        let mut shown = vec![0; self.counts.len()];
        for finding in &self.findings {
            let row = table::check_of(finding.diagnostic.code).map(Check::row);
            if let Some(count) = row.and_then(|row| shown.get_mut(row)) {
                *count += 1;
            }
        }
        let left_out = CHECKS.iter().zip(self.counts.iter().zip(shown));
        let left_out =
            left_out.map(|(check, (count, shown))| (check.code, count.saturating_sub(shown)));
        let mut report = Report {
            findings: self.findings,
            left_out: left_out.filter(|(_, count)| *count > 0).collect(),
        };
        report.count_places_in(policy);
        report
    }
}
