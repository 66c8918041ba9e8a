//! An example client for a finding: what the engine decides about it with these very tables.
//!
//! Candidates come from the words of the rule ([`super::samples`]); the first whose verdict shows what the
//! finding claims is its witness.

use super::harm::effect;
use super::samples::Samples;
use crate::engine::{Access, Cause, Matched, Surroundings, TableName, Verdict};
use crate::lint::check::Harm;
use crate::lint::claims::{self, Claim, Decider, Reach, Shown, Step};
use crate::lint::finding::{About, Finding};
use crate::lint::policy::Policy;
use crate::lint::table::row_of;
use crate::lint::trial::{
    Client, OTHER_DAEMONS, Question, SOME_DAEMON, Trial, Witness, line_at, lists,
};
use crate::policy::Rule;
use crate::span::Span;
use crate::syntax::Line;

/// The most verdicts asked for in one run.
const VERDICT_LIMIT: usize = 20_000;
/// Finds witnesses; keeps what all of them need.
pub(in crate::lint) struct Searcher<'p, 't> {
    policy: &'p Policy<'t>,
    trial: Trial<'p, 't>,
    verdicts_left: usize,
}

/// The line of a finding, and what its claims are judged by.
struct Place<'l, 't, 's> {
    table: TableName,
    line: Line<'t, 's>,
    finding: &'l Finding,
    /// The daemon list and the client list, if it is a rule.
    lists: Option<[Vec<u8>; 2]>,
    /// What is marked, as a list of clients.
    word: Vec<u8>,
}

impl<'p, 't> Searcher<'p, 't> {
    pub(in crate::lint) fn new(policy: &'p Policy<'t>, world: &'p dyn Surroundings) -> Self {
        let trial = Trial::new(policy, world);
        Self {
            policy,
            verdicts_left: if trial.is_too_long { 0 } else { VERDICT_LIMIT },
            trial,
        }
    }

    /// The witness of a finding: the first client of whom the engine confirms what its code claims.
    pub(in crate::lint) fn witness(&mut self, finding: &Finding) -> Option<Witness> {
        if self.verdicts_left == 0
            || matches!(finding.harm, Harm::Breaks | Harm::Slow | Harm::Style)
        {
            return None;
        }
        // A line that says nothing, or the same as its table, harms nobody.
        if finding.harm == Harm::Dead && finding.check.harm != Harm::Dead {
            return None;
        }
        let tree = self.policy.tree(finding.table)?;
        let Some(line) = line_at(tree, finding.diagnostic.span.start) else {
            return self.of_table(finding);
        };
        let effect = effect(finding, line);
        let samples = Samples::of(line, finding);
        let place = Place::new(finding, line);
        for (claim, groups) in claims(finding, effect, samples.is_excepted, &place.word) {
            if let About::Seen(question) = &finding.about {
                let found = self.ask(Some(&place), question.clone(), claim);
                if found.is_some() {
                    return found;
                }
                continue;
            }
            if finding.diagnostic.span.is_empty() {
                return self.of_table(finding);
            }
            for &group in groups {
                for client in samples.clients(group) {
                    for daemon in &samples.daemons {
                        let question = Question::new(daemon.as_slice(), client.clone());
                        let found = self.ask(Some(&place), question, claim);
                        if found.is_some() {
                            return found;
                        }
                    }
                }
            }
        }
        None
    }

    /// For a finding about a whole table: clients that nobody names, and well-known daemons.
    fn of_table(&mut self, finding: &Finding) -> Option<Witness> {
        let claims = claims(finding, finding.table == TableName::Allow, false, b"");
        let daemons = || [SOME_DAEMON].into_iter().chain(OTHER_DAEMONS);
        for (claim, _) in claims {
            for client in Client::strangers() {
                for daemon in daemons() {
                    let question = Question::new(daemon, client.clone());
                    let found = self.ask(None, question, claim);
                    if found.is_some() {
                        return found;
                    }
                }
            }
        }
        None
    }

    /// The witness that the answer to a question is, if the engine confirms the claim.
    fn ask(
        &mut self,
        place: Option<&Place<'_, '_, '_>>,
        question: Question,
        claim: Claim,
    ) -> Option<Witness> {
        self.verdicts_left = self.verdicts_left.checked_sub(1)?;
        let question = Question {
            command: claim.command.or(question.command),
            ..question
        };
        let verdict = self.trial.decide(&question);
        // An example has one decider.
        if matches!(verdict.cause, Cause::EitherWay(_)) {
            return None;
        }
        let granted = match verdict.access {
            Access::Granted => true,
            Access::Denied => false,
            Access::Undecided => return None,
        };
        let is_confirmed = claim.granted.is_none_or(|want| want == granted)
            && confirms_decider(claim.decider, place, &verdict)
            && place.is_none_or(|place| self.confirms_reach(claim.reach, place, &question));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        is_confirmed.then(|| Witness {
            daemon: text(&question.daemon),
            address: question.client.address.clone(),
            name: question.client.name.clone(),
            user: question.user.as_deref().map(text),
            command: claim.command,
            granted,
            by: decider(&verdict).map(|by| (by.table, by.number)),
        })
    }

