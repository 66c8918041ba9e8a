//! Which rules decide about the clients asked for, under whatever name and user: worked out on sets,
//! not tried.

use super::client::Client;
use super::cover::Cover;
use super::ground::Ground;
use super::line::rules_for;
use super::listing::Asked;
use crate::engine::{Access, Decider, Host, HostName, Request, TableName, deciders};
use crate::syntax::parse;

/// As many clients are asked about one by one; more are asked about together.
const SINGLY: usize = 64;

/// Something that decides about a client asked for.
#[derive(Debug)]
pub(super) enum Found {
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

/// What decides about each client.
#[derive(Debug)]
pub(super) struct Deciding {
    /// For each client, or for all of them together.
    found: Vec<Vec<Found>>,
    is_each: bool,
}

impl Deciding {
    /// Works it out. Clients of too many kinds are left to be tried.
    pub(super) fn of(ground: &Ground<'_>, asked: &Asked) -> Self {
        let is_each = asked.count() <= SINGLY;
        let groups: Vec<&[Client]> = if is_each {
            asked.clients().chunks(1).collect()
        } else {
            vec![asked.clients()]
        };
        let found = groups
            .into_iter()
            .map(|clients| found(ground, asked, clients, !is_each))
            .collect();
        Self { found, is_each }
    }

    /// What decides about one client, which is the one of this number.
    pub(super) fn about<'f>(
        &'f self,
        number: usize,
        client: &'f Client,
    ) -> impl Iterator<Item = &'f Found> {
        let cover = (!self.is_each).then(|| Cover::new(std::slice::from_ref(client)));
        let group = self.found.get(if self.is_each { number } else { 0 });
        group.into_iter().flatten().filter(move |found| {
            cover.as_ref().is_none_or(|cover| match found {
                Found::Sure(request) => cover.is_about(request),
                Found::Perhaps { .. } => false,
            })
        })
    }
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
