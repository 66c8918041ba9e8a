//! All checks on all lines: the work is cut into parts, and long tables are shared among threads.
//!
//! The findings are those of one thread that takes the parts in their order.

use super::check::Check;
use super::checks::lines::idle_suppression;
use super::checks::lists::{never_matches, spaced_slash};
use super::machine_files::Site;
use super::policy::Policy;
use super::report::LintReport;
use super::row::{ClientCheck, LineCheck, Row, RuleCheck, Run};
use super::sink::Sink;
use super::suppress::Suppressions;
use super::table::{ROWS, is_code};
use super::view::{self, ClientView, LineView, RuleView};
use crate::engine::TableName;
use crate::policy::{ClientPattern, Dialect, Element, Rule};
use crate::span::Span;
use crate::syntax::Tree;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Lines in a part. Shorter policies are not worth a thread.
const LINES: usize = 16_384;
/// More threads than this would only wait for the longest check.
const THREADS: usize = 4;

/// A part of the work.
#[derive(Debug, Clone)]
enum Part<'t> {
    /// The checks of single lines and rules, on some lines of a table.
    Lines(TableName, &'t Tree<'t>, Range<usize>),
    /// A check that looks at both tables.
    Tables(&'static Row),
}

/// Runs all checks; keeps at most `most_per_code` findings of each code and counts the rest.
///
/// The most dangerous findings come first. `site` is asked for what the tables name: list files,
/// programs and the like. The time is linear in the size of the tables.
pub fn run(policy: &Policy<'_>, site: &Site<'_>, most_per_code: usize) -> LintReport {
    let found = check(policy, site, most_per_code);
    LintReport::of(found, policy, Some(site.world))
}

/// Runs all checks; the findings are still where they were made.
pub(super) fn check(policy: &Policy<'_>, site: &Site<'_>, most_per_code: usize) -> Sink {
    let parts = parts(policy);
    let dialect = site.world.dialect();
    let job = Job {
        policy,
        plan: Plan::new(dialect),
        new_sink: Sink::new(most_per_code, Arc::new(Suppressions::read(policy)), dialect),
        order: order(&parts),
        parts,
        next: AtomicUsize::new(0),
    };
    let mut done = job.all(site);
    done.sort_by_key(|(number, _)| *number);
    let mut sink = job.new_sink;
    let mut first_whole = None;
    for (number, part) in done {
        if matches!(job.parts.get(number), Some(Part::Tables(_))) {
            first_whole.get_or_insert(sink.kept());
        }
        sink.append(part);
    }
    sink.drop_derived(first_whole.unwrap_or(usize::MAX));
    idle_suppression::check(&mut sink, is_code);
    sink
}

/// The parts, in the order in which their findings count.
fn parts<'t>(policy: &Policy<'t>) -> Vec<Part<'t>> {
    let mut parts = Vec::new();
    for (table, tree) in policy.tables() {
        // The line that ends the reading is looked at, none after it.
        let broken = tree.broken_line().map(|line| line.index() + 1);
        let end = broken.unwrap_or(tree.lines().len());
        for start in (0..end).step_by(LINES) {
            let lines = start..end.min(start + LINES);
            parts.push(Part::Lines(table, tree, lines));
        }
    }
    let is_whole = |row: &&Row| matches!(row.run, Run::Policy(_) | Run::Site(_));
    parts.extend(ROWS.iter().filter(is_whole).map(Part::Tables));
    parts
}

/// The order in which parts are begun: the long ones first, so that no thread ends much later than
/// the others.
fn order(parts: &[Part<'_>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|&number| matches!(parts.get(number), Some(Part::Lines(..))));
    order
}

/// All that the threads share.
struct Job<'p, 't> {
    policy: &'p Policy<'t>,
    plan: Plan,
    /// A sink without findings.
    new_sink: Sink,
    parts: Vec<Part<'t>>,
    order: Vec<usize>,
    /// The place in `order` of the part that nobody has begun.
    next: AtomicUsize,
}

impl Job<'_, '_> {
    /// The findings of all parts, with their numbers.
    fn all(&self, site: &Site<'_>) -> Vec<(usize, Sink)> {
        let lines: usize = self
            .policy
            .tables()
            .map(|(_, tree)| tree.lines().len())
            .sum();
        if lines <= LINES {
            let mut done = self.of_site(site);
            done.extend(self.work());
            return done;
        }
        let threads = thread::available_parallelism().map_or(1, |count| count.get().min(THREADS));
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads)
                .filter_map(|_| {
                    let helper = thread::Builder::new();
                    // Without a helper the others do its part.
                    helper.spawn_scoped(scope, || self.work()).ok()
                })
                .collect();
            // The site may keep what it has seen, for this thread only.
            let mut done = self.of_site(site);
            done.extend(self.work());
            for other in others {
                match other.join() {
                    Ok(found) => done.extend(found),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        })
    }

    /// Takes parts until none is left.
    fn work(&self) -> Vec<(usize, Sink)> {
        let mut done = Vec::new();
        while let Some(&number) = self.order.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let Some(part) = self.parts.get(number) else {
                continue;
            };
            let mut sink = self.new_sink.clone();
            match part {
                Part::Lines(table, tree, lines) => {
                    let mut reading = Reading::default();
                    for line in lines.clone() {
                        self.plan.at(*table, tree, line, &mut reading, &mut sink);
                    }
                }
                Part::Tables(row) => {
                    let Run::Policy(run) = row.run else {
                        continue;
                    };
                    sink.begin(&row.check, TableName::Allow);
                    run(self.policy, &mut sink);
                }
            }
            done.push((number, sink));
        }
        done
    }

    /// The findings about the site.
    fn of_site(&self, site: &Site<'_>) -> Vec<(usize, Sink)> {
        let parts = self.parts.iter().enumerate();
        parts
            .filter_map(|(number, part)| {
                let Part::Tables(row) = part else {
                    return None;
                };
                let Run::Site(run) = row.run else {
                    return None;
                };
                Some((number, &row.check, run))
            })
            .map(|(number, check, run)| {
                let mut sink = self.new_sink.clone();
                sink.begin(check, TableName::Allow);
                run(self.policy, site, &mut sink);
                (number, sink)
            })
            .collect()
    }
}

