//! `revoke`: taking clients out of the rules that name them.

use crate::edit::{Edit, apply};
use crate::editor::change::expire::{own_label, with_label};
use crate::editor::change::worked_out::{Change, Note};
use crate::editor::client::daemon::Daemon;
use crate::editor::client::label::{in_endings, relabel};
use crate::editor::client::pattern::Client;
use crate::editor::client::reach::Reach;
use crate::editor::trial::sample::hosts;
use crate::editor::trial::table_pair::{Ground, Place};
use crate::editor::trial::tried_daemons::Daemons;
use crate::engine::TableName;
use crate::metadata::{bond, identity};
use crate::policy::{DaemonPattern, Element, Process, Rule, TextPattern, rules};
use crate::span::Span;
use crate::syntax::parse;
use std::collections::BTreeSet;

/// Who is to be taken out of which rules.
#[derive(Debug, Clone, Copy)]
pub struct Revocation<'a> {
    /// The clients.
    pub clients: &'a [Client],
    /// The addresses that rules hold for the names among them.
    pub followed: &'a [Client],
    /// Only from the lists of these daemons; none stands for all.
    pub daemons: &'a [Daemon],
    /// Only out of the rules whose labels name this author.
    pub by: Option<&'a str>,
}

/// The edits that take the clients out of every rule, of either table, that names exactly them; a
/// rule that names nobody else goes as a whole. What stands after `EXCEPT` stays. Of a rule for more
/// daemons than asked, the others keep what they have; a rule that does not name a daemon by its
/// name, such as `ALL`, stays.
pub fn revoke(ground: &Ground<'_>, asked: &Revocation<'_>) -> Change {
    let wanted: BTreeSet<&Client> = asked.clients.iter().collect();
    let mut change = Change::default();
    for table in [TableName::Allow, TableName::Deny] {
        for rule in rules(ground.tree(table)).filter(|rule| is_by(*rule, asked.by)) {
            for edit in edits(rule, &wanted, asked.daemons) {
                change.edits.push(table, edit);
            }
        }
    }
    change
}

/// By which rules of the tables the clients are still granted or denied.
pub fn remaining(after: &Ground<'_>, asked: &Revocation<'_>) -> Vec<Note> {
    let wanted: BTreeSet<&Client> = asked.clients.iter().collect();
    let all = after.daemons();
    let daemons: Vec<Daemons> = match asked.daemons {
        [] => vec![all.clone()],
        named => named.iter().map(|one| Daemons::of(one, all)).collect(),
    };
    let notes = wanted.into_iter();
    notes
        .flat_map(|client| remains(after, client, &daemons))
        .collect()
}

fn is_by(rule: Rule<'_, '_>, by: Option<&str>) -> bool {
    by.is_none_or(|by| {
        let label = own_label(rule);
        label.and_then(|label| label.by).as_deref() == Some(by.trim())
    })
}

/// What becomes of one rule.
fn edits(rule: Rule<'_, '_>, wanted: &BTreeSet<&Client>, daemons: &[Daemon]) -> Vec<Edit> {
    let clients = if follows(rule, wanted) {
        Some(Cuts::All)
    } else {
        client_cuts(rule, wanted)
    };
    let Some(clients) = clients else {
        return Vec::new();
    };
    let is_asked = asked_daemons(rule, daemons);
    let elements: Vec<Element<'_>> = rule.daemons().elements().collect();
    // Of the daemons that are not asked for, and of those that are.
    let (others, own) = match is_asked.as_deref() {
        None => (None, None),
        Some(is_asked) if !is_asked.contains(&true) => return Vec::new(),
        Some(is_asked) => {
            let is_other: Vec<bool> = is_asked.iter().map(|is| !is).collect();
            (
                cut(&elements, None, &is_other),
                cut(&elements, None, is_asked),
            )
        }
    };
    match (clients, others, own) {
        (Cuts::All, _, Some(Cuts::Some(own))) => cut_out(rule, &own),
        (Cuts::All, ..) => with_label(rule).into_iter().map(Edit::delete).collect(),
        (Cuts::Some(clients), Some(Cuts::Some(others)), Some(Cuts::Some(own))) => {
            let mut edits = cut_out(rule, &own);
            edits.extend(parted(rule, &[others, clients].concat()));
            edits
        }
        (Cuts::Some(clients), ..) => cut_out(rule, &clients),
    }
}

/// Whether a rule holds the addresses of a name that is wanted.
fn follows(rule: Rule<'_, '_>, wanted: &BTreeSet<&Client>) -> bool {
    let is_name = |client: &&&Client| matches!(client, Client::Name(_));
    if !wanted.iter().any(|client| is_name(&client)) {
        return false;
    }
    let name = own_label(rule).and_then(|label| label.follow);
    name.is_some_and(|name| wanted.contains(&Client::Name(name)))
}

/// Which of a rule's daemons are asked for, by their names; none if all are.
fn asked_daemons(rule: Rule<'_, '_>, daemons: &[Daemon]) -> Option<Vec<bool>> {
    if daemons.is_empty() || daemons.contains(&Daemon::All) {
        return None;
    }
    let elements = rule.daemons().elements();
    let is_asked = |element: Element<'_>| match element {
        // What is excepted belongs to the daemons before it, which then are not only these.
        Element::Except { .. } => None,
        Element::Pattern { text, .. } => Some(match DaemonPattern::read(&text).process {
            Process::Name(TextPattern::Exact(name)) => daemons.iter().any(|daemon| match daemon {
                Daemon::All => true,
                Daemon::Named(asked) => name.eq_ignore_ascii_case(asked.as_bytes()),
            }),
            Process::Name(_) | Process::Port(_) | Process::Overflow => false,
        }),
    };
    let count = rule.daemons().elements().count();
    let all: Option<Vec<bool>> = elements.map(is_asked).collect();
    let is_asked = all.unwrap_or_else(|| vec![false; count]);
    is_asked.contains(&false).then_some(is_asked)
}

