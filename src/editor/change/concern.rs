//! What the tables say about one client: the rules that concern it, and what is decided for each
//! daemon.

use crate::editor::change::expire::{Listed, listed_rule, own_label};
use crate::editor::change::own_alert::own_alert;
use crate::editor::client::daemon::Daemon;
use crate::editor::client::pattern::Client;
use crate::editor::client::reach::{Reach, Relation, relation};
use crate::editor::trial::rule_parts::patterns;
use crate::editor::trial::sample::{hosts, strangers, with_names};
use crate::editor::trial::table_pair::{Ground, Place};
use crate::editor::trial::tried_daemons::Daemons;
use crate::engine::{Access, Cause, Host, Request, Table, TableName, Tables, decide};
use crate::policy::{Rule, rules};
use crate::syntax::parse;

/// As many daemons of the tables are told apart.
const DAEMONS: usize = 256;

/// A rule that concerns a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    /// The rule.
    pub rule: Listed,
    /// Whether it concerns the client as it is asked about; else only under a name, or at an
    /// address, that is not known.
    pub is_certain: bool,
}

/// What is decided for one daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Treatment {
    /// The daemon; none stands for all that no rule names.
    pub daemon: Option<String>,
    /// What is decided; none if it depends on the name, the address or the user.
    pub access: Option<Access>,
    /// By which rules; none if no rule decides.
    pub places: Vec<Place>,
    /// Whether a rule that decides raises an alert.
    pub has_alert: bool,
    /// Whether another verdict follows under a name that rules mention.
    pub depends_on_name: bool,
    /// Whether another verdict follows for some user whom rules mention.
    pub depends_on_user: bool,
}

/// Whether a client is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Meant {
    No,
    Perhaps,
    Certainly,
}

/// The rules that concern some of the clients, the allow table first; with daemons, only those for
/// one of them.
pub fn concerning(ground: &Ground<'_>, clients: &[Client], daemons: &[Daemon]) -> Vec<Concern> {
    let of = |table: TableName| {
        let own = rules(ground.tree(table)).filter(|rule| is_for(ground, *rule, daemons));
        own.filter_map(move |rule| {
            let meant = clients.iter().map(|client| meant(ground, rule, client));
            let meant = meant.max().unwrap_or(Meant::Certainly);
            (meant != Meant::No).then(|| Concern {
                rule: listed_rule(ground, table, rule),
                is_certain: meant == Meant::Certainly,
            })
        })
    };
    of(TableName::Allow).chain(of(TableName::Deny)).collect()
}

/// What the tables decide about a client, for each of the daemons or, without any, for each that
/// rules name and for all others.
pub fn treatment(ground: &Ground<'_>, client: &Client, daemons: &[Daemon]) -> Vec<Treatment> {
    let named = with_names(client, ground.mentions().names());
    treatment_of(ground, &hosts(client), &named, daemons)
}

/// What the tables decide about clients that are on no list.
pub fn treatment_of_others(ground: &Ground<'_>, daemons: &[Daemon]) -> Vec<Treatment> {
    treatment_of(ground, &strangers(), &[], daemons)
}

fn treatment_of(
    ground: &Ground<'_>,
    hosts: &[Host],
    named: &[Host],
    daemons: &[Daemon],
) -> Vec<Treatment> {
    let all = &Daemons::up_to(DAEMONS, [ground.allow, ground.deny]);
    let asked: Vec<(Option<String>, Daemons)> = match daemons {
        [] => all
            .one_by_one()
            .map(|(name, one)| (name.map(str::to_owned), one))
            .collect(),
        named => {
            let one = |daemon: &Daemon| match daemon {
                Daemon::All => (None, Daemons::some()),
                Daemon::Named(name) => (Some(name.clone()), Daemons::of(daemon, all)),
            };
            named.iter().map(one).collect()
        }
    };
    let of = |(daemon, requests): (Option<String>, Daemons)| {
        let requests_of = |host| requests.requests(host);
        let treatment = stands(ground, hosts.iter().flat_map(requests_of));
        let access = |request: &Request| ground.decide(request).access;
        let is_otherwise = |request: Request| Some(access(&request)) != treatment.access;
        // The first user is none, for whom the request stands as it is.
        let users = ground.mentions().users().get(1..).unwrap_or_default();
        let asks_user = |request: Request| {
            let as_user = |user| access(&request.clone().with_user(user));
            !users.is_empty() && {
                let plain = access(&request);
                users.iter().any(|user| as_user(user) != plain)
            }
        };
        Treatment {
            daemon,
            depends_on_name: named.iter().flat_map(requests_of).any(is_otherwise),
            depends_on_user: hosts
                .iter()
                .chain(named)
                .flat_map(requests_of)
                .any(asks_user),
            ..treatment
        }
    };
    let mut found: Vec<Treatment> = asked.into_iter().map(of).collect();
    // Daemons that no rule tells apart are one line.
    let is_alike = |one: &Treatment, other: &Treatment| {
        let [one, other] = [one, other].map(|treatment| Treatment {
            daemon: None,
            ..treatment.clone()
        });
        one == other
    };
    if let Some(rest) = found.iter().find(|one| one.daemon.is_none()).cloned() {
        found.retain(|one| one.daemon.is_none() || !daemons.is_empty() || !is_alike(one, &rest));
    }
    found
}

