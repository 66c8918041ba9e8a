//! Daemons that stand for all of them, as requests name them.

use crate::editor::client::daemon::Daemon;
use crate::editor::trial::mentions::witness;
use crate::editor::trial::rule_parts::patterns;
use crate::engine::{Host, Request};
use crate::policy::{DaemonPattern, Process, Rule, rules};
use crate::syntax::Tree;
use std::collections::BTreeSet;

/// A daemon nobody names in a table.
const SOME_DAEMON: &str = "tcpw-sample";
/// As many daemons of the tables as stand for all of them.
const DAEMON_LIMIT: usize = 12;

/// Daemons as requests name them.
#[derive(Debug, Clone)]
pub(crate) struct Daemons {
    names: Vec<String>,
    ports: Vec<u16>,
}

impl Daemons {
    /// One that no table names.
    pub(crate) fn some() -> Self {
        Self {
            names: vec![SOME_DAEMON.to_owned()],
            ports: Vec::new(),
        }
    }

    /// Those that stand for `daemon`: itself, or one nobody names and those the tables name.
    pub(crate) fn of(daemon: &Daemon, all: &Self) -> Self {
        match daemon {
            Daemon::Named(name) => Self {
                names: vec![name.clone()],
                ports: Vec::new(),
            },
            Daemon::All => all.clone(),
        }
    }

    /// One nobody names, and those the tables name.
    pub(crate) fn named_in(trees: [&Tree<'_>; 2]) -> Self {
        Self::up_to(DAEMON_LIMIT, trees)
    }

    /// The same, with as many names and as many ports of the tables as `limit` says.
    pub(crate) fn up_to(limit: usize, trees: [&Tree<'_>; 2]) -> Self {
        Self::named_by(limit, trees.into_iter().flat_map(rules))
    }

    /// One nobody names, and those that a rule names.
    pub(crate) fn of_rule(rule: Rule<'_, '_>) -> Self {
        Self::named_by(DAEMON_LIMIT, [rule].into_iter())
    }

    fn named_by<'a>(limit: usize, rules: impl Iterator<Item = Rule<'a, 'a>>) -> Self {
        let (mut names, mut ports) = (BTreeSet::new(), BTreeSet::new());
        for rule in rules {
            for (text, _) in patterns(rule.daemons().elements()) {
                match DaemonPattern::read(&text).process {
                    Process::Port(port) if ports.len() < limit => {
                        ports.insert(port);
                    }
                    Process::Name(name) if names.len() < limit => {
                        names.extend(witness(name));
                    }
                    Process::Port(_) | Process::Overflow | Process::Name(_) => {}
                }
            }
        }
        let mut all = Self::some();
        all.names.extend(names);
        all.ports.extend(ports);
        all
    }

    /// Each by itself, and under which name it is known; the one nobody names has none. Ports are
    /// left out.
    pub(crate) fn one_by_one(&self) -> impl Iterator<Item = (Option<&str>, Self)> {
        self.names.iter().map(|name| {
            let one = Self {
                names: vec![name.clone()],
                ports: Vec::new(),
            };
            ((name != SOME_DAEMON).then_some(&**name), one)
        })
    }

    /// Requests of `host`.
    pub(crate) fn requests(&self, host: &Host) -> Vec<Request> {
        let plain = self
            .names
            .iter()
            .map(|name| Request::new(name, host.clone()));
        let ports = self.ports.iter().map(|&port| {
            Request::new(SOME_DAEMON, host.clone()).with_server(Host::unknown(), Some(port))
        });
        plain.chain(ports).collect()
    }
}
