//! What a search looked at on its way to a verdict, told by the search itself.

use crate::engine::model::actor::Actor;
use crate::engine::model::tables::{Table, Tables};
use crate::engine::model::verdict::{Effect, Matched, Outcome, TableName};
use crate::policy::{Rule, rules};
use crate::span::Span;

/// Is told every step of a search. The step is made only for those who look at it.
pub(crate) trait Observer {
    fn step(&mut self, step: impl FnOnce() -> Step);

    /// Who acts on the search while it goes on.
    fn actor(&self) -> Option<&dyn Actor> {
        None
    }
}

/// Watches for an actor.
pub(crate) struct Acting<'a>(pub(crate) &'a dyn Actor);

impl Observer for Acting<'_> {
    fn step(&mut self, _: impl FnOnce() -> Step) {}

    fn actor(&self) -> Option<&dyn Actor> {
        Some(self.0)
    }
}

/// Nobody watches: the search alone.
#[derive(Debug)]
pub(crate) struct Nobody;

impl Observer for Nobody {
    fn step(&mut self, _: impl FnOnce() -> Step) {}
}

/// All steps of a search, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Observer for Trace {
    fn step(&mut self, step: impl FnOnce() -> Step) {
        self.steps.push(step());
    }
}

/// One step of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A table is opened.
    Opened(TableName),
    /// There is no such table: it has no rules.
    Absent(TableName),
    /// The table cannot be opened (F-LINE-23).
    Unreadable(TableName),
    /// A rule is compared with the request.
    Compared(Comparison),
    /// It cannot be told whether a rule matches; the search ends.
    Doubtful {
        /// The table.
        table: TableName,
        /// Index of the rule's line in its tree.
        line: usize,
        /// The line number libwrap reports.
        number: u32,
    },
    /// The options of the rule that was compared last have run.
    Ran {
        /// What they did, in order.
        effects: Vec<Effect>,
        /// How the rule ended.
        outcome: Outcome,
    },
    /// A failed `aclexec` makes the rule that was compared last count for nothing, and leaves the
    /// rest of its table unread (F-ACL-02, F-ACL-06).
    Left(TableName),
    /// Nobody knows how the `aclexec` of the rule that was compared last ends. If it succeeds, the
    /// rule ends the search as its table says; the steps after this one are those if it fails.
    Forked(TableName),
    /// The table ends in a line that libwrap cannot read.
    Broken {
        /// The table.
        table: TableName,
        /// Index of the line in its tree.
        line: usize,
        /// The line number libwrap reports.
        number: u32,
    },
}

impl Step {
    /// The index of the line it is about, if that is in this table.
    fn line_in(&self, name: TableName) -> Option<usize> {
        let (table, line) = match self {
            Self::Compared(Comparison { table, line, .. })
            | Self::Doubtful { table, line, .. }
            | Self::Broken { table, line, .. } => (*table, *line),
            Self::Opened(_)
            | Self::Absent(_)
            | Self::Unreadable(_)
            | Self::Ran { .. }
            | Self::Left(_)
            | Self::Forked(_) => return None,
        };
        (table == name).then_some(line)
    }
}

/// A rule compared with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The table.
    pub table: TableName,
    /// Index of the rule's line in its tree.
    pub line: usize,
    /// The line number libwrap reports.
    pub number: u32,
    /// The daemon list.
    pub daemons: ListAnswer,
    /// The client list; it is not looked at where the daemon list does not match.
    pub clients: Option<ListAnswer>,
}

impl Comparison {
    /// The elements that make the rule match, if it does.
    pub fn matched(&self) -> Option<Matched> {
        let clients = self.clients.as_ref()?;
        Some(Matched {
            table: self.table,
            line: self.line,
            number: self.number,
            daemon: self.daemons.matched()?,
            client: clients.matched()?,
        })
    }
}

/// What came of comparing a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListAnswer {
    /// The element that matches, before any exception.
    pub hit: Option<Span>,
    /// The exceptions that apply, from left to right: the first takes the hit back, the second
    /// takes the first back, and so on (F-EXCEPT-01).
    pub exceptions: Vec<Span>,
}

impl ListAnswer {
    /// The element by which the list matches, if it does.
    pub fn matched(&self) -> Option<Span> {
        self.hit.filter(|_| self.exceptions.len().is_multiple_of(2))
    }
}

/// What a search did not come to in one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreached {
    /// The table.
    pub table: TableName,
    /// Whether none of it was looked at.
    pub is_whole: bool,
    /// How many rules.
    pub rules: usize,
    /// The line number of the first one, as libwrap counts.
    pub first: u32,
}

impl Trace {
    /// The rules that the search did not come to, for each table that has any.
    pub fn unreached(&self, tables: &Tables<'_>) -> Vec<Unreached> {
        [
            (TableName::Allow, tables.allow),
            (TableName::Deny, tables.deny),
        ]
        .into_iter()
        .filter_map(|(name, table)| self.unreached_in(name, table))
        .collect()
    }

    fn unreached_in(&self, name: TableName, table: Table<'_>) -> Option<Unreached> {
        let Table::Read(tree) = table else {
            return None;
        };
        let last = self.steps.iter().rev().find_map(|step| step.line_in(name));
        let is_whole = !self.steps.contains(&Step::Opened(name));
        let is_broken = |step: &Step| matches!(step, Step::Broken { table, .. } if *table == name);
        let behind = |rule: &Rule<'_, '_>| last.is_none_or(|last| rule.line().index() > last);
        let (rules, first) = if self.steps.iter().any(is_broken) {
            let unread = tree.lines().filter(|line| !line.is_read());
            count(unread.filter_map(Rule::of).filter(behind))
        } else if last.is_none() && !is_whole {
            return None;
        } else {
            count(rules(tree).filter(behind))
        };
        Some(Unreached {
            table: name,
            is_whole,
            rules,
            first: first?,
        })
    }
}

fn count<'t>(rules: impl Iterator<Item = Rule<'t, 't>>) -> (usize, Option<u32>) {
    rules.fold((0, None), |(count, first), rule| {
        (count + 1, first.or(Some(rule.number())))
    })
}