/// The edits that cut parts out of a rule, and its comment for what is left.
fn cut_out(rule: Rule<'_, '_>, cuts: &[Span]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = cuts.iter().map(|span| Edit::delete(*span)).collect();
    edits.extend(relabelled(rule, cuts));
    edits
}

/// A rule of its own, after this one, for what is left of it without the parts.
fn parted(rule: Rule<'_, '_>, cuts: &[Span]) -> Option<Edit> {
    let line = rule.line();
    let rest = without(rule, cuts)?;
    let mut text = Vec::new();
    if let Some(bond) = bond(rule).filter(|bond| bond.is_named) {
        let tree = parse(&rest);
        let part = tree.line(0).and_then(Rule::of)?;
        let comment = bond.label.line(&identity(part)).into_bytes();
        text.extend(in_endings(line.tree(), comment));
    }
    text.extend(rest);
    Some(Edit::insert(line.span().end, text))
}

/// The bytes of a rule without parts of it.
fn without(rule: Rule<'_, '_>, cuts: &[Span]) -> Option<Vec<u8>> {
    let line = rule.line();
    let start = line.span().start;
    let moved: Vec<Edit> = cuts
        .iter()
        .map(|cut| Edit::delete(Span::new(cut.start - start, cut.end - start)))
        .collect();
    apply(line.span().of(line.tree().source()), &moved).ok()
}

/// The comment of a rule of which a part is cut out, for what is left of it.
fn relabelled(rule: Rule<'_, '_>, cuts: &[Span]) -> Option<Edit> {
    let bond = bond(rule).filter(|bond| bond.is_named)?;
    let text = without(rule, cuts)?;
    let tree = parse(&text);
    relabel(&bond, tree.line(0).and_then(Rule::of)?)
}

/// What is to be cut out of a list.
enum Cuts {
    /// All of it, so that nothing is left.
    All,
    /// These parts.
    Some(Vec<Span>),
}

/// What is to be cut out of a rule's clients; nothing if none of them is wanted.
fn client_cuts(rule: Rule<'_, '_>, wanted: &BTreeSet<&Client>) -> Option<Cuts> {
    // Up to the first EXCEPT; what follows is removed from these.
    let elements: Vec<Element<'_>> = rule.clients().elements().collect();
    let is_except = |element: &Element<'_>| matches!(element, Element::Except { .. });
    let end = elements.iter().position(is_except);
    let (named, rest) = elements.split_at(end.unwrap_or(elements.len()));
    let is_wanted: Vec<bool> = named
        .iter()
        .map(|element| is_one_of(element, wanted))
        .collect();
    cut(named, rest.first(), &is_wanted)
}

/// The parts of a list that hold what is wanted and its separators; `rest` follows the list.
fn cut(named: &[Element<'_>], rest: Option<&Element<'_>>, is_wanted: &[bool]) -> Option<Cuts> {
    if !is_wanted.contains(&true) {
        return None;
    }
    let Some(last_kept) = is_wanted.iter().rposition(|is_wanted| !is_wanted) else {
        return Some(Cuts::All);
    };
    let next = named.iter().skip(1).chain(rest);
    let mut cuts: Vec<Span> = named
        .iter()
        .zip(next)
        .zip(is_wanted)
        .take(last_kept)
        .filter(|(_, is_wanted)| **is_wanted)
        .map(|((element, next), _)| Span::new(element.span().start, next.span().start))
        .collect();
    // Those at the end go with the separators before them.
    if let (Some(kept), Some(last)) = (named.get(last_kept), named.last())
        && last_kept + 1 < named.len()
    {
        cuts.push(Span::new(kept.span().end, last.span().end));
    }
    Some(Cuts::Some(cuts))
}

/// Whether an element is exactly one of the clients, whoever their users are.
fn is_one_of(element: &Element<'_>, wanted: &BTreeSet<&Client>) -> bool {
    match element {
        Element::Pattern { text, .. } if !text.contains(&b'@') => match Reach::of(text) {
            Reach::Some(client) => wanted.contains(&client),
            Reach::Everybody | Reach::Vague | Reach::Nobody => false,
        },
        Element::Pattern { .. } | Element::Except { .. } => false,
    }
}

/// The rules that decide about a client for some daemons.
fn remains(ground: &Ground<'_>, client: &Client, daemons: &[Daemons]) -> Vec<Note> {
    let mut seen: BTreeSet<Place> = BTreeSet::new();
    let mut notes = Vec::new();
    for host in hosts(client) {
        for request in daemons.iter().flat_map(|of| of.requests(&host)) {
            let verdict = ground.decide(&request);
            let Some(rule) = ground.decider(&verdict) else {
                continue;
            };
            let place = ground.place_of(&rule);
            if seen.insert(place.clone()) {
                notes.push(Note::Remains {
                    client: client.clone(),
                    access: verdict.access,
                    place,
                });
            }
        }
    }
    notes
}
