//! Daemons that stand for all of them, as requests name them.

use crate::editor::client::daemon::Daemon;
use crate::editor::trial::mentions::witness;
use crate::editor::trial::rule_parts::patterns;
use crate::engine::{Host, Request};
use crate::policy::{DaemonPattern, Process, rules};
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
        let (mut names, mut ports) = (BTreeSet::new(), BTreeSet::new());
        for tree in trees {
            for (text, _) in rules(tree).flat_map(|rule| patterns(rule.daemons().elements())) {
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
