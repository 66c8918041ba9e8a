//! An example client for a finding: what the engine decides about it with these very tables.
//!
//! Candidates come from the words of the rule ([`sample`]); the first whose verdict shows what the
//! finding claims is its witness.

mod sample;

use super::Policy;
use super::sink::{About, Finding};
use super::table::Harm;
use crate::engine::{
    Access, Cause, Host, HostName, Index, Request, Surroundings, Table, TableName, Tables, Verdict,
    decide,
};
use crate::escape::visible;
use crate::policy::{OptionKind, Rule, RuleOption};
use crate::syntax::{Line, Tree, parse};
pub(super) use sample::{Client, daemons_of, meant_by};
use sample::{SOME_DAEMON, Samples};

/// Tables with more lines are compiled once, so that a verdict needs no walk over all rules.
const INDEX_FROM: usize = 400;
/// Beyond this many lines no witness is sought: compiling alone would take as long as linting.
const LINE_LIMIT: usize = 200_000;
/// The most verdicts asked for in one run.
const VERDICT_LIMIT: usize = 20_000;
/// How many lines behind a rule are searched for clients that it keeps from their own.
const LINES_BEHIND: usize = 16;

/// Codes about a list that nobody can find, about another build of libwrap, about who can change a file, or about how a command
/// ends: no verdict that is certain shows what they say.
const SILENT: [&str; 9] = [
    "TW335", "TW336", "TW337", "TW339", "TW512", "TW513", "TW514", "TW605", "TW801",
];

/// A client, a daemon, and what libwrap decides about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The daemon.
    pub daemon: String,
    /// The client's address.
    pub address: String,
    /// The client's name, if it has one.
    pub name: Option<String>,
    /// Whether it is let in.
    pub granted: bool,
    /// The line that decides; none if no rule matches.
    pub by: Option<(TableName, u32)>,
}

impl Witness {
    /// One clause, such as `203.0.113.7 reaches sshd through hosts.allow:4`; `file` names a table.
    pub fn clause(&self, file: impl Fn(TableName) -> String) -> String {
        let who = match &self.name {
            Some(name) => format!("{} ({})", self.address, visible(name.as_bytes())),
            None => self.address.clone(),
        };
        let daemon = visible(self.daemon.as_bytes());
        match (self.granted, self.by) {
            (true, Some((table, line))) => {
                format!("{who} reaches {daemon} through {}:{line}", file(table))
            }
            (true, None) => format!("{who} reaches {daemon}: no rule is about it"),
            (false, Some((table, line))) => {
                format!("{who} is refused at {daemon} by {}:{line}", file(table))
            }
            (false, None) => format!("{who} is refused at {daemon}"),
        }
    }
}

/// What a verdict must be like to show what a finding claims.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    granted: Option<bool>,
    /// Whether the line of the finding must decide, or must not; either if nothing.
    by_line: Option<bool>,
}

/// Finds witnesses; keeps what all of them need.
pub(super) struct Searcher<'p, 't> {
    policy: &'p Policy<'t>,
    world: &'p dyn Surroundings,
    tables: Tables<'t>,
    index: Option<Index<'t>>,
    verdicts_left: usize,
}

impl<'p, 't> Searcher<'p, 't> {
    pub(super) fn new(policy: &'p Policy<'t>, world: &'p dyn Surroundings) -> Self {
        let table = |tree: Option<&'t Tree<'t>>| tree.map_or(Table::Absent, Table::Read);
        let tables = Tables {
            allow: table(policy.allow),
            deny: table(policy.deny),
        };
        let lines: usize = policy.tables().map(|(_, tree)| tree.lines().len()).sum();
        Self {
            policy,
            world,
            tables,
            index: (INDEX_FROM..LINE_LIMIT)
                .contains(&lines)
                .then(|| Index::new(tables)),
            verdicts_left: if lines < LINE_LIMIT { VERDICT_LIMIT } else { 0 },
        }
    }

