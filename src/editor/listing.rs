//! `allow` and `deny`: putting clients on a list, where the rule takes effect.
//!
//! The new rule goes in front of the first rule that would decide one of the clients otherwise,
//! else to the end. A rule about the same clients, or about some of them, is never overruled.

use super::change::{Change, Note, Refusal};
use super::client::Client;
use super::daemon::Daemon;
use super::deciding::Deciding;
use super::extend::extend;
use super::ground::Ground;
use super::label::{in_style, labelled};
use super::line::{put, rules_for};
use super::merge::merged;
use super::named::Elements;
use super::survey::{Survey, table_for};
use crate::engine::{Access, TableName};
use crate::metadata::Label;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Who is to be listed, for which daemons.
#[derive(Debug, Clone)]
pub struct Asked {
    clients: Vec<Client>,
    daemons: Vec<Daemon>,
    wish: Wish,
    label: Option<Label>,
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
    pub(super) fn table(self) -> TableName {
        match self {
            Self::Grant => TableName::Allow,
            Self::Refuse => TableName::Deny,
        }
    }

    pub(super) fn access(self) -> Access {
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
    pub(super) fn daemon(&self) -> Option<&Daemon> {
        match &*self.daemons {
            [daemon] => Some(daemon),
            _ => None,
        }
    }

    /// How many clients.
    pub(super) fn count(&self) -> usize {
        self.clients.len()
    }

    /// Every client with every daemon.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&Client, &Daemon)> {
        self.clients
            .iter()
            .flat_map(|client| self.daemons.iter().map(move |daemon| (client, daemon)))
    }
}

/// Where the rule for one client goes: before a line, or at the end.
pub(super) type Position = usize;
pub(super) const END: Position = usize::MAX;

/// The option that makes a rule of the allow table refuse.
const REFUSING: &str = " : deny";

/// The edits that put `asked` on their list.
///
/// # Errors
/// When a rule contradicts, or the table cannot be added to.
pub fn list(ground: &Ground<'_>, asked: &Asked) -> Result<Change, Refusal> {
    let mut change = Change::default();
    let mut groups = Groups::new();
    let count = asked.clients.len();
    let elements = Elements::new(ground, count);
    let mut clients = asked.clients.as_slice();
    if ground.has_no_rules() {
        // Nothing is said about anybody yet.
        let key = (asked.wish.table(), END, asked.daemons.clone());
        groups.insert(key, clients.to_vec());
        clients = &[];
    }
    let deciding = (!clients.is_empty()).then(|| Deciding::of(ground, asked));
    let daemons: Vec<(&Daemon, TableName)> = asked
        .daemons
        .iter()
        .map(|daemon| (daemon, table_for(ground, asked.wish, daemon)))
        .collect();
    for (number, client) in clients.iter().enumerate() {
        let mut missing: BTreeMap<(TableName, Position), Vec<Daemon>> = BTreeMap::new();
        for &(daemon, table) in &daemons {
            let mut survey = Survey::new(ground, asked.wish, client, daemon, table);
            survey.ask(count)?;
            if let Some(deciding) = &deciding {
                survey.ask_deciders(deciding.about(number))?;
            }
            survey.check_named(&elements, &mut change.notes)?;
            survey.look_at_label(asked.label.as_ref(), &mut change);
            survey.note_exceptions(&mut change.notes);
            if let Some(position) = survey.missing {
                let key = (survey.table, position);
                if survey.table != asked.wish.table() {
                    survey.note_table(&mut change.notes);
                }
                missing.entry(key).or_default().push(daemon.clone());
            } else if let Some(held) = survey.held {
                change.notes.push(Note::Held {
                    client: Some(client.clone()),
                    daemon: daemon.clone(),
                    access: asked.wish.access(),
                    place: ground.place_of(&held),
                });
            }
        }
        for ((table, position), daemons) in missing {
            let group = groups.entry((table, position, daemons)).or_default();
            group.push(client.clone());
        }
    }
    write(&mut change, ground, asked, groups)?;
    Ok(change)
}

/// Clients that get a rule, by where it goes and for which daemons.
type Groups = BTreeMap<(TableName, Position, Vec<Daemon>), Vec<Client>>;

/// Writes the rules.
fn write(
    change: &mut Change,
    ground: &Ground<'_>,
    asked: &Asked,
    groups: Groups,
) -> Result<(), Refusal> {
    for ((table, position, daemons), clients) in groups {
        let daemons: Vec<String> = daemons.iter().map(ToString::to_string).collect();
        let line = (position != END).then_some(position);
        let options = if table == asked.wish.table() {
            ""
        } else {
            REFUSING
        };
        let label = asked.label.as_ref();
        let clients = match label.filter(|_| options.is_empty()) {
            Some(label) => extend(change, ground, (table, line), (label, &daemons), clients),
            None => clients,
        };
        if clients.is_empty() {
            continue;
        }
        let rules = rules_for(&daemons, &merged(clients), options);
        let rules = in_style(ground.tree(table), &rules);
        let text = labelled(label, rules);
        put(change, ground, table, line, text)?;
    }
    Ok(())
}
