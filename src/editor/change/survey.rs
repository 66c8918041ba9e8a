//! What the tables do to one client asked for, and where a rule about it has to go.

use crate::editor::change::deciding::Found;
use crate::editor::change::layout::{Layout, Refusals};
use crate::editor::change::named_clients::{Elements, Named};
use crate::editor::change::worked_out::{Note, Refusal, Through};
use crate::editor::client::daemon::Daemon;
use crate::editor::client::pattern::Client;
use crate::editor::client::reach::{Reach, Relation, relation};
use crate::editor::trial::asked::Wish;
use crate::editor::trial::mentions::SOME_NAME;
use crate::editor::trial::rule_parts::ending;
use crate::editor::trial::sample::{hosts, hosts_of_many, with_names};
use crate::editor::trial::table_pair::Ground;
use crate::editor::trial::tried_daemons::Daemons;
use crate::engine::{
    Access, AskedCommand, Cause, Host, HostName, Matched, Request, TableName, Verdict,
};
use crate::policy::{ClientPattern, Rule, TextPattern};
use std::collections::BTreeMap;

/// As many exceptions from one client are reported.
const PARTIAL_LIMIT: usize = 64;

/// Where the rule for one client goes: before a line, or at the end.
pub(crate) type Position = usize;
pub(crate) const END: Position = usize::MAX;

/// What happens now to one client that asks for one daemon.
pub(crate) struct Survey<'a, 'g> {
    ground: &'a Ground<'g>,
    wish: Wish,
    client: &'a Client,
    daemon: &'a Daemon,
    daemons: Daemons,
    /// The table that a rule goes to: that of the wish, unless refusals stand in the allow table.
    pub(crate) table: TableName,
    refusals: Refusals,
    /// The rules by which all is as wished already, if nothing is missing.
    pub(crate) held: BTreeMap<(TableName, usize), Matched>,
    /// Where a rule has to go, if something is not as wished.
    pub(crate) missing: Option<Position>,
    /// Rules of the other kind about some of what the client may be: a name, an address, a user.
    partial: Vec<(TableName, usize, Through)>,
    /// The first rule of the allow table that grants, where refusals stand in that table.
    granting: Option<Matched>,
}

impl<'a, 'g> Survey<'a, 'g> {
    pub(crate) fn new(
        ground: &'a Ground<'g>,
        wish: Wish,
        client: &'a Client,
        daemon: &'a Daemon,
        layout: Layout,
    ) -> Self {
        Self {
            ground,
            wish,
            client,
            daemon,
            daemons: Daemons::of(daemon, ground.daemons()),
            table: layout.table,
            refusals: layout.refusals,
            held: BTreeMap::new(),
            missing: None,
            partial: Vec::new(),
            granting: None,
        }
    }

    /// Tries the client, which is one of `count`.
    pub(crate) fn ask(&mut self, count: usize) -> Result<(), Refusal> {
        let hosts = hosts_of_many(self.client, count);
        let named = with_names(self.client, self.ground.mentions().names());
        for host in hosts.into_iter().chain(named) {
            for request in self.daemons.requests(&host) {
                let verdict = self.ground.decide(&request);
                self.take(&request, &verdict)?;
            }
        }
        Ok(())
    }

