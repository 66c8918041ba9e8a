//! What libwrap decides: two tables and a request to a verdict, with the rule that decided.
//!
//! The matcher here is linear and follows the library step by step; it is the reference for
//! everything else. What it has to know of the machine it asks through [`Surroundings`].

mod buckets;
mod expand;
mod glob;
mod index;
mod key;
mod list;
mod list_index;
mod matching;
mod options;
mod request;
mod skim;
mod surroundings;
mod verdict;

pub use expand::FILTER_KEEPS;
pub use glob::wildcard_matches;
pub use request::{Fields, Host, HostName, Request};
pub use skim::{Excerpt, skim};
pub use surroundings::{Account, Bare, ListFile, Surroundings};
pub use verdict::{Access, Cause, Effect, Matched, Outcome, TableName, Undecided, Verdict};

use crate::policy::{Rule, rules};
use crate::syntax::Tree;
use index::TableIndex;
use list_index::ListIndexes;
use matching::Matcher;
use options::{Ran, run_options};
use std::borrow::Cow;

/// One table, as far as libwrap gets to read it.
#[derive(Debug, Clone, Copy)]
pub enum Table<'t> {
    /// There is no such file, or it is a directory: no rules (F-LINE-21).
    Absent,
    /// It cannot be opened: no rules if it is the allow table, all are denied if it is the deny
    /// table (F-LINE-23).
    Unreadable,
    /// Its tree.
    Read(&'t Tree<'t>),
}

/// The two tables.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'t> {
    /// Searched first; a match grants.
    pub allow: Table<'t>,
    /// Searched second; a match denies.
    pub deny: Table<'t>,
}

/// What libwrap decides about `request` (F-ORDER-01 to F-ORDER-06).
pub fn decide(tables: &Tables<'_>, request: &Request, world: &dyn Surroundings) -> Verdict {
    let sources = [tables.allow, tables.deny].map(|table| Source { table, index: None });
    Search::new(request, world).run(sources)
}

/// Two tables compiled for many queries: [`decide`] without walking over every rule.
#[derive(Debug)]
pub struct Index<'t> {
    tables: Tables<'t>,
    allow: Option<TableIndex<'t>>,
    deny: Option<TableIndex<'t>>,
    lists: ListIndexes,
}

impl<'t> Index<'t> {
    /// Compiles both tables.
    pub fn new(tables: Tables<'t>) -> Self {
        let compile = |table| match table {
            Table::Read(tree) => Some(TableIndex::new(tree)),
            Table::Absent | Table::Unreadable => None,
        };
        Self {
            tables,
            allow: compile(tables.allow),
            deny: compile(tables.deny),
            lists: ListIndexes::default(),
        }
    }

    /// What [`decide`] decides, in all its details.
    pub fn decide(&self, request: &Request, world: &dyn Surroundings) -> Verdict {
        let allow = Source {
            table: self.tables.allow,
            index: self.allow.as_ref(),
        };
        let deny = Source {
            table: self.tables.deny,
            index: self.deny.as_ref(),
        };
        let mut search = Search::new(request, world);
        search.lists = Some(&self.lists);
        search.run([allow, deny])
    }
}

/// A table, and its index if it has one.
#[derive(Clone, Copy)]
struct Source<'i, 't> {
    table: Table<'t>,
    index: Option<&'i TableIndex<'t>>,
}

/// The state of one search; options may change the request on the way (F-PCT-05).
struct Search<'r> {
    request: Cow<'r, Request>,
    world: &'r dyn Surroundings,
    effects: Vec<Effect>,
    lists: Option<&'r ListIndexes>,
}

enum Found {
    Nothing,
    Decided(Access, Cause),
}

impl<'r> Search<'r> {
    fn new(request: &'r Request, world: &'r dyn Surroundings) -> Self {
        Self {
            request: Cow::Borrowed(request),
            world,
            effects: Vec::new(),
            lists: None,
        }
    }

    /// The allow table, then the deny table.
    fn run(mut self, sources: [Source<'_, '_>; 2]) -> Verdict {
        let mut aclexec = true;
        for (name, source) in [TableName::Allow, TableName::Deny].into_iter().zip(sources) {
            match self.table(name, source, &mut aclexec) {
                Ok(Found::Nothing) => {}
                Ok(Found::Decided(access, cause)) => return self.verdict(access, cause),
                Err(undecided) => {
                    return self.verdict(Access::Undecided, Cause::Undecided(undecided));
                }
            }
        }
        self.verdict(Access::Granted, Cause::NoRule)
    }

    fn verdict(self, access: Access, cause: Cause) -> Verdict {
        Verdict {
            access,
            cause,
            effects: self.effects,
        }
    }

    fn table(
        &mut self,
        name: TableName,
        source: Source<'_, '_>,
        aclexec: &mut bool,
    ) -> Result<Found, Undecided> {
        let tree = match source.table {
            Table::Absent => return Ok(Found::Nothing),
            Table::Unreadable => return Ok(name.end(Cause::Unreadable(name))),
            Table::Read(tree) => tree,
        };
        let found = match source.index {
            None => self.first_match(name, rules(tree))?,
            Some(index) => self.first_match(name, index.candidates(&self.request))?,
        };
        let Some((rule, matched)) = found else {
            return Ok(name.end_of(tree));
        };
        if !rule.has_options() {
            return Ok(name.matched(Outcome::Table, matched));
        }
        let ran = run_options(&rule.options(), self.request.to_mut(), self.world, aclexec);
        let (outcome, effects) = match ran {
            Ran::Ended(outcome, effects) => (outcome, effects),
            Ran::Undecided(what) => {
                return Err(Undecided {
                    what,
                    rule: Some(matched),
                });
            }
        };
        self.effects.extend(effects);
        // What aclexec left behind decides, now and for every later rule (F-ACL-06).
        if outcome == Outcome::Table && !*aclexec {
            return Ok(Found::Nothing);
        }
        Ok(name.matched(outcome, matched))
    }

    fn first_match<'t>(
        &self,
        name: TableName,
        rules: impl Iterator<Item = Rule<'t, 't>>,
    ) -> Result<Option<(Rule<'t, 't>, Matched)>, Undecided> {
        let patterns = Matcher::new(&self.request, self.world).with_lists(self.lists);
        for rule in rules {
            if let Some(matched) = patterns.rule(name, rule)? {
                return Ok(Some((rule, matched)));
            }
        }
        Ok(None)
    }
}

impl TableName {
    /// What follows when no rule of the table matched.
    fn end_of(self, tree: &Tree<'_>) -> Found {
        tree.broken_line().map_or(Found::Nothing, |line| {
            let (line, number) = (line.index(), line.number());
            self.end(Cause::BrokenTable {
                table: self,
                line,
                number,
            })
        })
    }

    /// How a table ends that cannot be read to its end: the deny table denies (F-LINE-13).
    fn end(self, cause: Cause) -> Found {
        match self {
            Self::Allow => Found::Nothing,
            Self::Deny => Found::Decided(Access::Denied, cause),
        }
    }

    fn matched(self, outcome: Outcome, matched: Matched) -> Found {
        let access = match (outcome, self) {
            (Outcome::Allow, _) | (Outcome::Table, Self::Allow) => Access::Granted,
            (Outcome::Table, Self::Deny)
            | (
                Outcome::Deny
                | Outcome::Twist
                | Outcome::Broken { .. }
                | Outcome::ExpansionTooLong { .. },
                _,
            ) => Access::Denied,
        };
        Found::Decided(access, Cause::Rule { outcome, matched })
    }
}
