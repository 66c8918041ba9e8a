//! The fallback where sets leave something open: both pairs of tables are asked about every client
//! that either speaks of, and about a sample of their neighbours.

use crate::engine::{
    Access, Change, Claim, Host, HostName, Index, Request, Surroundings, Tables, decide,
};
use crate::escape::visible;
use crate::lint::trial::{Client, daemons_of, meant_by};
use crate::policy::{ClientPattern, DaemonPattern, Element, Process, TextPattern, rules};
use crate::syntax::Tree;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// As many requests as are tried beside those of clients that are mentioned: of more clients a part
/// is taken, evenly.
const REQUEST_LIMIT: usize = 12_000;
/// As many daemons and users as are tried of those that are named.
const DAEMON_LIMIT: usize = 8;
const USER_LIMIT: usize = 8;
/// Tables with more lines are compiled before they are asked.
const INDEX_FROM: usize = 200;

/// Stands for a daemon, and for a user, of whom no table speaks.
const OTHER: &str = "tcpw-other";
/// The name of whoever has none.
const UNKNOWN: &str = "unknown";

/// A client that two pairs of tables treat differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The daemon.
    pub daemon: String,
    /// The client's address.
    pub address: String,
    /// The client's name, if it has one.
    pub name: Option<String>,
    /// The client's user, if it tells one.
    pub user: Option<String>,
    /// Whether it gets in with the second pair.
    pub gains: bool,
}

impl Difference {
    /// One line about it.
    pub fn words(&self) -> String {
        let verb = if self.gains { "gains" } else { "loses" };
        let part = |text: &str| visible(text.as_bytes());
        let name = self.name.as_deref().map(part);
        let name = name.map_or_else(String::new, |name| format!(" ({name})"));
        let user = match self.user.as_deref() {
            None => String::new(),
            Some(OTHER) => ", as a user whom no rule names".to_owned(),
            Some(user) => format!(", as the user {}", part(user)),
        };
        let daemon = if self.daemon == OTHER || self.daemon == UNKNOWN {
            "a daemon that no rule names".to_owned()
        } else {
            part(&self.daemon)
        };
        let address = &self.address;
        format!("{verb} access: {address}{name}{user} at {daemon}")
    }

    /// Whether claims about sets say so already.
    pub(super) fn is_in(&self, claims: &[Claim]) -> bool {
        let name = self.name.as_deref().unwrap_or(UNKNOWN);
        let daemon = self.daemon.as_bytes();
        let change = if self.gains {
            Change::Gains
        } else {
            Change::Loses
        };
        claims.iter().any(|claim| {
            claim.change == change && claim.covers(daemon, self.address.as_bytes(), name.as_bytes())
        })
    }
}

/// Those who are treated differently, among all who are mentioned and their neighbours; of each
/// client only the first daemon.
pub(super) fn sampled<'t>(
    trees: &[&'t Tree<'t>],
    old: Tables<'t>,
    new: Tables<'t>,
    world: &dyn Surroundings,
) -> Vec<Difference> {
    let lines: usize = trees.iter().map(|tree| tree.lines().len()).sum();
    let (first, second) = (Judge::new(old, lines), Judge::new(new, lines));
    let daemons = daemons(trees);
    let users = users(trees);
    let most = REQUEST_LIMIT / (daemons.len() * users.len()).max(1);
    let mut found = Vec::new();
    let (mentioned, near) = clients(trees);
    for client in mentioned.into_iter().chain(drawn(near, most)) {
        let name = client.name.as_deref().unwrap_or_default();
        let asked = daemons
            .iter()
            .flat_map(|daemon| users.iter().map(move |user| (daemon, user)));
        for (daemon, user) in asked {
            let host = Host::new(&client.address, HostName::new(name));
            let request = Request::new(daemon, host).with_user(user);
            let now = first.access(&request, world);
            let then = second.access(&request, world);
            if now == then {
                continue;
            }
            let shown = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
            found.push(Difference {
                daemon: shown(daemon),
                address: client.address.clone(),
                name: client.name.clone(),
                user: (!user.is_empty()).then(|| shown(user)),
                gains: then == Access::Granted,
            });
            break;
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
    fn new(tables: Tables<'t>, lines: usize) -> Self {
        Self {
            tables,
            index: (lines > INDEX_FROM).then(|| Index::new(tables)),
        }
    }

    fn access(&self, request: &Request, world: &dyn Surroundings) -> Access {
        match &self.index {
            Some(index) => index.decide(request, world).access,
            None => decide(&self.tables, request, world).access,
        }
    }
}

/// Daemons of the tables, one for each of their patterns, and one that no table names.
fn daemons(trees: &[&Tree<'_>]) -> Vec<Vec<u8>> {
    let mut named = BTreeSet::new();
    for tree in trees {
        for line in tree.lines() {
            named.extend(daemons_of(line));
        }
        for element in rules(tree).flat_map(|rule| rule.daemons().elements()) {
            if let Element::Pattern { text, .. } = element {
                named.extend(instance(&text));
            }
        }
    }
    // Of all names `unknown` alone is none that KNOWN means.
    let others = [b"sshd", OTHER.as_bytes(), UNKNOWN.as_bytes()];
    let mut daemons = drawn(named.into_iter().collect(), DAEMON_LIMIT);
    daemons.extend(others.map(<[u8]>::to_vec));
    daemons
}

/// A daemon that a pattern matches.
fn instance(text: &[u8]) -> Option<Vec<u8>> {
    let Process::Name(pattern) = DaemonPattern::read(text).process else {
        return None;
    };
    pattern.example()
}

/// A user for each pattern, one that no pattern names, and none.
fn users(trees: &[&Tree<'_>]) -> Vec<Vec<u8>> {
    let mut named = BTreeSet::new();
    for element in trees
        .iter()
        .flat_map(|tree| rules(tree))
        .flat_map(|rule| rule.clients().elements())
    {
        if let Element::Pattern { text, .. } = element {
            named.extend(
                ClientPattern::read(&text)
                    .user
                    .and_then(TextPattern::example),
            );
        }
    }
    let mut users = vec![Vec::new()];
    let is_asked = !named.is_empty();
    users.extend(drawn(named.into_iter().collect(), USER_LIMIT));
    if is_asked {
        users.push(OTHER.as_bytes().to_vec());
    }
    users
}

/// Everybody who is mentioned, with a name below each domain and each domain itself, and strangers;
/// and their neighbours.
fn clients(trees: &[&Tree<'_>]) -> (Vec<Client>, Vec<Client>) {
    let lines = trees.iter().flat_map(|tree| tree.lines());
    let mut clients: BTreeSet<Client> = lines.flat_map(meant_by).collect();
    let domains: Vec<Client> = clients
        .iter()
        .filter_map(|client| {
            let domain = client.name.as_deref()?.strip_prefix("host.")?;
            Some(Client {
                address: client.address.clone(),
                name: Some(domain.to_owned()),
            })
        })
        .collect();
    clients.extend(domains);
    let near: BTreeSet<Client> = clients.iter().flat_map(neighbours).collect();
    let mut all = Client::strangers();
    all.extend(clients);
    (all, near.into_iter().collect())
}

/// The addresses before and after, one in the next network, and the address with names.
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
    let step = all.len().div_ceil(most.max(1)).max(1);
    all.into_iter().step_by(step).collect()
}
