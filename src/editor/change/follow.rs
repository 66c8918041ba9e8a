//! Names that move: rules whose clients are the addresses that a name has.

use crate::edit::Edit;
use crate::editor::change::deciding::Deciding;
use crate::editor::change::expire::with_label;
use crate::editor::change::layout::Layout;
use crate::editor::change::line::put;
use crate::editor::change::named_clients::Elements;
use crate::editor::change::revoke::{Revocation, remaining};
use crate::editor::change::survey::{END, Position, Survey};
use crate::editor::change::worked_out::{Change, Note, Refusal};
use crate::editor::client::daemon::Daemon;
use crate::editor::client::label::{in_endings, in_style, labelled};
use crate::editor::client::pattern::Client;
use crate::editor::trial::asked::Asked;
use crate::editor::trial::table_pair::{Ground, Place};
use crate::engine::{Access, TableName};
use crate::metadata::{Bond, bond, identity};
use crate::policy::{Element, List, Rule, rules};
use crate::syntax::{LINE_LIMIT, parse};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The addresses that the rules of each name shall hold; a rule that shall hold none goes.
pub type NewAddresses = BTreeMap<String, BTreeSet<IpAddr>>;

/// A rule that follows a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowedRule {
    /// The name.
    pub name: String,
    /// For which daemons.
    pub daemons: Vec<Daemon>,
    /// The addresses that it holds; none if it has other clients, an exception or an option, so that
    /// nobody can keep them.
    pub addresses: Option<BTreeSet<IpAddr>>,
    /// Where it stands.
    pub place: Place,
}

/// The rules that follow a name, the allow table first.
pub fn followed(ground: &Ground<'_>) -> Vec<FollowedRule> {
    let of = |table: TableName| {
        rules(ground.tree(table)).filter_map(move |rule| {
            let name = bond_of(rule)?.label.follow?;
            let plain = plain(rule);
            let (daemons, addresses) = plain.map_or((Vec::new(), None), |(daemons, addresses)| {
                (daemons, Some(addresses))
            });
            Some(FollowedRule {
                name,
                daemons,
                addresses,
                place: ground.place(table, rule.line().index()),
            })
        })
    };
    of(TableName::Allow).chain(of(TableName::Deny)).collect()
}

/// The comment that says that a rule follows a name.
fn bond_of<'t, 's>(rule: Rule<'t, 's>) -> Option<Bond<'t, 's>> {
    bond(rule).filter(|bond| bond.is_named && bond.label.follow.is_some())
}

/// The daemons and the addresses of a rule that has nothing else.
fn plain(rule: Rule<'_, '_>) -> Option<(Vec<Daemon>, BTreeSet<IpAddr>)> {
    if rule.has_options() {
        return None;
    }
    let daemons = words(rule.daemons())?;
    let daemons: Result<Vec<Daemon>, _> = daemons.iter().map(|word| Daemon::parse(word)).collect();
    let clients = words(rule.clients())?;
    let addresses = clients
        .iter()
        .map(|word| address(&Client::parse(word).ok()?));
    Some((daemons.ok()?, addresses.collect::<Option<_>>()?))
}

fn words(list: List<'_, '_>) -> Option<Vec<String>> {
    let word = |element: Element<'_>| match element {
        Element::Except { .. } => None,
        Element::Pattern { text, .. } => String::from_utf8(text.into_owned()).ok(),
    };
    list.elements().map(word).collect()
}

/// The address of a client that is one.
fn address(client: &Client) -> Option<IpAddr> {
    match *client {
        Client::Net4 { net, length: 32 } => Some(IpAddr::V4(Ipv4Addr::from_bits(net))),
        Client::Net6 { net, length: 128 } => Some(IpAddr::V6(Ipv6Addr::from_bits(net))),
        Client::Net4 { .. } | Client::Net6 { .. } | Client::Name(_) | Client::Domain(_) => None,
    }
}