    /// The witness of a finding, if it claims a verdict and one is found.
    pub(super) fn witness(&mut self, finding: &Finding) -> Option<Witness> {
        if self.verdicts_left == 0
            || SILENT.contains(&finding.diagnostic.code)
            || matches!(finding.harm, Harm::Breaks | Harm::Slow | Harm::Style)
        {
            return None;
        }
        let tree = self.policy.tree(finding.table)?;
        let Some(line) = line_at(tree, finding.diagnostic.span.start) else {
            return self.without_table(finding);
        };
        let effect = effect(finding, line);
        let samples = Samples::of(line, finding);
        let steps = steps(finding.harm, effect, samples.is_excepted);
        for (wanted, groups) in steps {
            for &group in groups {
                let found = samples
                    .clients(group)
                    .into_iter()
                    .find_map(|client| self.ask(finding.table, line, &samples, &client, wanted));
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// A stranger, for whom a table that cannot be read as one should have decided.
    fn without_table(&mut self, finding: &Finding) -> Option<Witness> {
        self.verdicts_left = self.verdicts_left.checked_sub(1)?;
        let client = Client::strangers().into_iter().next()?;
        let verdict = self.decide(SOME_DAEMON, &client);
        let granted = verdict.access == Access::Granted;
        let is_missed = granted == (finding.table == TableName::Deny);
        is_missed.then(|| Witness {
            daemon: String::from_utf8_lossy(SOME_DAEMON).into_owned(),
            address: client.address,
            name: client.name,
            granted,
            by: decider(&verdict).0,
        })
    }

    fn ask(
        &mut self,
        table: TableName,
        line: Line<'_, '_>,
        samples: &Samples,
        client: &Client,
        wanted: Wanted,
    ) -> Option<Witness> {
        samples.daemons.iter().find_map(|daemon| {
            self.verdicts_left = self.verdicts_left.checked_sub(1)?;
            let verdict = self.decide(daemon, client);
            let granted = match verdict.access {
                Access::Granted => true,
                Access::Denied => false,
                Access::Undecided => return None,
            };
            let (by, decider) = decider(&verdict);
            let is_own = decider == Some((table, line.index()));
            let fits = wanted.granted.is_none_or(|want| want == granted)
                && wanted.by_line.is_none_or(|want| want == is_own);
            fits.then(|| Witness {
                daemon: String::from_utf8_lossy(daemon).into_owned(),
                address: client.address.clone(),
                name: client.name.clone(),
                granted,
                by,
            })
        })
    }

    fn decide(&self, daemon: &[u8], client: &Client) -> Verdict {
        let name = client.name.as_deref().unwrap_or_default();
        let request = Request::new(daemon, Host::new(&client.address, HostName::new(name)));
        match &self.index {
            Some(index) => index.decide(&request, self.world),
            None => decide(&self.tables, &request, self.world),
        }
    }
}

type Place = (TableName, u32);

/// The line that decided: its number, and its place in its tree.
fn decider(verdict: &Verdict) -> (Option<Place>, Option<(TableName, usize)>) {
    match verdict.cause {
        Cause::Rule { matched, .. } | Cause::EitherWay(matched) => (
            Some((matched.table, matched.number)),
            Some((matched.table, matched.line)),
        ),
        Cause::BrokenTable {
            table,
            line,
            number,
        } => (Some((table, number)), Some((table, line))),
        Cause::NoRule | Cause::Unreadable(_) | Cause::Undecided(_) => (None, None),
    }
}

/// Where candidates come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// The words that are underlined.
    Marked,
    /// All words of the line.
    Line,
    /// The lines behind it.
    Behind,
    /// Clients that nobody names.
    Strangers,
}

type Step = (Wanted, &'static [Group]);

/// What is tried in turn. `effect` tells whether the line grants to those it matches.
fn steps(harm: Harm, effect: bool, is_excepted: bool) -> Vec<Step> {
    use Group::{Behind, Line, Marked, Strangers};
    let want = |granted, by_line| Wanted { granted, by_line };
    let missed = if is_excepted { effect } else { !effect };
    match harm {
        Harm::LetsIn => vec![
            (want(Some(true), Some(true)), &[Marked, Strangers, Line]),
            (want(Some(true), None), &[Marked, Line, Strangers]),
        ],
        Harm::LocksOut => vec![
            (want(Some(false), Some(true)), &[Behind, Marked, Line]),
            (want(Some(false), None), &[Marked, Line, Behind, Strangers]),
        ],
        Harm::Missed => vec![(want(Some(missed), None), &[Marked, Line])],
        Harm::Either => vec![
            (want(Some(missed), None), &[Marked]),
            (want(Some(effect), Some(true)), &[Marked, Line]),
        ],
        Harm::Dead => vec![
            (want(Some(!effect), Some(false)), &[Line, Strangers]),
            (want(None, Some(false)), &[Line, Strangers]),
        ],
        Harm::Breaks | Harm::Slow | Harm::Style => Vec::new(),
    }
}

/// Whether those get in whom the rule of a finding, or a table that is none, means but does not
/// match; nothing if the table is not judged.
pub(super) fn missed_are_granted(policy: &Policy<'_>, finding: &Finding) -> Option<bool> {
    let tree = policy.tree(finding.table)?;
    let Some(line) = line_at(tree, finding.diagnostic.span.start) else {
        return Some(finding.table == TableName::Deny);
    };
    let effect = effect(finding, line);
    let samples = Samples::of(line, finding);
    Some(if samples.is_excepted { effect } else { !effect })
}

/// Whether the rule of a finding grants to those it matches, or would if it were read.
fn effect(finding: &Finding, line: Line<'_, '_>) -> bool {
    if let About::Rule(rule) = &finding.about {
        let tree = parse(rule);
        return tree
            .line(0)
            .map_or(finding.table == TableName::Allow, |line| {
                line_grants(finding.table, line)
            });
    }
    line_grants(finding.table, line)
}

fn line_grants(table: TableName, line: Line<'_, '_>) -> bool {
    let options = Rule::of(line).map(Rule::options).unwrap_or_default();
    match options
        .last()
        .and_then(RuleOption::spec)
        .map(|spec| spec.kind)
    {
        Some(OptionKind::Allow) => true,
        Some(OptionKind::Deny | OptionKind::Twist) => false,
        _ => table == TableName::Allow,
    }
}

/// The logical line that holds the byte at `at`.
pub(super) fn line_at<'t, 's>(tree: &'t Tree<'s>, at: u32) -> Option<Line<'t, 's>> {
    let (mut low, mut high) = (0, tree.lines().len());
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        if tree.line(middle)?.span().start <= at {
            low = middle;
        } else {
            high = middle;
        }
    }
    tree.line(low)
}

/// The lines behind `line`, as far as they are searched.
fn lines_behind<'t, 's>(line: Line<'t, 's>) -> impl Iterator<Item = Line<'t, 's>> {
    let tree = line.tree();
    let first = line.index() + 1;
    (first..first + LINES_BEHIND).map_while(move |index| tree.line(index))
}
