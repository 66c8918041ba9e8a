//! Which rules decide about the clients asked for, under whatever name and user: worked out on sets,
//! not tried.

use crate::editor::change::line::rules_for;
use crate::editor::client::pattern::Client;
use crate::editor::client::reach::{masked4, masked6};
use crate::editor::trial::asked::Asked;
use crate::editor::trial::cover::parents;
use crate::editor::trial::table_pair::Ground;
use crate::engine::{Access, Decider, Host, HostName, Request, TableName, deciders};
use crate::syntax::parse;
use std::collections::HashMap;

/// As many clients are asked about one by one; more are asked about together.
const SINGLY: usize = 64;

/// Something that decides about a client asked for.
#[derive(Debug)]
pub(crate) enum Found {
    /// A request of the client.
    Sure(Request),
    /// What a rule decides, or none, if a pattern matches of which nobody can tell whom it matches.
    Perhaps {
        /// The daemon.
        daemon: Vec<u8>,
        /// What is decided.
        access: Access,
        /// The table and the index of the line; none where no rule decides.
        rule: Option<(TableName, usize)>,
    },
}

/// What decides about each client, in the order in which they are asked for.
#[derive(Debug)]
pub(crate) struct Deciding(Vec<Vec<Found>>);

impl Deciding {
    /// Works it out. Clients of too many kinds are left to be tried.
    pub(crate) fn of(ground: &Ground<'_>, asked: &Asked) -> Self {
        let clients = asked.clients();
        if clients.len() <= SINGLY {
            let one = |client| found(ground, asked, std::slice::from_ref(client), false);
            return Self(clients.iter().map(one).collect());
        }
        let mut numbers: HashMap<&Client, Vec<usize>> = HashMap::new();
        for (number, client) in clients.iter().enumerate() {
            numbers.entry(client).or_default().push(number);
        }
        let mut all: Vec<Vec<Found>> = clients.iter().map(|_| Vec::new()).collect();
        for found in found(ground, asked, clients, true) {
            let Found::Sure(request) = found else {
                continue;
            };
            let about = holders(&request).filter_map(|client| numbers.get(&client));
            for number in about.flatten() {
                if let Some(of) = all.get_mut(*number) {
                    of.push(Found::Sure(request.clone()));
                }
            }
        }
        Self(all)
    }

    /// What decides about the client of this number.
    pub(crate) fn about(&self, number: usize) -> impl Iterator<Item = &Found> {
        self.0.get(number).into_iter().flatten()
    }
}

/// Every client that can be asked for and holds the one of a request.
fn holders(request: &Request) -> impl Iterator<Item = Client> {
    let host = request.client();
    let text = |bytes: &[u8]| {
        str::from_utf8(bytes)
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let address = text(host.address()).parse().map(Client::host).ok();
    let networks = address.into_iter().flat_map(|client| -> Vec<Client> {
        match client {
            Client::Net4 { net, length } => (1..=length)
                .map(|length| {
                    let net = masked4(net, length);
                    Client::Net4 { net, length }
                })
                .collect(),
            Client::Net6 { net, length } => (1..=length)
                .map(|length| {
                    let net = masked6(net, length);
                    Client::Net6 { net, length }
                })
                .collect(),
            Client::Name(_) | Client::Domain(_) => Vec::new(),
        }
    });
    let name = text(host.name().as_bytes());
    let name = host.name().is_known().then_some(name);
    let names = name.into_iter().flat_map(|name| {
        let domains: Vec<Client> = parents(&name).collect();
        domains.into_iter().chain([Client::Name(name)])
    });
    networks.chain(names)
}

/// What decides about some of the clients.
fn found(ground: &Ground<'_>, asked: &Asked, clients: &[Client], is_each: bool) -> Vec<Found> {
    let text = rules_for(asked.daemons(), clients, "");
    let tree = parse(&text);
    let tables = ground.tables();
    let mut all = Vec::new();
    for user in ground.mentions().users() {
        let found = deciders(&tables, &tree, is_each, user, ground.world).unwrap_or_default();
        all.extend(found.into_iter().map(|decider| {
            let Decider {
                rule,
                access,
                is_assumed,
                example,
            } = decider;
            if is_assumed {
                return Found::Perhaps {
                    daemon: example.daemon,
                    access,
                    rule,
                };
            }
            let host = Host::new(example.address, HostName::new(example.name));
            Found::Sure(Request::new(example.daemon, host).with_user(user))
        }));
    }
    all
}
