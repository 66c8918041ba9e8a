//! Findings about a policy: each known trap of the two tables, with its place and its remedy.
//!
//! One check a file in `checks`; the table of all codes is [`CHECKS`]. Findings are data: nothing
//! here prints, and nothing here fails.

mod checks;
mod cover;
pub mod docs;
mod repair;
mod sink;
mod site;
mod style;
mod suggest;
mod suppress;
mod table;
mod view;
mod witness;
mod words;

pub use repair::{Boldness, Difference, Repaired, differences, repair};
pub use sink::{Finding, Report};
pub use site::{Dialect, FileKind, Files, Look, Site};
pub use style::formatted;
pub use table::{CHECKS, Check, Harm};
pub use witness::Witness;

use crate::engine::TableName;
use crate::policy::Element;
use crate::policy::Rule;
use crate::syntax::Tree;
use checks::idle_suppression;
use sink::Sink;
use suppress::Suppressions;
use table::{ClientCheck, LineCheck, RuleCheck, Run};
use view::{ClientView, LineView, RuleView};

/// The tables that are linted together. A table that is not given is not judged, and nothing is
/// assumed about it; an absent file is an empty tree.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'t> {
    /// The allow table.
    pub allow: Option<&'t Tree<'t>>,
    /// The deny table.
    pub deny: Option<&'t Tree<'t>>,
}

impl<'t> Policy<'t> {
    /// The tables that are there, in the order in which libwrap reads them.
    pub fn tables(&self) -> impl Iterator<Item = (TableName, &'t Tree<'t>)> + use<'t> {
        let allow = self.allow.map(|tree| (TableName::Allow, tree));
        let deny = self.deny.map(|tree| (TableName::Deny, tree));
        allow.into_iter().chain(deny)
    }

    /// One of the two tables, if it is there.
    pub fn tree(&self, table: TableName) -> Option<&'t Tree<'t>> {
        match table {
            TableName::Allow => self.allow,
            TableName::Deny => self.deny,
        }
    }
}

/// Runs all checks; keeps at most `most_per_code` findings of each code and counts the rest.
///
/// The most dangerous findings come first. `site` is asked for what the tables name: list files,
/// programs and the like. The time is linear in the size of the tables.
pub fn run(policy: &Policy<'_>, site: &Site<'_>, most_per_code: usize) -> Report {
    check(policy, site, most_per_code).finish(policy, Some(site.world))
}

/// Runs all checks; the findings are still where they were made.
fn check(policy: &Policy<'_>, site: &Site<'_>, most_per_code: usize) -> Sink {
    let mut sink = Sink::new(most_per_code, Suppressions::read(policy));
    let plan = Plan::new();
    for (table, tree) in policy.tables() {
        for line in tree.lines() {
            plan.line(LineView { table, line }, &mut sink);
            if !line.is_read() {
                break;
            }
            if let Some(rule) = Rule::of(line) {
                plan.rule(&RuleView::new(table, rule), &mut sink);
            }
        }
    }
    for check in CHECKS {
        sink.begin(check, TableName::Allow);
        match check.run {
            Run::Policy(run) => run(policy, &mut sink),
            Run::Site(run) => run(policy, site, &mut sink),
            Run::Line(_) | Run::Rule(_) | Run::Client(_) | Run::Elsewhere => {}
        }
    }
    idle_suppression::check(&mut sink);
    sink
}

/// The checks by what they look at, so that each line meets only its own.
struct Plan {
    line: Vec<(&'static Check, LineCheck)>,
    rule: Vec<(&'static Check, RuleCheck)>,
    client: Vec<(&'static Check, ClientCheck)>,
}

impl Plan {
    fn new() -> Self {
        let mut plan = Self {
            line: Vec::new(),
            rule: Vec::new(),
            client: Vec::new(),
        };
        for check in CHECKS {
            match check.run {
                Run::Line(run) => plan.line.push((check, run)),
                Run::Rule(run) => plan.rule.push((check, run)),
                Run::Client(run) => plan.client.push((check, run)),
                Run::Policy(_) | Run::Site(_) | Run::Elsewhere => {}
            }
        }
        plan
    }

    fn line(&self, view: LineView<'_, '_>, sink: &mut Sink) {
        for (check, run) in &self.line {
            sink.begin(check, view.table);
            run(view, sink);
        }
    }

    fn rule(&self, rule: &RuleView<'_, '_>, sink: &mut Sink) {
        for (check, run) in &self.rule {
            sink.begin(check, rule.table);
            run(rule, sink);
        }
        let mut excepted = false;
        for element in &rule.clients {
            let Element::Pattern { text, span } = element else {
                excepted = !excepted;
                continue;
            };
            // What stands behind a `#` or an open bracket was never meant as a pattern: the checks
            // of those two say so once.
            if text.starts_with(b"#") || !view::is_balanced(text) {
                break;
            }
            let client = ClientView::new(rule, text, *span, excepted);
            for (check, run) in &self.client {
                sink.begin(check, rule.table);
                run(&client, sink);
            }
        }
    }
}
