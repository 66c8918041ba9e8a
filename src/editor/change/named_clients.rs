//! The elements of the tables that name a client asked for, or some of it.

use crate::editor::client::pattern::Client;
use crate::editor::client::reach::{Reach, Relation, relation};
use crate::editor::trial::rule_parts::patterns;
use crate::editor::trial::table_pair::Ground;
use crate::engine::TableName;
use crate::policy::rules;
use std::collections::BTreeMap;
use std::ops::Bound;

/// As many elements as are tried for one client.
const LIMIT: usize = 48;
/// More clients than this are worth an index of the elements.
const INDEX_FROM: usize = 8;

/// An element of a table that names the client asked for, or some of it.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    /// The table.
    pub(crate) table: TableName,
    /// Index of the line.
    pub(crate) line: usize,
    /// The client it names.
    pub(crate) client: Client,
    /// Whether it is an exception of its rule.
    pub(crate) is_excepted: bool,
}

/// The elements of both tables, by what they name if many clients are asked for.
pub(crate) struct Elements<'g, 'a> {
    ground: &'g Ground<'a>,
    index: Option<BTreeMap<Key, Vec<Named>>>,
}

/// Clients in an order in which what is within another follows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Net4(u32, u8),
    Net6(u128, u8),
    /// The name from its end.
    Name(Vec<u8>),
}

impl Key {
    fn of(client: &Client) -> Self {
        match client {
            Client::Net4 { net, length } => Self::Net4(*net, *length),
            Client::Net6 { net, length } => Self::Net6(*net, *length),
            Client::Name(name) | Client::Domain(name) => Self::Name(name.bytes().rev().collect()),
        }
    }

    /// Whether a later key can still be within `self`.
    fn may_hold(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Net4(net, length), Self::Net4(other, _)) => {
                let host = u32::MAX.checked_shr(u32::from(*length)).unwrap_or(0);
                *other <= net | host
            }
            (Self::Net6(net, length), Self::Net6(other, _)) => {
                let host = u128::MAX.checked_shr(u32::from(*length)).unwrap_or(0);
                *other <= net | host
            }
            (Self::Name(name), Self::Name(other)) => other.starts_with(name),
            (Self::Net4(..) | Self::Net6(..) | Self::Name(_), _) => false,
        }
    }
}

impl<'g, 'a> Elements<'g, 'a> {
    /// For questions about `count` clients.
    pub(crate) fn new(ground: &'g Ground<'a>, count: usize) -> Self {
        let mut index = (count > INDEX_FROM).then(BTreeMap::new);
        if let Some(index) = &mut index {
            for named in all(ground) {
                let of_key: &mut Vec<Named> = index.entry(Key::of(&named.client)).or_default();
                of_key.push(named);
            }
        }
        Self { ground, index }
    }

    /// Those that name `client` or some of it, evenly drawn if they are many.
    pub(crate) fn within(&self, client: &Client) -> Vec<Named> {
        let is_within = |named: &Named| {
            matches!(
                relation(&named.client, client),
                Relation::Same | Relation::Narrower
            )
        };
        let found: Vec<Named> = match &self.index {
            None => all(self.ground).filter(is_within).collect(),
            Some(index) => {
                // Its own key is the least of those within.
                let key = Key::of(client);
                let range = (Bound::Included(key.clone()), Bound::Unbounded);
                let near = index.range(range).take_while(|(one, _)| key.may_hold(one));
                let near = near.flat_map(|(_, named)| named);
                near.filter(|named| is_within(named)).cloned().collect()
            }
        };
        let step = found.len().div_ceil(LIMIT).max(1);
        found.into_iter().step_by(step).collect()
    }
}

fn all<'g>(ground: &'g Ground<'_>) -> impl Iterator<Item = Named> + 'g {
    [TableName::Allow, TableName::Deny]
        .into_iter()
        .flat_map(move |table| {
            rules(ground.tree(table)).flat_map(move |rule| {
                let line = rule.line().index();
                patterns(rule.clients().elements()).filter_map(move |(text, is_excepted)| {
                    let Reach::Some(client) = Reach::of(&text) else {
                        return None;
                    };
                    Some(Named {
                        table,
                        line,
                        client,
                        is_excepted,
                    })
                })
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Bare;
    use crate::syntax::parse;

    #[test]
    fn the_index_finds_what_a_walk_finds() {
        let allow = parse(
            b"ALL: 10.0.0.1 10.0.0.0/24 10.0.1.0/24 10. [2001:db8::1] [2001:db8::]/32\n\
              sshd: a.example.org example.org .example.org .b.example.org xexample.org EXCEPT 10.0.0.7\n",
        );
        let deny = parse(b"ALL: 10.0.0.255 0.0.0.0/1 [2001:db9::] .org\n");
        let ground = Ground::new(&allow, &deny, &Bare);
        let (walk, index) = (Elements::new(&ground, 1), Elements::new(&ground, 100));
        for asked in [
            "10.0.0.0/24",
            "10.0.0.0/23",
            "10.0.0.1",
            "0.0.0.0/1",
            "128.0.0.0/1",
            "2001:db8::/31",
            "8000::/1",
            "2001:db8::1",
            ".example.org",
            ".org",
            "a.example.org",
            "example.org",
        ] {
            let client = Client::parse(asked).unwrap();
            let found = |elements: &Elements<'_, '_>| {
                let mut found: Vec<_> = elements
                    .within(&client)
                    .iter()
                    .map(|named| (named.table, named.line, named.client.to_string()))
                    .collect();
                found.sort();
                found
            };
            assert_eq!(found(&walk), found(&index), "{asked}");
        }
    }
}
