//! An index over a table: a query looks at the few rules that can match, in their order, and never
//! walks over the others. Every candidate is then put to the linear matcher, so that verdicts,
//! deciding rules and explanations are the same by construction.

use crate::engine::index::buckets::{Buckets, Merged};
use crate::engine::index::filing::{Filing, UsedKeys};
use crate::engine::index::key::KeyHasher;
use crate::engine::model::request::Request;
use crate::policy::{Rule, rules};
use crate::span::{index, offset};
use crate::syntax::Tree;

/// The index of one table.
#[derive(Debug)]
pub(crate) struct TableIndex<'t> {
    tree: &'t Tree<'t>,
    rules: Buckets,
    keys: UsedKeys,
}

impl<'t> TableIndex<'t> {
    /// Compiles a table in one pass over its tree.
    pub(crate) fn new(tree: &'t Tree<'t>) -> Self {
        let mut filing = Filing::new(KeyHasher::default());
        for rule in rules(tree) {
            filing.rule(rule, offset(rule.line().index()));
        }
        Self {
            tree,
            rules: Buckets::new(&filing.pairs),
            keys: filing.keys,
        }
    }

    /// The rules that can match `request`, in the order of the table, each once.
    pub(crate) fn candidates<'i>(&'i self, request: &Request) -> Candidates<'i, 't> {
        let mut lines = Merged::new();
        self.keys
            .of_request(request, |hash| lines.add(self.rules.get(hash)));
        Candidates {
            tree: self.tree,
            lines,
        }
    }
}

/// Rules in ascending order, without repeats.
#[derive(Debug)]
pub(crate) struct Candidates<'i, 't> {
    tree: &'t Tree<'t>,
    lines: Merged<'i>,
}

impl<'t> Iterator for Candidates<'_, 't> {
    type Item = Rule<'t, 't>;

    fn next(&mut self) -> Option<Self::Item> {
        let tree = self.tree;
        self.lines
            .find_map(|line| tree.line(index(line)).and_then(Rule::of))
    }
}
