//! The search: two tables and a request to a verdict, with the rule that decided. It is linear and
//! follows the library step by step; an [`Index`] only leaves out rules that cannot match.

use crate::engine::index::list_index::ListIndexes;
use crate::engine::index::table_index::TableIndex;
use crate::engine::model::actor::Actor;
use crate::engine::model::request::{Open, Request};
use crate::engine::model::surroundings::Surroundings;
use crate::engine::model::tables::{Table, Tables};
use crate::engine::model::verdict::{
    Access, AskedCommand, Cause, Effect, Matched, Outcome, TableName, Undecided, Verdict,
};
use crate::engine::search::matching::Matcher;
use crate::engine::search::options::{Ran, run_command, run_options};
use crate::engine::search::trace::{Acting, Nobody, Observer, Step, Trace};
use crate::engine::search::ways::Ways;
use crate::policy::{Rule, rules};
use crate::syntax::{LINE_LIMIT, TooLong, Tree};
use std::borrow::Cow;
use std::mem;

/// What libwrap decides about `request` (F-ORDER-01 to F-ORDER-06).
pub fn decide(tables: &Tables<'_>, request: &Request, world: &dyn Surroundings) -> Verdict {
    let sources = [tables.allow, tables.deny].map(|table| Source { table, index: None });
    Search::new(request, world, &mut Nobody).run(sources)
}

/// What [`decide`] decides, and every step of the search that leads there.
pub fn explain(
    tables: &Tables<'_>,
    request: &Request,
    world: &dyn Surroundings,
) -> (Verdict, Trace) {
    let sources = [tables.allow, tables.deny].map(|table| Source { table, index: None });
    let mut trace = Trace::default();
    let verdict = Search::new(request, world, &mut trace).run(sources);
    (verdict, trace)
}

/// What [`decide`] decides, while `actor` does it; and the request as the options have left it.
///
/// Whoever searches the allow table and then, with the request that this has left, the deny table says
/// there whether a failed `aclexec` led out of the first one: that is remembered (F-ACL-06).
pub fn act(
    tables: &Tables<'_>,
    request: &Request,
    world: &dyn Surroundings,
    actor: &dyn Actor,
    has_left: bool,
) -> (Verdict, Request) {
    let sources = [tables.allow, tables.deny].map(|table| Source { table, index: None });
    let mut acting = Acting(actor);
    let mut search = Search::new(request, world, &mut acting);
    let verdict = search.search(sources, Some(!has_left));
    search.learn();
    let request = search.request.into_owned();
    (verdict, request)
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
        let is_open = Open::ALL.into_iter().any(|open| request.is_open(open));
        if is_open || !world.dialect().has_debian_patterns() {
            return decide(&self.tables, request, world);
        }
        let mut nobody = Nobody;
        let mut search = Search::new(request, world, &mut nobody);
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
struct Search<'r, O> {
    request: Cow<'r, Request>,
    world: &'r dyn Surroundings,
    effects: Vec<Effect>,
    ways: Ways,
    asked: Vec<AskedCommand>,
    observer: &'r mut O,
    lists: Option<&'r ListIndexes>,
}

enum Found {
    Nothing,
    Decided(Access, Cause),
}

impl<'r, O: Observer> Search<'r, O> {
    fn new(request: &'r Request, world: &'r dyn Surroundings, observer: &'r mut O) -> Self {
        Self {
            request: Cow::Borrowed(request),
            world,
            effects: Vec::new(),
            ways: Ways::default(),
            asked: Vec::new(),
            observer,
            lists: None,
        }
    }

    fn run(mut self, sources: [Source<'_, '_>; 2]) -> Verdict {
        self.search(sources, Some(true))
    }

