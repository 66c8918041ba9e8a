//! What is found about one line: what follows from other findings there is dropped.

use super::store::{Kept, Noted, Sink};
use crate::lint::check::Ends;
use crate::lint::finding::Finding;
use crate::lint::precedence::{Found, derived};
use crate::lint::view::{RuleView, base};
use crate::policy::Element;
use crate::span::Span;

/// The code of a word that is the name of no daemon.
const NO_DAEMON: &str = "TW407";

/// Whether all words that a list can match lie in `spans`; not so for a list without any.
fn are_within(list: &[Element<'_>], spans: &[Span]) -> bool {
    let is_within = |(_, word): (&[u8], Span)| {
        spans
            .iter()
            .any(|span| span.start <= word.start && word.end <= span.end)
    };
    !spans.is_empty() && base(list).next().is_some() && base(list).all(is_within)
}

impl Sink {
    /// What follows is about one line, until [`Sink::end_line`].
    pub(in crate::lint) fn begin_line(&mut self) {
        let mut line = self.line.take().unwrap_or_default();
        line.clear();
        self.line = Some(line);
    }

    /// Drops what follows from other findings about the line, and remembers what is dead in it.
    pub(in crate::lint) fn end_line(&mut self, rule: Option<&RuleView<'_, '_>>) {
        let mut line = self.line.take().unwrap_or_default();
        if !line.is_empty() {
            self.settle(&mut line, rule);
        }
        line.clear();
        self.line = Some(line);
    }

    fn settle(&mut self, line: &mut [Noted], rule: Option<&RuleView<'_, '_>>) {
        let found: Vec<Found> = line.iter().map(|noted| noted.found).collect();
        let of_daemons: Vec<Span> = found
            .iter()
            .filter(|one| one.check.code == NO_DAEMON)
            .map(|one| one.span)
            .collect();
        let no_daemon = rule.is_some_and(|rule| are_within(&rule.daemons, &of_daemons));
        let is_derived = derived(&found, no_daemon);
        let ending = |at: usize| found.get(at).and_then(|one| one.check.ends);
        for at in (0..found.len()).rev() {
            if is_derived.get(at) == Some(&true) {
                self.drop_noted(line, at);
            }
        }
        let Some(rule) = rule else {
            return;
        };
        let mut words = Vec::new();
        for (at, one) in found.iter().enumerate() {
            if is_derived.get(at) == Some(&true) {
                continue;
            }
            match ending(at) {
                Some((Ends::Rule | Ends::Rest, _)) => {
                    self.dead.add_rule(rule.table, rule.span(), true);
                    self.dead.add_word(rule.table, one.span);
                    return;
                }
                Some((Ends::Word, _)) => words.push(one.span),
                None => {}
            }
        }
        if words.is_empty() {
            return;
        }
        if are_within(&rule.daemons, &words) || are_within(&rule.clients, &words) {
            self.dead.add_rule(rule.table, rule.span(), false);
        }
        for word in words {
            self.dead.add_word(rule.table, word);
        }
    }

    /// Removes one finding about the line.
    fn drop_noted(&mut self, line: &mut [Noted], at: usize) {
        let Some(Noted { found, key, kept }) = line.get(at).copied() else {
            return;
        };
        match kept {
            Kept::Nowhere => {}
            Kept::Within(index) => {
                if let Some(finding) = self.findings.get_mut(index) {
                    finding.others.retain(|span| *span != found.span);
                }
            }
            Kept::Counted => self.uncount(found.check.number()),
            Kept::At(index) => {
                if self.findings.get_mut(index).is_some_and(Finding::promote) {
                    return;
                }
                self.uncount(found.check.number());
                self.findings.remove(index);
                if let Some(key) = key {
                    self.groups.remove(&key);
                }
                // Whatever stands after it was found on this line.
                for other in line {
                    if let Kept::At(place) = &mut other.kept
                        && *place > index
                    {
                        *place -= 1;
                        if let Some(key) = other.key {
                            self.groups.insert(key, Some(*place));
                        }
                    }
                }
            }
        }
    }
}