/// The rule `daemons: addresses` in one line, which the style of the table may fold.
fn text<'a>(daemons: &[Daemon], addresses: impl Iterator<Item = &'a Client>) -> Vec<u8> {
    let daemons: Vec<String> = daemons.iter().map(ToString::to_string).collect();
    let clients: Vec<String> = addresses.map(ToString::to_string).collect();
    format!("{}: {}\n", daemons.join(" "), clients.join(" ")).into_bytes()
}

/// The edits after which the rules of these names hold their addresses; `now` has the form of
/// [`crate::editor::Label::since`].
///
/// # Errors
/// When a rule would be longer than libwrap reads.
pub fn follow(ground: &Ground<'_>, wanted: &NewAddresses, now: &str) -> Result<Change, Refusal> {
    let mut change = Change::default();
    for table in [TableName::Allow, TableName::Deny] {
        let tree = ground.tree(table);
        for rule in rules(tree) {
            let Some((bond, daemons, new)) = moved(rule, wanted) else {
                continue;
            };
            if new.is_empty() {
                for span in with_label(rule) {
                    change.edits.push(table, Edit::delete(span));
                }
                continue;
            }
            let clients: Vec<Client> = new.iter().copied().map(Client::host).collect();
            let line = text(&daemons, clients.iter());
            if line.len() > LINE_LIMIT {
                return Err(Refusal::LineTooLong);
            }
            let line = in_style(tree, &line);
            if let Some(of) = parse(&line).line(0).and_then(Rule::of) {
                let mut label = bond.label.clone();
                label.since = Some(now.to_owned());
                let comment = label.line(&identity(of)).into_bytes();
                let comment = Edit::replace(bond.line.span(), in_endings(tree, comment));
                change.edits.push(table, comment);
            }
            change
                .edits
                .push(table, Edit::replace(rule.line().span(), line));
        }
    }
    Ok(change)
}

/// The comment, the daemons and the new addresses of a rule that shall hold others than it does.
fn moved<'t, 's, 'w>(
    rule: Rule<'t, 's>,
    wanted: &'w NewAddresses,
) -> Option<(Bond<'t, 's>, Vec<Daemon>, &'w BTreeSet<IpAddr>)> {
    let bond = bond_of(rule)?;
    let new = wanted.get(bond.label.follow.as_deref()?)?;
    let (daemons, old) = plain(rule)?;
    (old != *new).then_some((bond, daemons, new))
}

/// After planning: the rules of these names hold their addresses, and every other one is what it was.
///
/// # Errors
/// When that does not hold.
pub fn verify_follow(
    before: &Ground<'_>,
    after: &Ground<'_>,
    wanted: &NewAddresses,
) -> Result<(), Refusal> {
    let wrong = |what: &str| Err(Refusal::Internal(what.to_owned()));
    for table in [TableName::Allow, TableName::Deny] {
        let mut left = rules(after.tree(table));
        for rule in rules(before.tree(table)) {
            let Some((bond, daemons, new)) = moved(rule, wanted) else {
                if left.next().map(Rule::text) != Some(rule.text()) {
                    return wrong("a rule would change that follows no name");
                }
                continue;
            };
            if new.is_empty() {
                continue;
            }
            let is_it = left.next().is_some_and(|is| {
                let follows = bond_of(is).and_then(|bond| bond.label.follow);
                follows == bond.label.follow && plain(is) == Some((daemons, new.clone()))
            });
            if !is_it {
                return wrong("a rule would not hold the addresses of its name");
            }
        }
        if left.next().is_some() {
            return wrong("a rule would be there that nobody asked for");
        }
    }
    Ok(())
}

