//! Many clients, asked whether a request or an element of a table is about one of them.

use super::client::Client;
use super::daemon::Daemon;
use super::ground::Ground;
use super::listing::Asked;
use super::reach::{Reach, masked4, masked6};
use crate::engine::{Request, TableName};
use crate::policy::{Element, rules};
use std::iter;

/// Clients in order.
#[derive(Debug)]
pub(super) struct Cover(Vec<Client>);

impl Cover {
    pub(super) fn new(mut clients: Vec<Client>) -> Self {
        clients.sort_unstable();
        Self(clients)
    }

    /// Whether one of them is `client` or holds it.
    pub(super) fn holds(&self, client: &Client) -> bool {
        let has = |client: Client| self.0.binary_search(&client).is_ok();
        match *client {
            Client::Net4 { net, length } => (1..=length).rev().any(|length| {
                let net = masked4(net, length);
                has(Client::Net4 { net, length })
            }),
            Client::Net6 { net, length } => (1..=length).rev().any(|length| {
                let net = masked6(net, length);
                has(Client::Net6 { net, length })
            }),
            Client::Name(ref name) => has(client.clone()) || parents(name).any(has),
            Client::Domain(ref domain) => has(client.clone()) || parents(domain).any(has),
        }
    }

    /// Whether one of them is the client of `request`, by its address or its name.
    pub(super) fn is_about(&self, request: &Request) -> bool {
        let host = request.client();
        let text = |bytes: &[u8]| str::from_utf8(bytes).unwrap_or_default().to_owned();
        let address = text(host.address()).parse().map(Client::host).ok();
        let name = host
            .name()
            .is_known()
            .then(|| Client::Name(text(host.name().as_bytes()).to_ascii_lowercase()));
        let mut clients = address.into_iter().chain(name);
        clients.any(|client| self.holds(&client))
    }
}

/// The domains that a name is in.
fn parents(name: &str) -> impl Iterator<Item = Client> {
    let mut rest = name;
    iter::from_fn(move || {
        rest = rest.split_once('.')?.1;
        Some(Client::Domain(rest.to_owned()))
    })
}

/// Whether every client asked for is on the list by the shape of the tables alone: the one table has
/// no rules, and those of the other are nothing but the daemon asked for and clients, so that their
/// order does not matter.
pub(super) fn is_plainly_listed(after: &Ground<'_>, asked: &Asked) -> bool {
    let (tree, other) = match asked.wish().table() {
        TableName::Allow => (after.allow, after.deny),
        TableName::Deny => (after.deny, after.allow),
    };
    let Some(daemon) = asked.daemon().map(ToString::to_string) else {
        return false;
    };
    if tree.broken_line().is_some() || rules(other).next().is_some() {
        return false;
    }
    let mut listed = Vec::with_capacity(asked.count());
    for rule in rules(tree) {
        let mut daemons = rule.daemons().elements();
        let is_it = |element| matches!(element, Element::Pattern { text, .. } if *text == *daemon.as_bytes());
        if !daemons.next().is_some_and(is_it) || daemons.next().is_some() || rule.has_options() {
            return false;
        }
        for element in rule.clients().elements() {
            let Element::Pattern { text, .. } = element else {
                return false;
            };
            if let Reach::Some(client) = Reach::of(&text) {
                listed.push(client);
            }
        }
    }
    let listed = Cover::new(listed);
    asked.clients().iter().all(|client| listed.holds(client))
}

/// Whether the daemon of a request is one that is meant.
pub(super) fn is_daemon(daemon: &Daemon, request: &Request) -> bool {
    match daemon {
        Daemon::All => true,
        Daemon::Named(name) => request.daemon().eq_ignore_ascii_case(name.as_bytes()),
    }
}
