//! Whether two pairs of tables decide alike: tried on every client that either pair speaks of, on
//! its neighbours, and on strangers, for every daemon.

use crate::engine::{Access, Host, HostName, Index, Request, Surroundings, Table, Tables, decide};
use crate::lint::witness::{Client, daemons_of, meant_by};
use crate::syntax::{Tree, parse_as};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// As many clients and daemons as are tried; beyond that a part of them, evenly drawn.
const CLIENT_LIMIT: usize = 240;
const DAEMON_LIMIT: usize = 3;
/// Tables with more lines are compiled before they are asked.
const INDEX_FROM: usize = 200;

/// A client that two pairs of tables treat differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The daemon.
    pub daemon: String,
    /// The client's address.
    pub address: String,
    /// The client's name, if it has one.
    pub name: Option<String>,
    /// Whether it gets in with the second pair.
    pub gains: bool,
}

/// Allow table and deny table.
type Pair<'b> = (&'b [u8], &'b [u8]);

/// What differs; of each client only the first daemon.
pub fn differences(before: Pair<'_>, after: Pair<'_>, world: &dyn Surroundings) -> Vec<Difference> {
    let sources = [before.0, before.1, after.0, after.1];
    let reading = world.dialect().reading;
    let [a, b, c, d] = sources.map(|source| parse_as(source, reading));
    let trees = [&a, &b, &c, &d];
    let (first, second) = (Judge::new(&a, &b), Judge::new(&c, &d));
    let daemons = daemons(&trees);
    let mut found = Vec::new();
    for client in clients(&trees) {
        let differs = daemons.iter().find_map(|daemon| {
            let name = client.name.as_deref().unwrap_or_default();
            let host = Host::new(&client.address, HostName::new(name));
            let request = Request::new(daemon, host);
            let now = first.access(&request, world);
            let then = second.access(&request, world);
            (now != then).then(|| (daemon, then == Access::Granted))
        });
        if let Some((daemon, gains)) = differs {
            found.push(Difference {
                daemon: String::from_utf8_lossy(daemon).into_owned(),
                address: client.address,
                name: client.name,
                gains,
            });
        }
    }
    found
}

/// Two tables, compiled if they are long.
struct Judge<'t> {
    tables: Tables<'t>,
    index: Option<Index<'t>>,
}

impl<'t> Judge<'t> {
    fn new(allow: &'t Tree<'t>, deny: &'t Tree<'t>) -> Self {
        let tables = Tables {
            allow: Table::Read(allow),
            deny: Table::Read(deny),
        };
        let is_long = allow.lines().len() + deny.lines().len() > INDEX_FROM;
        Self {
            tables,
            index: is_long.then(|| Index::new(tables)),
        }
    }

    fn access(&self, request: &Request, world: &dyn Surroundings) -> Access {
        match &self.index {
            Some(index) => index.decide(request, world).access,
            None => decide(&self.tables, request, world).access,
        }
    }
}

/// Every daemon of the tables and one that no table names.
fn daemons(trees: &[&Tree<'_>]) -> Vec<Vec<u8>> {
    let lines = trees.iter().flat_map(|tree| tree.lines());
    let named: BTreeSet<Vec<u8>> = lines.flat_map(daemons_of).collect();
    // Of all names `unknown` alone is none that KNOWN means.
    let mut daemons = vec![
        b"sshd".to_vec(),
        b"tcpw-other".to_vec(),
        b"unknown".to_vec(),
    ];
    daemons.extend(drawn(named.into_iter().collect(), DAEMON_LIMIT));
    daemons
}

fn clients(trees: &[&Tree<'_>]) -> Vec<Client> {
    let lines = trees.iter().flat_map(|tree| tree.lines());
    let mut clients: BTreeSet<Client> = lines.flat_map(meant_by).collect();
    let near: Vec<Client> = clients.iter().flat_map(neighbours).collect();
    clients.extend(near);
    let mut all = Client::strangers();
    all.extend(drawn(clients.into_iter().collect(), CLIENT_LIMIT));
    all
}

/// The addresses before and behind, one in the next network, and the address with names.
fn neighbours(client: &Client) -> Vec<Client> {
    let Some(address) = client.address.parse::<IpAddr>().ok() else {
        return Vec::new();
    };
    let steps: [i8; 2] = [-1, 1];
    let mut near: Vec<IpAddr> = match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            let mut near: Vec<u32> = steps
                .map(|step| bits.wrapping_add_signed(i32::from(step)))
                .to_vec();
            near.extend([8, 16, 24].map(|shift| bits.wrapping_add(1 << shift)));
            near.into_iter()
                .map(|bits| Ipv4Addr::from_bits(bits).into())
                .collect()
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            let near = [1, 1 << 32, 1 << 64, 1 << 96];
            near.map(|step| Ipv6Addr::from_bits(bits.wrapping_add(step)).into())
                .to_vec()
        }
    };
    near.push(address);
    let named = near.iter().map(|address| Client {
        address: address.to_string(),
        name: client.name.clone(),
    });
    let mut all: Vec<Client> = named.collect();
    for name in ["paranoid", "localname", "host.example.net"] {
        all.push(Client {
            address: client.address.clone(),
            name: Some(name.to_owned()),
        });
    }
    all
}

/// At most `most` of them, evenly.
fn drawn<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let step = all.len().div_ceil(most).max(1);
    all.into_iter().step_by(step).collect()
}