/// By which rules the addresses of these names are still refused: something else comes before.
pub fn overruled(after: &Ground<'_>, wanted: &NewAddresses) -> Vec<Note> {
    let mut notes = Vec::new();
    for rule in followed(after) {
        let is_meant = wanted.contains_key(&rule.name) && rule.place.table == TableName::Allow;
        let addresses = rule.addresses.filter(|_| is_meant).unwrap_or_default();
        let clients: Vec<Client> = addresses.into_iter().map(Client::host).collect();
        let asked = Revocation {
            clients: &clients,
            followed: &[],
            daemons: &rule.daemons,
            by: None,
        };
        let denied = |note: &Note| {
            matches!(
                note,
                Note::Remains {
                    access: Access::Denied,
                    ..
                }
            )
        };
        let found = remaining(after, &asked).into_iter().filter(denied);
        let new: Vec<Note> = found.filter(|note| !notes.contains(note)).collect();
        notes.extend(new);
    }
    notes
}

/// The edits that let a name in by its addresses, the clients of `asked`, in a rule of its own whose
/// label says that it follows the name.
///
/// # Errors
/// When a rule contradicts, or the table cannot be added to.
pub fn follow_new(ground: &Ground<'_>, name: &str, asked: &Asked) -> Result<Change, Refusal> {
    let mut change = Change::default();
    let mut missing = asked.daemons().to_vec();
    for rule in followed(ground).iter().filter(|rule| rule.name == name) {
        missing.retain(|daemon| {
            let is_held = rule.place.table == asked.wish().table()
                && rule.addresses.is_some()
                && (rule.daemons.contains(daemon) || rule.daemons.contains(&Daemon::All));
            if is_held {
                change.notes.push(Note::Held {
                    client: Some(Client::Name(name.to_owned())),
                    daemon: daemon.clone(),
                    access: asked.wish().access(),
                    place: rule.place.clone(),
                });
            }
            !is_held
        });
    }
    if missing.is_empty() {
        return Ok(change);
    }
    let position = position(ground, asked, &missing, &mut change)?;
    let table = asked.wish().table();
    let line = text(&missing, asked.clients().iter());
    if line.len() > LINE_LIMIT {
        return Err(Refusal::LineTooLong);
    }
    let rule = in_style(ground.tree(table), &line);
    let text = labelled(asked.label.as_ref(), rule);
    put(
        &mut change,
        ground,
        table,
        (position != END).then_some(position),
        text,
    )?;
    Ok(change)
}