    /// Takes into account whatever decides about the client under some name or user.
    pub(crate) fn ask_deciders<'f>(
        &mut self,
        found: impl Iterator<Item = &'f Found>,
    ) -> Result<(), Refusal> {
        for found in found {
            match found {
                Found::Sure(request) if self.is_of_daemon(request.daemon()) => {
                    let verdict = self.ground.decide(request);
                    self.take(request, &verdict)?;
                }
                Found::Perhaps {
                    daemon,
                    access,
                    rule,
                } if self.is_of_daemon(daemon) => self.take_perhaps(*access, *rule),
                Found::Sure(_) | Found::Perhaps { .. } => {}
            }
        }
        Ok(())
    }

    fn is_of_daemon(&self, daemon: &[u8]) -> bool {
        match self.daemon {
            Daemon::All => true,
            Daemon::Named(name) => daemon.eq_ignore_ascii_case(name.as_bytes()),
        }
    }

    /// Takes over what holds and what is missing once rules have run out.
    pub(crate) fn and_later(&mut self, later: &Survey<'_, '_>) {
        self.held.extend(&later.held);
        self.missing = self.missing.into_iter().chain(later.missing).min();
    }

    /// Says by which rules all is as wished already: by one about the whole client, or by each of those
    /// about parts of it.
    pub(crate) fn note_held(&self, notes: &mut Vec<Note>) {
        let note = |client: &Client, rule: &Matched| Note::Held {
            client: Some(client.clone()),
            daemon: self.daemon.clone(),
            access: self.wish.access(),
            place: self.ground.place_of(rule),
        };
        let is_whole =
            |rule: &&Matched| matches!(self.relation(rule), Relation::Same | Relation::Broader);
        if let Some(rule) = self.held.values().rfind(is_whole) {
            notes.push(note(self.client, rule));
            return;
        }
        for rule in self.held.values().take(PARTIAL_LIMIT) {
            let element = self.ground.client_element(rule);
            notes.push(match Reach::of(&element) {
                Reach::Some(part) => note(&part, rule),
                Reach::Everybody | Reach::Nobody | Reach::Vague => note(self.client, rule),
            });
        }
    }

    fn take(&mut self, request: &Request, verdict: &Verdict) -> Result<(), Refusal> {
        let Some(rule) = self.ground.decider(verdict) else {
            if let Cause::Undecided(undecided) = &verdict.cause {
                return Err(Refusal::Undecided(undecided.what.clone()));
            }
            self.need(self.end(verdict));
            return Ok(());
        };
        if verdict.access == self.wish.access() {
            // A grant by the deny table is an exception from a refusal, not a place on the list.
            if self.wish == Wish::Refuse || rule.table == TableName::Allow {
                self.held.insert((rule.table, rule.line), rule);
            } else {
                self.need(self.end(verdict));
            }
            return Ok(());
        }
        let may_precede = self.refusals != Refusals::InDeny;
        match (self.relation(&rule), self.wish, rule.table) {
            // One of the hosts tried has a rule of its own; see `check_named`.
            (Relation::Narrower, ..) => self.note_partial(&rule),
            (Relation::Same, Wish::Refuse, TableName::Allow) if may_precede => {
                return Err(self.contradicted(&rule));
            }
            (_, Wish::Refuse, TableName::Allow) if may_precede => {
                if self.granting.is_none_or(|is| rule.line < is.line) {
                    self.granting = Some(rule);
                }
                self.precede(rule.line);
            }
            // The end of the allow table comes before all of the deny table.
            (Relation::Broader | Relation::Apart, Wish::Refuse, TableName::Deny)
                if self.table == TableName::Allow =>
            {
                self.need(END);
            }
            _ if self.is_about_another_kind(&rule, request)
                && (self.wish, rule.table) != (Wish::Refuse, TableName::Deny) =>
            {
                match (self.wish, rule.table) {
                    (Wish::Grant, TableName::Deny) => self.need(self.end(verdict)),
                    (Wish::Grant, TableName::Allow) if !self.is_by_address(&rule) => {
                        self.need(rule.line);
                    }
                    _ => self.note_partial(&rule),
                }
            }
            (_, Wish::Refuse, TableName::Allow) => return Err(self.granted(&rule)),
            (Relation::Same, ..) => return Err(self.contradicted(&rule)),
            (_, Wish::Grant, TableName::Deny) => self.need(self.end(verdict)),
            (Relation::Broader | Relation::Apart, ..) => self.need(rule.line),
        }
        Ok(())
    }

    /// What a rule decides about the client if a pattern matches of which nobody can tell.
    fn take_perhaps(&mut self, access: Access, rule: Option<(TableName, usize)>) {
        if access == self.wish.access() || access == Access::Undecided {
            return;
        }
        match (self.wish, rule) {
            (_, None) | (Wish::Grant, Some((TableName::Deny, _))) => self.need(END),
            (Wish::Refuse, Some((table, line))) if table == self.table => self.need(line),
            (Wish::Refuse, Some((TableName::Allow, line))) if self.refusals != Refusals::InDeny => {
                self.precede(line);
            }
            (_, Some((table, line))) => self.keep_partial((table, line, Through::Name)),
        }
    }

    fn note_partial(&mut self, rule: &Matched) {
        let through = if user_of(&self.ground.client_element(rule)) {
            Through::User
        } else if self.relation(rule) == Relation::Narrower {
            // Clients of the kind asked for are looked at in `check_named`.
            return;
        } else if is_address(self.client) {
            Through::Name
        } else {
            Through::Address
        };
        self.keep_partial((rule.table, rule.line, through));
    }

    fn keep_partial(&mut self, rule: (TableName, usize, Through)) {
        if self.partial.len() < PARTIAL_LIMIT && !self.partial.contains(&rule) {
            self.partial.push(rule);
        }
    }

    /// Whether a rule is about names where an address was asked for, about addresses where a name
    /// was, or about some users only: whoever is meant by it is meant in another way.
    fn is_about_another_kind(&self, rule: &Matched, request: &Request) -> bool {
        let element = self.ground.client_element(rule);
        if user_of(&element) {
            return true;
        }
        match Reach::of(&element) {
            Reach::Some(client) => {
                is_address(&client) != is_address(self.client)
                    || relation(&client, self.client) == Relation::Apart
            }
            Reach::Everybody | Reach::Nobody => false,
            Reach::Vague => {
                // It is about the address if it decides without a name, or with one nobody lists.
                let address = request.client().address();
                let decides = |name: HostName| {
                    let plain = Request::new(request.daemon(), Host::new(address, name));
                    let decider = self.ground.decider(&self.ground.decide(&plain));
                    decider.is_some_and(|is| (is.table, is.line) == (rule.table, rule.line))
                };
                let names = [HostName::unknown(), HostName::new(SOME_NAME)];
                is_address(self.client) && !names.into_iter().any(decides)
            }
        }
    }

    fn is_by_address(&self, rule: &Matched) -> bool {
        let element = self.ground.client_element(rule);
        user_of(&element)
            || matches!(
                Reach::of(&element),
                Reach::Some(Client::Net4 { .. } | Client::Net6 { .. })
            )
    }

    /// Says which rules about some of what the client may be stay in force.
    pub(crate) fn note_exceptions(&self, notes: &mut Vec<Note>) {
        for &(table, line, through) in &self.partial {
            let is_overruled =
                table == self.table && self.missing.is_some_and(|position| position <= line);
            let note = Note::Exception {
                client: self.client.clone(),
                through,
                place: self.ground.place(table, line),
            };
            if !is_overruled && !notes.contains(&note) {
                notes.push(note);
            }
        }
    }

    /// Says why the rule goes into the other table.
    pub(crate) fn note_table(&self, notes: &mut Vec<Note>) {
        let place = self.granting.map(|rule| self.ground.place_of(&rule));
        let note = place.map(match self.refusals {
            Refusals::OnlyInAllow => Note::OneTable,
            Refusals::AlsoInAllow | Refusals::InDeny => Note::BesideRefusals,
        });
        notes.extend(note.filter(|note| !notes.contains(note)));
    }

    /// The refusal goes into the allow table, before a rule that grants.
    fn precede(&mut self, line: usize) {
        if self.table != TableName::Allow {
            self.table = TableName::Allow;
            self.missing = None;
        }
        self.need(line);
    }

    /// The end of the list as far as it is read: before a gate that does not admit the client.
    fn end(&self, verdict: &Verdict) -> Position {
        let mut asked = verdict.asked.iter();
        let is_left = |asked: &&AskedCommand| {
            self.table == TableName::Allow
                && asked.matched.table == TableName::Allow
                && !asked.succeeds
        };
        asked.find(is_left).map_or(END, |asked| asked.matched.line)
    }

    fn need(&mut self, position: Position) {
        self.missing = Some(self.missing.map_or(position, |is| is.min(position)));
    }

    fn relation(&self, rule: &Matched) -> Relation {
        Reach::of(&self.ground.client_element(rule)).relation(self.client)
    }

    /// Rules about some of the clients: those before the new rule stay in force, those
    /// after it would be overruled. Without a new rule all stay in force.
    pub(crate) fn check_named(
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
                (Wish::Refuse, TableName::Allow) if self.table == TableName::Deny => true,
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
            through: Through::Themselves,
            place,
        };
        if !notes.contains(&note) {
            notes.push(note);
        }
        Ok(())
    }

    /// Whether `named` is removed from a rule that does what is wished.
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
    use crate::policy::{DaemonPattern, Process};
    crate::editor::trial::rule_parts::patterns(rule.daemons().elements()).any(
        |(text, is_excepted)| {
            !is_excepted
                && match DaemonPattern::read(&text).process {
                    Process::Name(TextPattern::Exact(name)) => name.eq_ignore_ascii_case(daemon),
                    Process::Name(_) | Process::Port(_) => true,
                    Process::Overflow => false,
                }
        },
    )
}

/// Whether an element is about some users only.
fn user_of(element: &[u8]) -> bool {
    let user = ClientPattern::read(element).user;
    user.is_some_and(|user| user != TextPattern::All)
}

fn is_address(client: &Client) -> bool {
    matches!(client, Client::Net4 { .. } | Client::Net6 { .. })
}
