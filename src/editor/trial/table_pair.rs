//! The two tables as a change finds them.

use crate::editor::trial::mentions::Mentions;
use crate::editor::trial::rule_parts::has_option;
use crate::editor::trial::tried_daemons::Daemons;
use crate::engine::{
    Cause, Host, Index, Matched, Request, Surroundings, Table, TableName, Tables, Verdict, decide,
};
use crate::policy::{OptionKind, Rule, rules};
use crate::syntax::{Line, Tree};
use std::cell::{Cell, OnceCell};

/// As many verdicts are worked out rule by rule before the tables are compiled for the next.
const LINEAR_LIMIT: u8 = 4;
/// Tables that are larger, in bytes, are compiled at once: a change asks dozens of questions.
const LINEAR_SIZE: usize = 1 << 16;

/// Two trees, and the machine they are for.
pub struct Ground<'a> {
    /// The allow table.
    pub allow: &'a Tree<'a>,
    /// The deny table.
    pub deny: &'a Tree<'a>,
    /// What else a verdict depends on.
    pub world: &'a dyn Surroundings,
    asked: Cell<u8>,
    index: OnceCell<Index<'a>>,
    daemons: OnceCell<Daemons>,
    mentions: OnceCell<Mentions>,
    samples: Option<&'a [Host]>,
}

/// A rule that is spoken of: where it stands, and its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The table.
    pub table: TableName,
    /// The number of its last physical line, from 1.
    pub number: u32,
    /// The rule as libwrap reads it.
    pub text: Vec<u8>,
}

impl<'a> Ground<'a> {
    /// Both tables, and what else a verdict depends on.
    pub fn new(allow: &'a Tree<'a>, deny: &'a Tree<'a>, world: &'a dyn Surroundings) -> Self {
        Self {
            allow,
            deny,
            world,
            asked: Cell::new(0),
            index: OnceCell::new(),
            daemons: OnceCell::new(),
            mentions: OnceCell::new(),
            samples: None,
        }
    }

    /// With the clients of the tables that stand for all of them, where the trees are not whole.
    #[must_use]
    pub fn with_samples(self, samples: Option<&'a [Host]>) -> Self {
        Self { samples, ..self }
    }

    /// Those, if the trees are not whole.
    pub(crate) fn samples(&self) -> Option<&'a [Host]> {
        self.samples
    }

    /// One of the two trees.
    pub fn tree(&self, table: TableName) -> &'a Tree<'a> {
        match table {
            TableName::Allow => self.allow,
            TableName::Deny => self.deny,
        }
    }

    /// Both as the engine takes them.
    pub fn tables(&self) -> Tables<'a> {
        Tables {
            allow: Table::Read(self.allow),
            deny: Table::Read(self.deny),
        }
    }

    /// What libwrap decides; undecided where a command of `aclexec` chooses the rule, even if access
    /// is the same either way: a change may part the two.
    pub fn decide(&self, request: &Request) -> Verdict {
        self.either_way(request).one_way()
    }

    fn either_way(&self, request: &Request) -> Verdict {
        let tables = self.tables();
        let asked = self.asked.get();
        let is_small = self.allow.source().len() + self.deny.source().len() < LINEAR_SIZE;
        if is_small && asked < LINEAR_LIMIT {
            self.asked.set(asked + 1);
            return decide(&tables, request, self.world);
        }
        let index = self.index.get_or_init(|| Index::new(tables));
        index.decide(request, self.world)
    }

    /// Whether libwrap finds no rule in either table.
    pub(crate) fn has_no_rules(&self) -> bool {
        let has_none = |tree| rules(tree).next().is_none();
        has_none(self.allow) && has_none(self.deny)
    }

    /// Daemons that stand for all of them.
    pub(crate) fn daemons(&self) -> &Daemons {
        self.daemons
            .get_or_init(|| Daemons::named_in([self.allow, self.deny]))
    }

    /// What the rules mention that sets of clients leave out.
    pub(crate) fn mentions(&self) -> &Mentions {
        self.mentions
            .get_or_init(|| Mentions::of([self.allow, self.deny], self.world.dialect()))
    }

    /// The rule that decided a verdict, or by which it is in doubt.
    pub fn decider(&self, verdict: &Verdict) -> Option<Matched> {
        match &verdict.cause {
            Cause::Rule { matched, .. } | Cause::EitherWay(matched) => Some(*matched),
            Cause::Undecided(undecided) => undecided.rule,
            Cause::NoRule | Cause::BrokenTable { .. } | Cause::Unreadable(_) => None,
        }
    }

    /// The place of a line.
    pub fn place(&self, table: TableName, line: usize) -> Place {
        let line = self.tree(table).line(line);
        let text = line.map(|line| match Rule::of(line) {
            Some(rule) => rule.text().into_owned(),
            None => line.text(line.span()).trim_ascii_end().to_vec(),
        });
        Place {
            table,
            number: line.map_or(0, Line::shown_number),
            text: text.unwrap_or_default(),
        }
    }

    /// The place of a rule that matched.
    pub fn place_of(&self, matched: &Matched) -> Place {
        self.place(matched.table, matched.line)
    }

    /// The text of the client element by which a rule matched.
    pub(crate) fn client_element(&self, matched: &Matched) -> Vec<u8> {
        let tree = self.tree(matched.table);
        tree.line(matched.line)
            .map(|line| line.text(matched.client).into_owned())
            .unwrap_or_default()
    }

    /// Whether any rule runs a command whose success decides about later rules (F-ACL-06).
    pub(crate) fn has_aclexec(&self) -> bool {
        [self.allow, self.deny].into_iter().any(|tree| {
            rules(tree).any(|rule| {
                rule.has_options() && has_option(rule, |kind| kind == OptionKind::Aclexec)
            })
        })
    }
}