    fn confirms_reach(&self, reach: Reach, place: &Place<'_, '_, '_>, question: &Question) -> bool {
        let Some([daemons, clients]) = &place.lists else {
            return true;
        };
        let word = place.word.as_slice();
        let matches =
            |daemons: &[u8], clients: &[u8]| self.trial.matches(daemons, clients, question);
        match reach {
            Reach::Any => true,
            Reach::Both => matches(daemons, clients),
            Reach::MissedByWord => matches(daemons, b"ALL") && !matches(b"ALL", word),
            Reach::MissedByDaemon => matches(b"ALL", clients) && !matches(daemons, b"ALL"),
            Reach::MissedByList => matches(daemons, b"ALL") && !matches(b"ALL", clients),
            Reach::Excepted => {
                matches(daemons, b"ALL") && matches(b"ALL", word) && !matches(b"ALL", clients)
            }
            Reach::Word => matches(daemons, b"ALL") && matches(b"ALL", word),
            Reach::Hidden => {
                let later = self.trial.after(place.table, place.line, question);
                matches(daemons, clients)
                    && later.access == Access::Granted
                    && matches!(later.cause, Cause::Rule { .. })
            }
        }
    }
}

impl<'l, 't, 's> Place<'l, 't, 's> {
    fn new(finding: &'l Finding, line: Line<'t, 's>) -> Self {
        let span = finding.diagnostic.span;
        let end = span.end.min(line.span().end).max(span.start);
        let word = match &finding.about {
            About::Clients(words) => words.clone(),
            About::Marked
            | About::Meant(_)
            | About::Daemon(_)
            | About::Rule(_)
            | About::Seen(_) => line.text(Span::new(span.start, end)).into_owned(),
        };
        Self {
            table: finding.table,
            line,
            finding,
            lists: Rule::of(line).map(lists),
            word,
        }
    }
}

/// The claims of a finding, the best first; `effect` and `is_excepted` as in [`Shown`].
fn claims(finding: &Finding, effect: bool, is_excepted: bool, word: &[u8]) -> Vec<Step> {
    let shown = Shown {
        is_deny: finding.table == TableName::Deny,
        effect,
        is_excepted,
        word,
    };
    match row_of(finding.check).and_then(|row| row.shown) {
        Some(claims) => claims(&shown),
        None => claims::by_harm(finding.harm, &shown),
    }
}

/// Whether what decides is what the claim says.
fn confirms_decider(wanted: Decider, place: Option<&Place<'_, '_, '_>>, verdict: &Verdict) -> bool {
    let by = decider(verdict);
    let Some(place) = place else {
        return match wanted {
            Decider::NoRule => verdict.cause == Cause::NoRule,
            Decider::Any
            | Decider::Own
            | Decider::Word
            | Decider::Later
            | Decider::Earlier
            | Decider::Other => true,
        };
    };
    let own = (place.table, place.line.index());
    let at = by.map(|by| (by.table, by.line));
    match wanted {
        Decider::Any => true,
        Decider::Own => at == Some(own),
        Decider::Word => {
            let span = place.finding.diagnostic.span;
            let is_in = |matched: &Matched| {
                matched.client.start < span.end && span.start < matched.client.end
            };
            at == Some(own)
                && matches!(&verdict.cause, Cause::Rule { matched, .. } if is_in(matched))
        }
        Decider::Later => at.is_none_or(|at| at > own),
        Decider::Earlier => at.is_some_and(|at| at < own),
        Decider::Other => at != Some(own),
        Decider::NoRule => verdict.cause == Cause::NoRule,
    }
}

/// A line that decides.
struct By {
    table: TableName,
    line: usize,
    number: u32,
}

/// The line that decided, if one did.
fn decider(verdict: &Verdict) -> Option<By> {
    match verdict.cause {
        Cause::Rule { matched, .. } => Some(By {
            table: matched.table,
            line: matched.line,
            number: matched.number,
        }),
        Cause::BrokenTable {
            table,
            line,
            number,
        } => Some(By {
            table,
            line,
            // libwrap counts the lines before it.
            number: number + 1,
        }),
        Cause::NoRule | Cause::Unreadable(_) | Cause::EitherWay(_) | Cause::Undecided(_) => None,
    }
}
