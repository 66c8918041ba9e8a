//! What libwrap decides: two tables and a request to a verdict, with the rule that decided.
//!
//! The matcher here is linear and follows the library step by step; it is the reference for
//! everything else. What it has to know of the machine it asks through [`Surroundings`].

mod expand;
mod glob;
mod list;
mod matching;
mod options;
mod request;
mod surroundings;
mod verdict;

pub use expand::FILTER_KEEPS;
pub use glob::wildcard_matches;
pub use request::{Host, HostName, Request};
pub use surroundings::{Account, Bare, ListFile, Surroundings};
pub use verdict::{Access, Cause, Effect, Matched, Outcome, TableName, Undecided, Verdict};

use crate::policy::rules;
use crate::syntax::Tree;
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
    let mut search = Search {
        request: Cow::Borrowed(request),
        world,
        effects: Vec::new(),
    };
    let mut aclexec = true;
    for (name, table) in [
        (TableName::Allow, tables.allow),
        (TableName::Deny, tables.deny),
    ] {
        match search.table(name, table, &mut aclexec) {
            Ok(Found::Nothing) => {}
            Ok(Found::Decided(access, cause)) => return search.verdict(access, cause),
            Err(undecided) => {
                return search.verdict(Access::Undecided, Cause::Undecided(undecided));
            }
        }
    }
    search.verdict(Access::Granted, Cause::NoRule)
}

/// The state of one search; options may change the request on the way (F-PCT-05).
struct Search<'r> {
    request: Cow<'r, Request>,
    world: &'r dyn Surroundings,
    effects: Vec<Effect>,
}

enum Found {
    Nothing,
    Decided(Access, Cause),
}

impl Search<'_> {
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
        table: Table<'_>,
        aclexec: &mut bool,
    ) -> Result<Found, Undecided> {
        let tree = match table {
            Table::Absent => return Ok(Found::Nothing),
            Table::Unreadable => return Ok(name.end(Cause::Unreadable(name))),
            Table::Read(tree) => tree,
        };
        for rule in rules(tree) {
            let patterns = Matcher::new(&self.request, self.world);
            let Some(matched) = patterns.rule(name, rule)? else {
                continue;
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
            return Ok(name.matched(outcome, matched));
        }
        Ok(tree.broken_line().map_or(Found::Nothing, |line| {
            name.end(Cause::BrokenTable {
                table: name,
                line: line.index(),
                number: line.number(),
            })
        }))
    }
}

impl TableName {
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
