//! `allow` and `deny`: putting clients on a list, where the rule takes effect.
//!
//! The new rule goes in front of the first rule that would decide one of the clients otherwise,
//! else to the end. A rule about the same clients, or about some of them, is never overruled.

use super::change::{Change, Note, Refusal};
use super::client::Client;
use super::daemon::Daemon;
use super::extend::extend;
use super::ground::{Ground, ending};
use super::label::{in_endings, in_style, labelled};
use super::line::{put, rules_for};
use super::merge::merged;
use super::named::{Elements, Named};
use super::reach::{Reach, Relation};
use super::sample::{Daemons, hosts, hosts_of_many};
use crate::edit::Edit;
use crate::engine::{Access, Cause, Matched, Request, TableName, Verdict};
use crate::metadata::{Label, bond, identity};
use crate::policy::Rule;
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

    fn access(self) -> Access {
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
    pub(super) fn daemons(&self) -> &[Daemon] {
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

/// Where the rule for one client goes: in front of a line, or at the end.
type Position = usize;
const END: Position = usize::MAX;

/// The edits that put `asked` on their list.
///
/// # Errors
/// When a rule contradicts, or the table cannot be added to.
pub fn list(ground: &Ground<'_>, asked: &Asked) -> Result<Change, Refusal> {
    let mut change = Change::default();
    let mut groups: BTreeMap<(Position, Vec<Daemon>), Vec<Client>> = BTreeMap::new();
    let count = asked.clients.len();
    let elements = Elements::new(ground, count);
    let mut clients = asked.clients.as_slice();
    if ground.has_no_rules() {
        // Nothing is said about anybody yet.
        groups.insert((END, asked.daemons.clone()), clients.to_vec());
        clients = &[];
    }
    for client in clients {
        let mut missing: BTreeMap<Position, Vec<Daemon>> = BTreeMap::new();
        for daemon in &asked.daemons {
            let mut survey = Survey::new(ground, asked.wish, client, daemon);
            survey.ask(count)?;
            survey.check_named(&elements, &mut change.notes)?;
            survey.look_at_label(asked.label.as_ref(), &mut change);
            if let Some(position) = survey.missing {
                missing.entry(position).or_default().push(daemon.clone());
            } else if let Some(held) = survey.held {
                change.notes.push(Note::Held {
                    client: Some(client.clone()),
                    daemon: daemon.clone(),
                    access: asked.wish.access(),
                    place: ground.place_of(&held),
                });
            }
        }
        for key in missing {
            groups.entry(key).or_default().push(client.clone());
        }
    }
    for ((position, daemons), clients) in groups {
        let daemons: Vec<String> = daemons.iter().map(ToString::to_string).collect();
        let line = (position != END).then_some(position);
        let table = asked.wish.table();
        let clients = match asked.label.as_ref() {
            Some(label) => extend(
                &mut change,
                ground,
                (table, line),
                (label, &daemons),
                clients,
            ),
            None => clients,
        };
        if clients.is_empty() {
            continue;
        }
        let rules = rules_for(&daemons, &merged(clients));
        let rules = in_style(ground.tree(table), &rules);
        let text = labelled(asked.label.as_ref(), rules);
        put(&mut change, ground, table, line, text)?;
    }
    Ok(change)
}

/// What happens now to one client that asks for one daemon.
struct Survey<'a, 'g> {
    ground: &'a Ground<'g>,
    wish: Wish,
    client: &'a Client,
    daemon: &'a Daemon,
    daemons: Daemons,
    /// The rule by which all is as wished already.
    held: Option<Matched>,
    /// Where a rule has to go, if something is not as wished.
    missing: Option<Position>,
}

impl<'a, 'g> Survey<'a, 'g> {
    fn new(ground: &'a Ground<'g>, wish: Wish, client: &'a Client, daemon: &'a Daemon) -> Self {
        Self {
            ground,
            wish,
            client,
            daemon,
            daemons: Daemons::of(daemon, ground),
            held: None,
            missing: None,
        }
    }

    /// Tries the client, which is one of `count`.
    fn ask(&mut self, count: usize) -> Result<(), Refusal> {
        for host in hosts_of_many(self.client, count) {
            for request in self.daemons.requests(&host) {
                let verdict = self.ground.decide(&request);
                self.take(&verdict)?;
            }
        }
        Ok(())
    }

    /// A rule that runs out holds only until then: if that is not what is asked for now, its time
    /// is renewed if it is the same author's and about this client alone, else a rule is added.
    fn look_at_label(&mut self, asked: Option<&Label>, change: &mut Change) {
        let table = self.wish.table();
        let Some(held) = self.held.filter(|held| held.table == table) else {
            return;
        };
        let line = self.ground.tree(table).line(held.line);
        let Some(rule) = line.and_then(Rule::of) else {
            return;
        };
        let Some(bond) = bond(rule).filter(|bond| bond.is_named) else {
            return;
        };
        let label = &bond.label;
        let until = asked.and_then(|asked| asked.until.as_ref());
        if self.missing.is_some() || label.until.is_none() || label.until.as_ref() == until {
            return;
        }
        let Some(asked) = asked.filter(|asked| asked.by == label.by) else {
            self.need(held.line);
            return;
        };
        if rule.clients().elements().count() != 1 {
            self.need(held.line);
            return;
        }
        let new = asked.line(&identity(rule)).into_bytes();
        let new = in_endings(self.ground.tree(table), new);
        let edit = Edit::replace(bond.line.span(), new);
        if !change.edits.of(table).contains(&edit) {
            change.edits.push(table, edit);
        }
        self.held = None;
    }

    fn take(&mut self, verdict: &Verdict) -> Result<(), Refusal> {
        let Some(rule) = self.ground.decider(verdict) else {
            if let Cause::Undecided(undecided) = &verdict.cause {
                return Err(Refusal::Undecided(undecided.what.clone()));
            }
            self.need(END);
            return Ok(());
        };
        if verdict.access == self.wish.access() {
            // A grant by the deny table is an exception from a refusal, not a place on the list.
            if self.wish == Wish::Refuse || rule.table == TableName::Allow {
                self.held = Some(rule);
            } else {
                self.need(END);
            }
            return Ok(());
        }
        match (self.relation(&rule), self.wish, rule.table) {
            // One of the hosts tried has a rule of its own; see `check_named`.
            (Relation::Narrower, ..) => {}
            (_, Wish::Refuse, TableName::Allow) => return Err(self.granted(&rule)),
            (Relation::Same, ..) => return Err(self.contradicted(&rule)),
            (_, Wish::Grant, TableName::Deny) => self.need(END),
            (Relation::Broader | Relation::Apart, ..) => self.need(rule.line),
        }
        Ok(())
    }

    fn need(&mut self, position: Position) {
        self.missing = Some(self.missing.map_or(position, |is| is.min(position)));
    }

    fn relation(&self, rule: &Matched) -> Relation {
        Reach::of(&self.ground.client_element(rule)).relation(self.client)
    }

    /// Rules about some of the clients: those in front of the new rule stay in force, those
    /// behind it would be overruled. Without a new rule all stay in force.
    fn check_named(
        &self,
        elements: &Elements<'_, '_>,
        notes: &mut Vec<Note>,
    ) -> Result<(), Refusal> {
        for named in elements.within(self.client) {
            for host in hosts(&named.client) {
                for request in self.daemons.requests(&host) {
                    self.check_one(&named, &request, notes)?;
                }
            }
        }
        Ok(())
    }

    fn check_one(
        &self,
        named: &Named,
        request: &Request,
        notes: &mut Vec<Note>,
    ) -> Result<(), Refusal> {
        let verdict = self.ground.decide(request);
        if verdict.access == self.wish.access() {
            return Ok(());
        }
        let (place, stays) = if named.is_excepted {
            if !self.is_exception_from(named, request) {
                return Ok(());
            }
            (self.ground.place(named.table, named.line), false)
        } else {
            let rule = self.ground.decider(&verdict);
            let is_it = |rule: &Matched| (rule.table, rule.line) == (named.table, named.line);
            let Some(rule) = rule.filter(is_it) else {
                return Ok(());
            };
            let stays = match (self.wish, rule.table) {
                (Wish::Refuse, TableName::Allow) => true,
                (Wish::Grant, TableName::Deny) => false,
                _ => self.missing.is_none_or(|position| rule.line < position),
            };
            (self.ground.place_of(&rule), stays)
        };
        if !stays && self.missing.is_some() {
            return Err(Refusal::Contradicted {
                client: self.client.clone(),
                daemon: self.daemon.clone(),
                place,
            });
        }
        let note = Note::Exception {
            client: self.client.clone(),
            place,
        };
        if !notes.contains(&note) {
            notes.push(note);
        }
        Ok(())
    }

    /// Whether `named` is taken out of a rule that does what is wished.
    fn is_exception_from(&self, named: &Named, request: &Request) -> bool {
        let tree = self.ground.tree(named.table);
        tree.line(named.line)
            .and_then(Rule::of)
            .is_some_and(|rule| {
                ending(named.table, rule) == self.wish.access()
                    && names_daemon(rule, request.daemon())
            })
    }

    fn contradicted(&self, rule: &Matched) -> Refusal {
        Refusal::Contradicted {
            client: self.client.clone(),
            daemon: self.daemon.clone(),
            place: self.ground.place_of(rule),
        }
    }

    fn granted(&self, rule: &Matched) -> Refusal {
        Refusal::Granted {
            client: Some(self.client.clone()),
            place: self.ground.place_of(rule),
        }
    }
}

/// Whether a rule would be asked about a daemon, exceptions left aside.
fn names_daemon(rule: Rule<'_, '_>, daemon: &[u8]) -> bool {
    use crate::policy::{DaemonPattern, Process, TextPattern};
    super::ground::patterns(rule.daemons().elements()).any(|(text, is_excepted)| {
        !is_excepted
            && match DaemonPattern::read(&text).process {
                Process::Name(TextPattern::Exact(name)) => name.eq_ignore_ascii_case(daemon),
                Process::Name(_) | Process::Port(_) => true,
                Process::Overflow => false,
            }
    })
}
