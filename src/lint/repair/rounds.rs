//! Rounds of repairs: one a rule at a time, and what comes of them is proved before the next.

use super::edits::Scope;
use super::proof::are_equal;
use super::repaired::{DENY_ALL, Repaired};
use super::{edits, mentions, touched};
use crate::diagnostic::Severity;
use crate::edit::{Edit, apply};
use crate::engine::TableName;
use crate::lint::finding::Finding;
use crate::lint::machine_files::Site;
use crate::lint::policy::Policy;
use crate::lint::report::LintReport;
use crate::lint::run::check;
use crate::lint::trial::line_at;
use crate::span::Span;
use crate::syntax::{Tree, parse_as};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

/// Repairs can bring forth further ones, but not for ever: no line has so many words.
const ROUNDS: usize = 1500;
/// When a round changes a verdict, its repairs are tried one by one, up to this many.
const SINGLE_LIMIT: usize = 200;

/// Which repairs are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boldness {
    /// Those that change no verdict.
    Safe,
    /// Also those that do what was evidently meant.
    Unsafe,
}

/// By what a repair is known again that must not be made: its table, code, line and edits.
type Key = (TableName, &'static str, Vec<u8>, Vec<(u32, u32, Vec<u8>)>);

/// A repair and the table it is for.
struct Step {
    table: TableName,
    code: &'static str,
    title: String,
    edits: Vec<Edit>,
    is_safe: bool,
    scope: Scope,
    /// What it touches: no other repair of a round may.
    reach: Span,
    key: Key,
}

/// What is repaired: which tables are given, and where they are used.
struct Work<'s> {
    has_allow: bool,
    has_deny: bool,
    site: &'s Site<'s>,
    boldness: Boldness,
    refused: BTreeSet<Key>,
    /// The codes that wait on a line until the options of its rule are mended.
    waiting: BTreeSet<(TableName, &'static str, Vec<u8>)>,
}

/// Repairs both tables, or the only one that is given, until nothing is left to do. A safe repair
/// of one table is safe whatever the other says.
pub fn repair(
    allow: Option<&[u8]>,
    deny: Option<&[u8]>,
    site: &Site<'_>,
    boldness: Boldness,
) -> Repaired {
    let mut work = Work {
        has_allow: allow.is_some(),
        has_deny: deny.is_some(),
        site,
        boldness,
        refused: BTreeSet::new(),
        waiting: BTreeSet::new(),
    };
    let mut now = Repaired {
        allow: allow.unwrap_or_default().to_vec(),
        deny: deny.unwrap_or_default().to_vec(),
        done: Vec::new(),
    };
    let mut found = work.findings(&now);
    for _ in 0..ROUNDS {
        let steps = work.steps(&now, &found);
        if steps.is_empty() {
            break;
        }
        let steps = work.allowed(&now, steps);
        let whole = applied(&now, &steps);
        let findings = work.findings(&whole);
        let worse = work.worse(&now, &found, &whole, &findings, &steps);
        if !worse.is_empty() {
            let keys = steps
                .into_iter()
                .zip(worse)
                .filter(|(_, is_worse)| *is_worse);
            work.refused.extend(keys.map(|(step, _)| step.key));
            continue;
        }
        if steps.iter().any(|step| !step.is_safe) || work.is_equal(&now, &whole) {
            (now, found) = (whole, findings);
            continue;
        }
        // Later steps shift nothing that earlier ones need: each is tried on its own, and the
        // first that changes no verdict is made.
        let mut made = None;
        for step in steps.into_iter().take(SINGLE_LIMIT) {
            let single = applied(&now, std::slice::from_ref(&step));
            if work.is_equal(&now, &single) {
                made = Some(single);
                break;
            }
            work.refused.insert(step.key);
        }
        if let Some(single) = made {
            found = work.findings(&single);
            now = single;
        }
    }
    now
}

/// The codes and severities of the findings by line.
struct Places(HashMap<(TableName, usize), Vec<(&'static str, Severity)>>);

impl Places {
    fn new(found: &[Finding], policy: &Policy<'_>) -> Self {
        let mut places: HashMap<_, Vec<_>> = HashMap::new();
        for finding in found {
            let found = &finding.diagnostic;
            let tree = policy.tree(finding.table);
            let line = tree.and_then(|tree| line_at(tree, found.span.start));
            // What is about the whole table stands at its beginning.
            if let Some(line) = line.filter(|_| !found.span.is_empty()) {
                let key = (finding.table, line.index());
                let place = places.entry(key).or_default();
                place.push((found.code, found.severity));
            }
        }
        Self(places)
    }

    fn on(&self, table: TableName, line: usize) -> impl Iterator<Item = &(&'static str, Severity)> {
        self.0.get(&(table, line)).into_iter().flatten()
    }
}

/// Whether a mistake of the code `first` must be mended before one of the code `then` on the same
/// line: what stands in a list is known when the list is, and a broken option is mended last.
fn comes_first(first: &str, then: &str) -> bool {
    let class = |code: &str| code.as_bytes().get(2).copied().unwrap_or_default();
    let is_form = first < "TW509" || first == "TW514";
    // Whoever waits for a filter waits for its answer.
    let is_filter = ("TW520".."TW535").contains(&first);
    match (class(first), class(then)) {
        (b'1' | b'2', b'3'..=b'6') | (b'3', b'5') => true,
        (b'5', b'6') => is_form || is_filter,
        (b'1' | b'2' | b'3' | b'5', b'7') => is_form && then != "TW702" && then != "TW711",
        _ => false,
    }
}

impl Work<'_> {
    fn parsed<'b>(&self, source: &'b [u8]) -> Tree<'b> {
        parse_as(source, self.site.world.dialect().reading)
    }

    fn policy<'t>(&self, allow: &'t Tree<'t>, deny: &'t Tree<'t>) -> Policy<'t> {
        Policy {
            allow: self.has_allow.then_some(allow),
            deny: self.has_deny.then_some(deny),
        }
    }

    fn findings(&self, now: &Repaired) -> Vec<Finding> {
        let (allow, deny) = (self.parsed(&now.allow), self.parsed(&now.deny));
        let policy = self.policy(&allow, &deny);
        let report = LintReport::of(check(&policy, self.site, usize::MAX), &policy, None);
        report.singly().findings
    }

    /// Whether a mistake is not mended before the options of its rule are.
    fn is_waiting(&self, table: TableName, code: &'static str, line: &[u8]) -> bool {
        !self.waiting.is_empty() && self.waiting.contains(&(table, code, line.to_vec()))
    }

    /// The repairs of one round, none of which touches the line of another: those that change no
    /// verdict first, and of each line the root cause.
    fn steps(&self, now: &Repaired, found: &[Finding]) -> Vec<Step> {
        let (allow, deny) = (self.parsed(&now.allow), self.parsed(&now.deny));
        let policy = self.policy(&allow, &deny);
        let places = Places::new(found, &policy);
        let all = found
            .iter()
            .filter_map(|finding| self.step(finding, &places, &policy));
        let mut steps: Vec<Step> = all
            .filter(|step| !self.refused.contains(&step.key))
            .collect();
        if steps.iter().any(|step| step.is_safe) {
            steps.retain(|step| step.is_safe);
        }
        // The lower codes are about what the others stand on: lines, then fields, then words; and all
        // of it on how the whole table is read.
        steps.sort_by_key(|step| {
            let Span { start, end } = step.reach;
            let is_part = step.scope != Scope::Table;
            (step.table, start, is_part, step.code, Reverse(end))
        });
        let mut last: Option<(TableName, u32)> = None;
        steps.retain(|step| {
            let is_free =
                last.is_none_or(|(table, end)| table != step.table || end <= step.reach.start);
            if is_free {
                last = Some((step.table, step.reach.end));
            }
            is_free
        });
        steps
    }

    fn step(&self, finding: &Finding, places: &Places, policy: &Policy<'_>) -> Option<Step> {
        let tree: &Tree<'_> = policy.tree(finding.table)?;
        let found = &finding.diagnostic;
        let line = line_at(tree, found.span.start)?;
        let (fix, scope) = edits::of(finding, line, self.site)?;
        if self.boldness == Boldness::Safe && !fix.is_safe {
            return None;
        }
        // A rule with another mistake may be meant otherwise than it is read: it is not removed, and
        // what follows from that mistake is not mended before it.
        let text = line.span().of(tree.source()).to_vec();
        let is_first = |other: &(&'static str, Severity)| {
            let is_beside = found.code == "TW706" && other.0 != found.code;
            let is_cause = other.1 > Severity::Info && comes_first(other.0, found.code);
            is_beside || (is_cause && !self.is_waiting(finding.table, other.0, &text))
        };
        if places.on(finding.table, line.index()).any(is_first) {
            return None;
        }
        let reach = fix.edits.iter().fold(line.span(), |reach, edit| {
            let (start, end) = (edit.span.start, edit.span.end);
            Span::new(reach.start.min(start), reach.end.max(end))
        });
        let start = line.span().start;
        let place = |edit: &Edit| {
            let Span { start: from, end } = edit.span;
            let new = edit.replacement.clone();
            (from.wrapping_sub(start), end.wrapping_sub(start), new)
        };
        let key = (
            finding.table,
            found.code,
            text,
            fix.edits.iter().map(place).collect(),
        );
        Some(Step {
            table: finding.table,
            code: found.code,
            title: fix.title,
            edits: fix.edits,
            is_safe: fix.is_safe,
            scope,
            reach,
            key,
        })
    }

    /// The steps that let in only whom a word of their line names; the others are refused for good.
    /// Safe ones let in nobody, which is seen when all of them are made.
    fn allowed(&mut self, now: &Repaired, steps: Vec<Step>) -> Vec<Step> {
        let world = self.site.world;
        let (allow, deny) = (self.parsed(&now.allow), self.parsed(&now.deny));
        let is_allowed = |step: &Step| {
            let is_whole = step.scope == Scope::Table;
            if step.is_safe {
                true
            } else if step.scope != Scope::Lines {
                let then = applied(now, std::slice::from_ref(step));
                let words = if is_whole { &then } else { now };
                touched::grants_only_the_named(words.table(step.table), now, &then, world)
            } else {
                let tree = match step.table {
                    TableName::Allow => &allow,
                    TableName::Deny => &deny,
                };
                let (before, after) = touched::lines(tree, &step.edits, world);
                mentions::grants_only_the_named(step.table, &before, &after, world)
            }
        };
        let is_early = |step: &Step| {
            let tree = match step.table {
                TableName::Allow => &allow,
                TableName::Deny => &deny,
            };
            let is_of_lists = step.scope == Scope::Lines && step.code < "TW500";
            !step.is_safe
                && is_of_lists
                && touched::refuses_friends(
                    step.table,
                    &touched::lines(tree, &step.edits, world).1,
                    world,
                )
        };
        let (early, steps): (Vec<_>, Vec<_>) = steps.into_iter().partition(is_early);
        for step in early {
            let (table, code, text, _) = &step.key;
            self.waiting.insert((*table, *code, text.clone()));
            self.refused.insert(step.key);
        }
        let (allowed, others): (Vec<_>, Vec<_>) = steps.into_iter().partition(is_allowed);
        self.refused.extend(others.into_iter().map(|step| step.key));
        allowed
    }

    /// Which steps leave a mistake in their line that was not there before; nothing if none does.
    fn worse(
        &self,
        now: &Repaired,
        found: &[Finding],
        then: &Repaired,
        findings: &[Finding],
        steps: &[Step],
    ) -> Vec<bool> {
        let (allow, deny) = (self.parsed(&then.allow), self.parsed(&then.deny));
        let policy = self.policy(&allow, &deny);
        let mends_itself = |finding: &Finding| {
            let at = finding.diagnostic.span.start;
            let line = policy
                .tree(finding.table)
                .and_then(|tree| line_at(tree, at));
            let fix = line.and_then(|line| edits::of(finding, line, self.site));
            fix.is_some_and(|(fix, _)| fix.is_safe)
        };
        let mut worse = Vec::with_capacity(steps.len());
        for table in [TableName::Allow, TableName::Deny] {
            let own: Vec<&Step> = steps.iter().filter(|step| step.table == table).collect();
            let edits: Vec<&[Edit]> = own.iter().map(|step| step.edits.as_slice()).collect();
            let [old, new] = [now, then].map(|pair| self.parsed(pair.table(table)));
            worse.extend(touched::new_mistakes(
                table,
                (&old, found),
                (&new, findings),
                &edits,
                &mends_itself,
            ));
        }
        if worse.contains(&true) {
            worse
        } else {
            Vec::new()
        }
    }

    fn is_equal(&self, before: &Repaired, after: &Repaired) -> bool {
        let world = self.site.world;
        // Whom an allow table says nothing about is granted with an empty deny table and denied
        // with a full one: who is treated alike with both is treated alike with every deny table.
        let is_alone = self.has_allow && !self.has_deny;
        let closed = |allow| (allow, DENY_ALL);
        are_equal(before.pair(), after.pair(), world)
            && (!is_alone || are_equal(closed(&*before.allow), closed(&*after.allow), world))
    }
}

fn applied(now: &Repaired, steps: &[Step]) -> Repaired {
    let of = |table: TableName, source: &[u8]| {
        let own = steps.iter().filter(|step| step.table == table);
        let edits: Vec<Edit> = own.flat_map(|step| step.edits.clone()).collect();
        apply(source, &edits).unwrap_or_else(|_| source.to_vec())
    };
    let mut done = now.done.clone();
    done.extend(steps.iter().map(|step| (step.code, step.title.clone())));
    Repaired {
        allow: of(TableName::Allow, &now.allow),
        deny: of(TableName::Deny, &now.deny),
        done,
    }
}