/// Where the rule goes: before the first that would refuse one of the clients, else after the last
/// that admits one.
fn position(
    ground: &Ground<'_>,
    asked: &Asked,
    daemons: &[Daemon],
    change: &mut Change,
) -> Result<Position, Refusal> {
    let count = asked.count();
    let elements = Elements::new(ground, count);
    let deciding = Deciding::of(ground, asked);
    let (mut missing, mut held) = (None::<Position>, None::<Position>);
    for (number, client) in asked.clients().iter().enumerate() {
        for daemon in daemons {
            let layout = Layout::of(ground, asked.wish(), daemon);
            let mut survey = Survey::new(ground, asked.wish(), client, daemon, layout);
            survey.ask(count)?;
            survey.ask_deciders(deciding.about(number))?;
            survey.check_named(&elements, &mut change.notes)?;
            survey.note_exceptions(&mut change.notes);
            if let Some(position) = survey.missing {
                missing = Some(missing.map_or(position, |is| is.min(position)));
            } else {
                held = held.max(survey.held.values().map(|rule| rule.line + 1).max());
            }
        }
    }
    let last = |line: Position| ground.tree(asked.wish().table()).line(line).is_none();
    Ok(match (missing, held) {
        (Some(position), _) => position,
        (None, Some(line)) if !last(line) => line,
        (None, Some(_) | None) => END,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::apply;
    use crate::engine::Bare;
    use crate::metadata::{Label, strays};

    fn table(name: &str, rule: &str) -> String {
        let label = Label {
            since: Some("2026-11-01T00:00:00Z".to_owned()),
            follow: Some(name.to_owned()),
            ..Label::default()
        };
        String::from_utf8(labelled(Some(&label), rule.as_bytes().to_vec())).unwrap()
    }

    fn wanted(name: &str, addresses: &str) -> NewAddresses {
        let addresses = addresses.split_whitespace();
        let addresses = addresses.map(|text| text.parse().unwrap()).collect();
        BTreeMap::from([(name.to_owned(), addresses)])
    }

    fn after(allow: &str, wanted: &NewAddresses) -> String {
        let (tree, empty) = (parse(allow.as_bytes()), parse(b""));
        let before = Ground::new(&tree, &empty, &Bare);
        let change = follow(&before, wanted, "2026-11-27T00:00:00Z").unwrap();
        let new = apply(allow.as_bytes(), &change.edits.allow).unwrap();
        let planned = parse(&new);
        let ground = Ground::new(&planned, &empty, &Bare);
        assert_eq!(verify_follow(&before, &ground, wanted), Ok(()));
        assert!(strays(&planned).is_empty());
        String::from_utf8(new.clone()).unwrap()
    }

    #[test]
    fn only_the_rules_of_a_name_change_and_a_change_back_is_the_same_rule() {
        let own = table("home.example", "sshd: 45.0.0.1 [2a00::1]\n");
        let others = format!(
            "# mine\nsshd: 45.0.0.1\n{}",
            table("other.example", "ALL: 45.0.0.1\n")
        );
        let allow = format!("{others}\n{own}vsftpd: 45.0.0.1\n");
        let same = wanted("home.example", "2a00::1 45.0.0.1");
        assert_eq!(after(&allow, &same), allow);
        let new = after(&allow, &wanted("home.example", "45.0.0.9"));
        assert!(new.starts_with(&others), "{new}");
        assert!(
            new.ends_with("\nsshd: 45.0.0.9\nvsftpd: 45.0.0.1\n"),
            "{new}"
        );
        assert!(new.contains("since=2026-11-27T00:00:00Z follow=home.example\nsshd: 45.0.0.9\n"));
        let gone = after(&allow, &wanted("home.example", ""));
        assert_eq!(gone, format!("{others}\nvsftpd: 45.0.0.1\n"));
    }

    #[test]
    fn sixteen_long_addresses_are_one_rule_and_are_found_again() {
        let all: Vec<String> = (0..16)
            .map(|n| format!("2a00:1111:2222:3333:4444:5555:6666:{n:x}777"))
            .collect();
        let allow = table("home.example", "sshd vsftpd: 45.0.0.1\n");
        let wide = after(&allow, &wanted("home.example", &all.join(" ")));
        assert!(wide.lines().all(|line| line.len() <= 100), "{wide}");
        assert_eq!(
            after(&wide, &wanted("home.example", "45.0.0.1")),
            allow.replace("2026-11-01", "2026-11-27")
        );
    }

    #[test]
    fn a_rule_with_more_than_addresses_is_left_alone() {
        for rule in [
            "sshd: 45.0.0.1 EXCEPT 45.0.0.2\n",
            "sshd: 45.0.0.0/24\n",
            "sshd: home.example\n",
            "sshd: 45.0.0.1: severity info\n",
            "sshd EXCEPT vsftpd: 45.0.0.1\n",
        ] {
            let allow = table("home.example", rule);
            assert_eq!(after(&allow, &wanted("home.example", "45.0.0.9")), allow);
            let (tree, empty) = (parse(allow.as_bytes()), parse(b""));
            let found = followed(&Ground::new(&tree, &empty, &Bare));
            assert_eq!(found.len(), 1);
            assert!(found.iter().all(|rule| rule.addresses.is_none()));
        }
    }

    #[test]
    fn what_is_verified_can_fail() {
        let allow = table("home.example", "sshd: 45.0.0.1\n");
        let other = allow.replace("45.0.0.1", "45.0.0.2");
        let trees = [allow.as_bytes(), other.as_bytes(), b"", b"x: y\n"].map(parse);
        let [one, two, empty, more] = &trees;
        let ground = |tree| Ground::new(tree, empty, &Bare);
        let wanted = wanted("home.example", "45.0.0.2");
        // The comment of the other one names another rule.
        for after in [one, two, empty, more] {
            assert!(verify_follow(&ground(one), &ground(after), &wanted).is_err());
        }
    }
}