/// What is decided about all of these requests.
fn stands(ground: &Ground<'_>, tried: impl Iterator<Item = Request>) -> Treatment {
    let mut treatment = Treatment {
        daemon: None,
        access: None,
        places: Vec::new(),
        has_alert: false,
        depends_on_name: false,
        depends_on_user: false,
    };
    for (number, request) in tried.enumerate() {
        let verdict = ground.decide(&request);
        if number == 0 {
            treatment.access = Some(verdict.access);
        } else if treatment.access != Some(verdict.access) {
            treatment.access = None;
        }
        if let Some(rule) = ground.decider(&verdict) {
            let place = ground.place_of(&rule);
            if !treatment.places.contains(&place) {
                let line = ground.tree(rule.table).line(rule.line);
                treatment.has_alert |= line.and_then(Rule::of).and_then(own_alert).is_some();
                treatment.places.push(place);
            }
        }
    }
    treatment
}

/// Whether a rule is for one of the daemons, if any are asked for.
fn is_for(ground: &Ground<'_>, rule: Rule<'_, '_>, daemons: &[Daemon]) -> bool {
    if daemons.is_empty() || daemons.contains(&Daemon::All) {
        return true;
    }
    let line = rule.line();
    let list = line.text(rule.daemons().span());
    let text = [&list, &b": ALL\n"[..]].concat();
    let host = strangers().into_iter().next();
    daemons.iter().any(|daemon| match (daemon, &host) {
        (Daemon::Named(name), Some(host)) => matches(ground, &text, name, host),
        (Daemon::Named(_), None) | (Daemon::All, _) => true,
    })
}

/// Whether the only rule of a table matches.
fn matches(ground: &Ground<'_>, table: &[u8], daemon: &str, host: &Host) -> bool {
    let tree = parse(table);
    let tables = Tables {
        allow: Table::Read(&tree),
        deny: Table::Absent,
    };
    let request = Request::new(daemon, host.clone());
    let verdict = decide(&tables, &request, ground.world);
    matches!(verdict.cause, Cause::Rule { .. })
}

/// Whether a rule is about a client, in its lists or in their exceptions.
fn meant(ground: &Ground<'_>, rule: Rule<'_, '_>, client: &Client) -> Meant {
    if let Client::Name(name) = client
        && own_label(rule).is_some_and(|label| label.follow.as_ref() == Some(name))
    {
        return Meant::Certainly;
    }
    let mut meant = Meant::No;
    let mut is_vague = false;
    for (text, _) in patterns(rule.clients().elements()) {
        let one = match Reach::of(&text) {
            Reach::Everybody => Meant::Certainly,
            Reach::Some(other) if relation(&other, client) != Relation::Apart => Meant::Certainly,
            Reach::Some(other) if is_address(&other) != is_address(client) => Meant::Perhaps,
            Reach::Vague => {
                is_vague = true;
                Meant::Perhaps
            }
            Reach::Some(_) | Reach::Nobody => Meant::No,
        };
        meant = meant.max(one);
    }
    if meant == Meant::Perhaps && is_vague {
        // A wildcard, a list in a file, or a netgroup may name it.
        let list = rule.line().text(rule.clients().span());
        let text = [b"ALL: ", &*list, b"\n"].concat();
        let is_named = |host: &Host| matches(ground, &text, "tcpw-sample", host);
        if hosts(client).iter().any(is_named) {
            return Meant::Certainly;
        }
    }
    meant
}

fn is_address(client: &Client) -> bool {
    matches!(client, Client::Net4 { .. } | Client::Net6 { .. })
}
