//! What is asked for: clients, daemons, and the list that they shall be on.

use crate::editor::client::daemon::Daemon;
use crate::editor::client::pattern::Client;
use crate::engine::{Access, TableName};
use crate::metadata::Label;
use std::collections::{BTreeSet, HashSet};

/// Who is to be listed, for which daemons.
#[derive(Debug, Clone)]
pub struct Asked {
    pub(crate) clients: Vec<Client>,
    pub(crate) daemons: Vec<Daemon>,
    pub(crate) wish: Wish,
    pub(crate) label: Option<Label>,
}

/// Which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// The clients shall be admitted, by the allow table.
    Grant,
    /// The clients shall be refused, by the deny table.
    Refuse,
}

impl Wish {
    pub(crate) fn table(self) -> TableName {
        match self {
            Self::Grant => TableName::Allow,
            Self::Refuse => TableName::Deny,
        }
    }

    pub(crate) fn access(self) -> Access {
        match self {
            Self::Grant => Access::Granted,
            Self::Refuse => Access::Denied,
        }
    }
}

impl Asked {
    /// Doubles count once, and `ALL` daemons include every other.
    pub fn new(wish: Wish, clients: Vec<Client>, daemons: Vec<Daemon>) -> Self {
        let mut seen = HashSet::new();
        let mut clients = clients;
        // Long lists are often in order.
        if !clients.is_sorted_by(|one, next| one < next) {
            clients.retain(|client| seen.insert(client.clone()));
        }
        let mut seen = BTreeSet::new();
        let daemons = if daemons.is_empty() || daemons.contains(&Daemon::All) {
            vec![Daemon::All]
        } else {
            let fresh = |daemon: &Daemon| seen.insert(daemon.clone());
            daemons.into_iter().filter(fresh).collect()
        };
        Self {
            clients,
            daemons,
            wish,
            label: None,
        }
    }

    /// With a label above every new rule.
    #[must_use]
    pub fn with_label(self, label: Option<Label>) -> Self {
        Self { label, ..self }
    }

    /// The wish.
    pub fn wish(&self) -> Wish {
        self.wish
    }

    /// The clients.
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// The daemons.
    pub fn daemons(&self) -> &[Daemon] {
        &self.daemons
    }

    /// The only daemon, if it is one.
    pub(crate) fn daemon(&self) -> Option<&Daemon> {
        match &*self.daemons {
            [daemon] => Some(daemon),
            _ => None,
        }
    }

    /// How many clients.
    pub(crate) fn count(&self) -> usize {
        self.clients.len()
    }

    /// Every client with every daemon.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&Client, &Daemon)> {
        self.clients
            .iter()
            .flat_map(|client| self.daemons.iter().map(move |daemon| (client, daemon)))
    }
}
