//! After planning: what was asked for holds, and nothing else has changed.

use crate::editor::change::deciding::{Deciding, Found};
use crate::editor::change::revoke::Revocation;
use crate::editor::change::worked_out::{Change, Note, Refusal};
use crate::editor::client::pattern::Client;
use crate::editor::client::reach::{Reach, Relation};
use crate::editor::trial::asked::{Asked, Wish};
use crate::editor::trial::cover::{Cover, is_daemon, is_plainly_listed};
use crate::editor::trial::sample::{MANY, drawn, hosts_of_many, strangers};
use crate::editor::trial::table_pair::Ground;
use crate::editor::trial::tried_daemons::Daemons;
use crate::engine::{Access, Cause, Host, HostName, Request, TableName, Verdict};
use std::iter;

/// Checks the plan of [`crate::editor::list`].
///
/// # Errors
/// [`Refusal::Internal`], or [`Refusal::Unterminated`] where ending the last line of a table is
/// what changes something for others.
pub fn verify_list(
    before: &Ground<'_>,
    after: &Ground<'_>,
    asked: &Asked,
    change: &Change,
) -> Result<(), Refusal> {
    let is_plain = asked.count() > MANY && before.has_no_rules() && is_plainly_listed(after, asked);
    for (client, daemon) in asked.pairs().filter(|_| !is_plain) {
        for host in hosts_of_many(client, asked.count()) {
            for request in Daemons::of(daemon, before.daemons()).requests(&host) {
                let now = after.decide(&request);
                if !is_as_wished(asked.wish(), &now) && !has_own_rule(after, &now, client) {
                    return Err(does_not_hold(change, &request));
                }
            }
        }
    }
    if !is_plain {
        check_deciders(after, asked, change)?;
    }
    let cover = Cover::new(asked.clients());
    unchanged(before, after, change, |request, _, _| {
        let mut daemons = asked.daemons().iter();
        daemons.any(|daemon| is_daemon(daemon, request)) && cover.is_about(request)
    })
}

/// Whatever decides about a client asked for does what is wished, or is reported of as an exception.
fn check_deciders(after: &Ground<'_>, asked: &Asked, change: &Change) -> Result<(), Refusal> {
    let deciding = Deciding::of(after, asked);
    for (number, client) in asked.clients().iter().enumerate() {
        let is_told = change
            .notes
            .iter()
            .any(|note| matches!(note, Note::Exception { client: of, .. } if of == client));
        for found in deciding.about(number) {
            let Found::Sure(request) = found else {
                continue;
            };
            let now = after.decide(request);
            if !is_as_wished(asked.wish(), &now) && !is_told && !has_own_rule(after, &now, client) {
                return Err(does_not_hold(change, request));
            }
        }
    }
    Ok(())
}

/// Checks a plan after which nobody may get in who did not. Who is kept out is reported of as the effect.
///
/// # Errors
/// As [`verify_list`].
pub fn verify_default(
    before: &Ground<'_>,
    after: &Ground<'_>,
    change: &Change,
) -> Result<(), Refusal> {
    unchanged(before, after, change, |_, _, is| {
        is.access == Access::Denied
    })
}

/// Checks the plan of [`crate::editor::deny_all`].
///
/// # Errors
/// As [`verify_list`]; and when a rule makes it depend on a command (F-ACL-05).
pub fn verify_deny_all(
    before: &Ground<'_>,
    after: &Ground<'_>,
    change: &Change,
) -> Result<(), Refusal> {
    unchanged(before, after, change, |_, was, is| {
        was.cause == Cause::NoRule && is.access == Access::Denied
    })?;
    for host in strangers() {
        for request in Daemons::some().requests(&host) {
            if let Cause::Undecided(undecided) = after.decide(&request).cause {
                return Err(Refusal::Undecided(undecided.what));
            }
        }
    }
    Ok(())
}

/// Checks the plan of [`crate::editor::revoke`]: nothing changes for anybody else.
///
/// # Errors
/// As [`verify_list`].
pub fn verify_revoke(
    before: &Ground<'_>,
    after: &Ground<'_>,
    asked: &Revocation<'_>,
    change: &Change,
) -> Result<(), Refusal> {
    let clients = [asked.clients, asked.followed].concat();
    let cover = Cover::new(&clients);
    unchanged(before, after, change, |request, _, _| {
        let mut daemons = asked.daemons.iter();
        let is_asked = asked.daemons.is_empty() || daemons.any(|one| is_daemon(one, request));
        is_asked && cover.is_about(request)
    })
}

/// Checks a plan after which nobody may be refused who was not.
///
/// # Errors
/// As [`verify_list`].
pub fn verify_open(
    before: &Ground<'_>,
    after: &Ground<'_>,
    change: &Change,
) -> Result<(), Refusal> {
    unchanged(before, after, change, |_, _, is| {
        is.access == Access::Granted
    })
}

fn is_as_wished(wish: Wish, verdict: &Verdict) -> bool {
    match wish {
        Wish::Grant => {
            verdict.access == Access::Granted
                && matches!(verdict.cause, Cause::Rule { matched, .. } if matched.table == TableName::Allow)
        }
        Wish::Refuse => verdict.access == Access::Denied,
    }
}

/// Whether a rule about some of the clients only came first: those are noted as exceptions.
fn has_own_rule(ground: &Ground<'_>, verdict: &Verdict, client: &Client) -> bool {
    ground.decider(verdict).is_some_and(|rule| {
        Reach::of(&ground.client_element(&rule)).relation(client) == Relation::Narrower
    })
}

/// Tries clients of the tables and clients of no table; `explains` tells whether the change may
/// change a verdict.
fn unchanged(
    before: &Ground<'_>,
    after: &Ground<'_>,
    change: &Change,
    explains: impl Fn(&Request, &Verdict, &Verdict) -> bool,
) -> Result<(), Refusal> {
    let repaired = change.repaired();
    // Those of the planned tables, so that a line that comes alive is among them.
    let daemons = after.daemons();
    let mut tried = strangers();
    tried.extend(drawn(after));
    let users = [before.mentions().users(), after.mentions().users()];
    let requests = tried.iter().flat_map(|host| {
        let names = before
            .mentions()
            .names()
            .iter()
            .chain(after.mentions().names());
        let others = names.map(|name| Host::new(host.address(), HostName::new(name)));
        let hosts = iter::once(host.clone()).chain(others);
        hosts.flat_map(|host| daemons.requests(&host))
    });
    for plain in requests {
        // The first user is that of a request as it is.
        let known = users.iter().flat_map(|users| users.iter().skip(1));
        let known = known.map(|user| plain.clone().with_user(user));
        for request in iter::once(plain.clone()).chain(known) {
            let (was, is) = (before.decide(&request), after.decide(&request));
            if was.access == is.access || explains(&request, &was, &is) {
                continue;
            }
            return Err(match repaired {
                Some(place) => Refusal::Unterminated(place.clone()),
                None => unexpected("something else would change", &request),
            });
        }
    }
    Ok(())
}

/// A rule that comes alive is against what was asked for, or this is a defect.
fn does_not_hold(change: &Change, request: &Request) -> Refusal {
    match change.repaired() {
        Some(place) => Refusal::Unterminated(place.clone()),
        None => unexpected("what was asked for does not hold", request),
    }
}

fn unexpected(what: &str, request: &Request) -> Refusal {
    let show = |bytes: &[u8]| crate::escape::visible(bytes);
    Refusal::Internal(format!(
        "{what}: daemon {}, client {} named {}",
        show(request.daemon()),
        show(request.client().address()),
        show(request.client().name().as_bytes())
    ))
}