    /// The allow table, then the deny table; `aclexec` is how the last command of an `aclexec` ended.
    fn search(&mut self, sources: [Source<'_, '_>; 2], mut aclexec: Option<bool>) -> Verdict {
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

    fn verdict(&mut self, access: Access, cause: Cause) -> Verdict {
        let (ways, effects) = (mem::take(&mut self.ways), mem::take(&mut self.effects));
        Verdict {
            asked: mem::take(&mut self.asked),
            ..ways.end(access, cause, effects)
        }
    }

    /// What the rules before had found out is known from now on.
    fn learn(&mut self) {
        for open in Open::ALL {
            if self.request.is_open(open)
                && let Some(found) = self.world.found(open)
            {
                self.request.to_mut().learn(open, found);
            }
        }
    }

    fn table(
        &mut self,
        name: TableName,
        source: Source<'_, '_>,
        aclexec: &mut Option<bool>,
    ) -> Result<Found, Undecided> {
        let tree = match source.table {
            Table::Absent => {
                self.observer.step(|| Step::Absent(name));
                return Ok(Found::Nothing);
            }
            Table::Unreadable => {
                self.observer.step(|| Step::Unreadable(name));
                if !self.world.dialect().unreadable_denies {
                    return Ok(Found::Nothing);
                }
                return Ok(name.end(Cause::Unreadable(name)));
            }
            Table::Read(tree) => tree,
        };
        self.observer.step(|| Step::Opened(name));
        let found = match source.index {
            None => self.first_match(name, rules(tree))?,
            Some(index) => {
                let candidates = index.candidates(&self.request);
                self.first_match(name, candidates)?
            }
        };
        match found {
            Some((rule, matched)) => Ok(self.decided(rule, matched, aclexec)),
            None => self.end_of(name, tree),
        }
    }

    /// What the rule that matched decides.
    fn decided(
        &mut self,
        rule: Rule<'_, '_>,
        matched: Matched,
        aclexec: &mut Option<bool>,
    ) -> Found {
        let name = matched.table;
        self.learn();
        if let Some(actor) = self.observer.actor() {
            actor.matched(&matched);
        }
        if !rule.has_options() {
            return name.matched(Outcome::Table, matched);
        }
        let (outcome, effects) = self.run_options(rule, aclexec);
        self.observer.step(|| Step::Ran {
            effects: effects.clone(),
            outcome,
        });
        if outcome == Outcome::Table {
            self.asked.extend(asked(&effects, matched));
        }
        self.effects.extend(effects);
        // What aclexec left behind decides, now and for every later rule (F-ACL-06).
        match (outcome, *aclexec) {
            (Outcome::Table, Some(false)) => {
                self.observer.step(|| Step::Left(name));
                if let Some(actor) = self.observer.actor() {
                    actor.left();
                }
                Found::Nothing
            }
            (Outcome::Table, None) => {
                self.observer.step(|| Step::Forked(name));
                self.ways.fork(matched, &self.effects);
                *aclexec = Some(false);
                Found::Nothing
            }
            _ => name.matched(outcome, matched),
        }
    }

    fn run_options(&mut self, rule: Rule<'_, '_>, aclexec: &mut Option<bool>) -> Ran {
        let request = self.request.to_mut();
        if self.world.dialect().options {
            let actor = self.observer.actor();
            run_options(&rule.options(), request, self.world, aclexec, actor)
        } else {
            run_command(rule, request, self.world)
        }
    }

    fn first_match<'t>(
        &mut self,
        name: TableName,
        rules: impl Iterator<Item = Rule<'t, 't>>,
    ) -> Result<Option<(Rule<'t, 't>, Matched)>, Undecided> {
        let patterns = Matcher::new(&self.request, self.world).with_lists(self.lists);
        for rule in rules {
            if let Some(actor) = self.observer.actor() {
                actor.comparing(name, rule.line().index(), rule.number());
            }
            let comparison = match patterns.rule(name, rule) {
                Ok(comparison) => comparison,
                Err(undecided) => {
                    self.observer.step(|| Step::Doubtful {
                        table: name,
                        line: rule.line().index(),
                        number: rule.number(),
                    });
                    return Err(undecided);
                }
            };
            let matched = comparison.matched();
            self.observer.step(|| Step::Compared(comparison));
            if let Some(matched) = matched {
                return Ok(Some((rule, matched)));
            }
        }
        Ok(None)
    }

    /// What follows when no rule of the table matched.
    fn end_of(&mut self, table: TableName, tree: &Tree<'_>) -> Result<Found, Undecided> {
        let Some(broken) = tree.broken_line() else {
            return Ok(Found::Nothing);
        };
        let (line, number) = (broken.index(), broken.number());
        if tree.reading().too_long == TooLong::Hangs {
            let table = match table {
                TableName::Allow => "allow",
                TableName::Deny => "deny",
            };
            // It counts complete lines only.
            let (number, title) = (number.saturating_add(1), self.world.dialect().title);
            let what = format!(
                "line {number} of the {table} table has more than {LINE_LIMIT} bytes, and libwrap \
                 of {title} hangs there: it answers nobody who gets that far"
            );
            return Err(Undecided { what, rule: None });
        }
        self.observer.step(|| Step::Broken {
            table,
            line,
            number,
        });
        Ok(table.end(Cause::BrokenTable {
            table,
            line,
            number,
        }))
    }
}

/// The command of a rule that says whether it counts, if one does and its end is known.
fn asked(effects: &[Effect], matched: Matched) -> Option<AskedCommand> {
    let (command, succeeds) = effects.iter().rev().find_map(|effect| match effect {
        Effect::Aclexec(command, succeeds) => Some((command, *succeeds)),
        Effect::Spawn(_) | Effect::Twist(_) | Effect::Setenv(..) | Effect::Other(..) => None,
    })?;
    Some(AskedCommand {
        matched,
        command: command.clone(),
        succeeds: succeeds?,
    })
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
