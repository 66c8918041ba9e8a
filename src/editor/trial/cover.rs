//! Many clients, asked whether a request or an element of a table is about one of them.

use crate::editor::client::daemon::Daemon;
use crate::editor::client::pattern::Client;
use crate::editor::client::reach::Reach;
use crate::editor::trial::asked::Asked;
use crate::editor::trial::table_pair::Ground;
use crate::engine::{Request, TableName};
use crate::policy::{Element, rules};
use std::borrow::Cow;
use std::iter;

/// Clients in order.
#[derive(Debug)]
pub(crate) struct Cover<'c>(Cow<'c, [Client]>);

impl<'c> Cover<'c> {
    pub(crate) fn new(clients: &'c [Client]) -> Self {
        if clients.is_sorted() {
            return Self(Cow::Borrowed(clients));
        }
        let mut clients = clients.to_vec();
        clients.sort_unstable();
        Self(Cow::Owned(clients))
    }

    /// Whether one of them is `client` or holds it.
    pub(crate) fn holds(&self, client: &Client) -> bool {
        let is_it = |holder: &Client| self.0.binary_search(holder).is_ok();
        client.find_holder(is_it).is_some()
    }

    /// Whether one of them is the client of `request`, by its address or its name.
    pub(crate) fn is_about(&self, request: &Request) -> bool {
        Client::of_request(request).any(|client| self.holds(&client))
    }
}

/// The domains that a name is in.
pub(crate) fn parents(name: &str) -> impl Iterator<Item = Client> {
    let mut rest = name;
    iter::from_fn(move || {
        rest = rest.split_once('.')?.1;
        Some(Client::Domain(rest.to_owned()))
    })
}

/// Whether every client asked for is on the list by the shape of the tables alone: the one table has
/// no rules, and those of the other are nothing but the daemon asked for and clients, so that their
/// order does not matter.
pub(crate) fn is_plainly_listed(after: &Ground<'_>, asked: &Asked) -> bool {
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
    // Mostly they are listed as they are asked for.
    let mut wanted = asked.clients();
    let mut listed = Vec::new();
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
            match (Reach::of(&text).client(), wanted) {
                (Some(client), [first, rest @ ..]) if client == *first => wanted = rest,
                (client, _) => listed.extend(client),
            }
        }
    }
    let listed = Cover::new(&listed);
    wanted.iter().all(|client| listed.holds(client))
}

/// Whether the daemon of a request is one that is meant.
pub(crate) fn is_daemon(daemon: &Daemon, request: &Request) -> bool {
    match daemon {
        Daemon::All => true,
        Daemon::Named(name) => request.daemon().eq_ignore_ascii_case(name.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::client::reach::{Relation, relation};
    use crate::editor::trial::asked::Wish;
    use crate::engine::{Bare, Host, HostName};
    use crate::syntax::parse;

    fn clients(words: &str) -> Vec<Client> {
        let words = words.split_whitespace();
        words.map(|word| Client::parse(word).unwrap()).collect()
    }

    #[test]
    fn what_holds_a_client_is_found_as_by_comparing_each() {
        let all = clients(
            "10.0.0.0/8 10.1.2.3 192.0.2.0/25 192.0.2.128/25 192.0.2.7 0.0.0.0/1 2001:db8::/32 \
             2001:db8::1 8000::/1 example.org a.example.org .example.org .b.example.org .org",
        );
        for skipped in 0..all.len() {
            let mut some = all.clone();
            some.remove(skipped);
            some.rotate_left(skipped);
            let cover = Cover::new(&some);
            for client in &all {
                let is_held = some.iter().any(|one| {
                    matches!(relation(client, one), Relation::Same | Relation::Narrower)
                });
                assert_eq!(cover.holds(client), is_held, "{client} in {some:?}");
            }
        }
    }

    #[test]
    fn requests_are_known_by_address_or_name() {
        let asked = clients("10.0.0.0/8 .example.org");
        let cover = Cover::new(&asked);
        for (address, name, expected) in [
            ("10.1.2.3", "unknown", true),
            ("11.1.2.3", "A.Example.org", true),
            ("11.1.2.3", "example.org", false),
            ("::ffff:10.1.2.3", "paranoid", true),
        ] {
            let request = Request::new("sshd", Host::new(address, HostName::new(name)));
            assert_eq!(cover.is_about(&request), expected, "{address} {name}");
        }
    }

    #[test]
    fn only_a_plain_list_of_all_clients_is_one() {
        let asked = Asked::new(
            Wish::Refuse,
            clients("10.0.0.1 10.0.0.2 10.0.0.3"),
            Vec::new(),
        );
        for (allow, deny, expected) in [
            ("", "ALL: 10.0.0.1 10.0.0.2\n# x\nALL: 10.0.0.3\n", true),
            ("", "ALL: 10.0.0.3 10.0.0.2 10.0.0.1\n", true),
            ("", "ALL: 10.0.0.0/30\n", true),
            ("", "ALL: 10.0.0.1 10.0.0.2\n", false),
            ("", "ALL: 10.0.0.0/30 EXCEPT 10.0.0.3\n", false),
            ("", "ALL: 10.0.0.0/30: allow\n", false),
            ("", "sshd: 10.0.0.0/30\n", false),
            ("", "ALL EXCEPT sshd: 10.0.0.0/30\n", false),
            ("", "ALL: 10.0.0.0/30", false),
            ("ALL: 10.0.0.1\n", "ALL: 10.0.0.0/30\n", false),
        ] {
            let (allow_tree, deny_tree) = (parse(allow.as_bytes()), parse(deny.as_bytes()));
            let ground = Ground::new(&allow_tree, &deny_tree, &Bare);
            assert_eq!(
                is_plainly_listed(&ground, &asked),
                expected,
                "{allow} {deny}"
            );
        }
    }
}
