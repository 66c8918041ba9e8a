//! The findings of all parts together.

use super::store::Sink;
use crate::lint::finding::Finding;
use crate::lint::precedence::Found;

impl Sink {
    /// Takes over what another sink found after this one.
    pub(in crate::lint) fn append(&mut self, other: Self) {
        for (own, count) in self.counts.iter_mut().zip(&other.counts) {
            *own += count;
        }
        self.left_out.extend(other.left_out);
        self.dead.append(other.dead);
        let mut is_here = vec![0; self.counts.len()];
        for finding in &self.findings {
            if let Some(count) = is_here.get_mut(finding.check.number()) {
                *count += 1;
            }
        }
        for finding in other.findings {
            let number = finding.check.number();
            let key = finding.group.as_ref();
            let key = key.map(|group| (number, finding.table, group.cause.key()));
            if let Some(known) = key.and_then(|key| self.groups.get(&key).copied()) {
                // One more place of a finding that is counted already.
                self.uncount(number);
                if let Some(own) = known.and_then(|at| self.findings.get_mut(at)) {
                    own.others.push(finding.diagnostic.span);
                    own.others.extend(finding.others);
                }
                continue;
            }
            let count = is_here.get_mut(number);
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
        let is_derived = |check, table, span| dead.explains(table, Found { check, span });
        for (check, table, span) in std::mem::take(&mut self.left_out) {
            if is_derived(check, table, span) {
                self.uncount(check.number());
            }
        }
        let whole = self.findings.split_off(first.min(self.findings.len()));
        for mut finding in whole {
            let (check, table) = (finding.check, finding.table);
            finding
                .others
                .retain(|span| !is_derived(check, table, *span));
            let is_kept = !is_derived(check, table, finding.diagnostic.span) || finding.promote();
            if is_kept {
                self.findings.push(finding);
            } else {
                self.uncount(check.number());
            }
        }
        self.groups.clear();
    }

    /// The findings, and how many there are by the number of their code, those left out included.
    pub(in crate::lint) fn into_parts(self) -> (Vec<Finding>, Vec<usize>) {
        (self.findings, self.counts)
    }
}