/// What is kept from one line of a part to the next.
#[derive(Default)]
struct Reading<'t, 's> {
    /// The rule before, whose memory is used again.
    view: Option<RuleView<'t, 's>>,
    /// The only daemon of the rule before, if nothing is wrong with it.
    clean: Option<Cow<'s, [u8]>>,
}

/// The checks by what they look at, so that each line meets only its own.
struct Plan {
    line: Vec<(&'static Check, LineCheck)>,
    rule: Vec<(&'static Check, RuleCheck)>,
    daemons: Vec<(&'static Check, RuleCheck)>,
    client: Vec<(&'static Check, ClientCheck)>,
}

impl Plan {
    fn new(dialect: &Dialect) -> Self {
        let mut plan = Self {
            line: Vec::new(),
            rule: Vec::new(),
            daemons: Vec::new(),
            client: Vec::new(),
        };
        for row in ROWS.iter().filter(|row| row.check.holds_in(dialect)) {
            let check = &row.check;
            match row.run {
                Run::Line(run) => plan.line.push((check, run)),
                Run::Rule(run) => plan.rule.push((check, run)),
                Run::Daemons(run) => plan.daemons.push((check, run)),
                Run::Client(run) => plan.client.push((check, run)),
                Run::Policy(_) | Run::Site(_) | Run::Elsewhere => {}
            }
        }
        plan
    }

    /// The checks of one line.
    fn at<'t, 's>(
        &self,
        table: TableName,
        tree: &'t Tree<'s>,
        line: usize,
        reading: &mut Reading<'t, 's>,
        sink: &mut Sink,
    ) {
        let Some(line) = tree.line(line) else {
            return;
        };
        sink.begin_line();
        self.line(LineView { table, line }, sink);
        let Some(rule) = Rule::of(line).filter(|_| line.is_read()) else {
            sink.end_line(None);
            return;
        };
        match &mut reading.view {
            Some(view) => view.turn_to(rule),
            None => reading.view = Some(RuleView::new_in(table, rule, sink.dialect())),
        }
        let Some(view) = &reading.view else {
            return;
        };
        // Long tables repeat one daemon.
        let only = match view.daemons.as_slice() {
            [Element::Pattern { text, .. }] => Some(text),
            _ => None,
        };
        if only.is_none() || only != reading.clean.as_ref() {
            let before = sink.reports();
            self.daemons(view, sink);
            reading.clean = only.filter(|_| sink.reports() == before).cloned();
        }
        self.rule(view, sink);
        sink.end_line(Some(view));
    }

    fn line(&self, view: LineView<'_, '_>, sink: &mut Sink) {
        for (check, run) in &self.line {
            sink.begin(check, view.table);
            run(view, sink);
        }
    }

    fn daemons(&self, rule: &RuleView<'_, '_>, sink: &mut Sink) {
        for (check, run) in &self.daemons {
            sink.begin(check, rule.table);
            run(rule, sink);
        }
    }

    fn rule(&self, rule: &RuleView<'_, '_>, sink: &mut Sink) {
        let is_dead = never_matches::never_matches(rule);
        for (check, run) in &self.rule {
            if is_dead && is_about_options(check) {
                continue;
            }
            sink.begin(check, rule.table);
            run(rule, sink);
        }
        let mut excepted = false;
        let spaced = spaced_slash::networks(&rule.clients, rule.source());
        for element in &rule.clients {
            let Element::Pattern { text, span } = element else {
                excepted = !excepted;
                continue;
            };
            // The parts of a network that spaces have torn are not patterns that anybody means.
            let is_part = |network: &Span| network.start <= span.start && span.end <= network.end;
            if spaced.iter().any(is_part) {
                continue;
            }
            // What stands after a `#` or an open bracket was never meant as a pattern: the checks
            // of those two say so once.
            if text.starts_with(b"#") || !view::is_balanced(text) {
                break;
            }
            // What means something else than on Debian has a check of its own.
            let dialect = rule.dialect;
            if !dialect.has_debian_patterns()
                && ClientPattern::read_in(text, dialect) != ClientPattern::read(text)
            {
                continue;
            }
            let client = ClientView::new(rule, text, *span, excepted);
            for (check, run) in &self.client {
                sink.begin(check, rule.table);
                run(&client, sink);
            }
        }
    }
}

/// Whether a check is about what the options of a rule do to those whom it matches.
fn is_about_options(check: &Check) -> bool {
    check.code.starts_with("TW5") || check.code.starts_with("TW6")
}
