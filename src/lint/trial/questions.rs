//! What the engine decides about one client with the tables that are linted, with a part of them,
//! and with single rules.

use super::clients::{Client, SOME_DAEMON, daemons_of};
use crate::engine::{
    AssumedCommands, Cause, Host, HostName, Index, Request, Surroundings, Table, TableName, Tables,
    Verdict, decide,
};
use crate::lint::policy::Policy;
use crate::policy::Rule;
use crate::syntax::{Line, Tree, parse, parse_excerpt};

/// Tables with more lines are compiled once, so that a verdict needs no walk over all rules.
const INDEX_FROM: usize = 400;
/// Beyond this many lines nothing is tried: compiling alone would take as long as linting.
const LINE_LIMIT: usize = 200_000;

/// A client, a daemon, and what else a verdict depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lint) struct Question {
    pub(in crate::lint) daemon: Vec<u8>,
    pub(in crate::lint) client: Client,
    /// What the client says that its user is.
    pub(in crate::lint) user: Option<Vec<u8>>,
    /// How every command of `aclexec` ends, where that matters.
    pub(in crate::lint) command: Option<bool>,
}

impl Question {
    pub(in crate::lint) fn new(daemon: impl Into<Vec<u8>>, client: Client) -> Self {
        Self {
            daemon: daemon.into(),
            client,
            user: None,
            command: None,
        }
    }

    pub(in crate::lint) fn with_command(self, succeeds: bool) -> Self {
        Self {
            command: Some(succeeds),
            ..self
        }
    }

    fn request(&self) -> Request {
        let name = self.client.name.as_deref().unwrap_or_default();
        let host = Host::new(&self.client.address, HostName::new(name));
        let user = self.user.as_deref().unwrap_or_default();
        Request::new(&*self.daemon, host).with_user(user)
    }
}

/// The tables of a policy, ready to be asked.
pub(in crate::lint) struct Trial<'p, 't> {
    world: &'p dyn Surroundings,
    tables: Tables<'t>,
    index: Option<Index<'t>>,
    /// Whether they are too long to be asked at all.
    pub(in crate::lint) is_too_long: bool,
}

impl<'p, 't> Trial<'p, 't> {
    pub(in crate::lint) fn new(policy: &Policy<'t>, world: &'p dyn Surroundings) -> Self {
        let table = |tree: Option<&'t Tree<'t>>| tree.map_or(Table::Absent, Table::Read);
        let tables = Tables {
            allow: table(policy.allow),
            deny: table(policy.deny),
        };
        let lines: usize = policy.tables().map(|(_, tree)| tree.lines().len()).sum();
        let is_indexed = (INDEX_FROM..LINE_LIMIT).contains(&lines);
        Self {
            world,
            tables,
            index: is_indexed.then(|| Index::new(tables)),
            is_too_long: lines >= LINE_LIMIT,
        }
    }

    /// What libwrap decides.
    pub(in crate::lint) fn decide(&self, question: &Question) -> Verdict {
        let request = question.request();
        let world = &AssumedCommands::new(self.world, question.command);
        match &self.index {
            Some(index) => index.decide(&request, world),
            None => decide(&self.tables, &request, world),
        }
    }

    /// What the deny table decides without any other.
    pub(in crate::lint) fn without_allow(&self, question: &Question) -> Verdict {
        let tables = Tables {
            allow: Table::Absent,
            deny: self.tables.deny,
        };
        let world = &AssumedCommands::new(self.world, question.command);
        decide(&tables, &question.request(), world)
    }

    /// What the rules of a table after `line` decide without any other.
    pub(in crate::lint) fn after(
        &self,
        table: TableName,
        line: Line<'_, '_>,
        question: &Question,
    ) -> Verdict {
        let source = line.tree().source();
        let start = crate::span::index(line.span().end);
        let rest = source.get(start..).unwrap_or_default();
        let rest = parse_excerpt(rest, line.number());
        let (allow, deny) = match table {
            TableName::Allow => (Table::Read(&rest), Table::Absent),
            TableName::Deny => (Table::Absent, Table::Read(&rest)),
        };
        let world = &AssumedCommands::new(self.world, question.command);
        decide(&Tables { allow, deny }, &question.request(), world)
    }

    /// Whether a rule with these lists matches.
    pub(in crate::lint) fn matches(
        &self,
        daemons: &[u8],
        clients: &[u8],
        question: &Question,
    ) -> bool {
        let text = [daemons, b": ", clients, b"\n"].concat();
        let tree = parse(&text);
        let tables = Tables {
            allow: Table::Read(&tree),
            deny: Table::Absent,
        };
        let verdict = decide(&tables, &question.request(), self.world);
        matches!(verdict.cause, Cause::Rule { .. })
    }

    /// Whether the deny table is judged at all.
    pub(in crate::lint) fn has_deny(&self) -> bool {
        matches!(self.tables.deny, Table::Read(_))
    }

    /// A question about each of these clients for each daemon of a rule.
    pub(in crate::lint) fn questions(rule: Rule<'_, '_>, clients: &[Client]) -> Vec<Question> {
        let mut daemons = daemons_of(rule.line());
        if daemons.is_empty() {
            daemons.push(SOME_DAEMON.to_vec());
        }
        let pairs = clients.iter().flat_map(|client| {
            let daemons = daemons.iter();
            daemons.map(|daemon| Question::new(daemon.as_slice(), client.clone()))
        });
        pairs.collect()
    }
}
