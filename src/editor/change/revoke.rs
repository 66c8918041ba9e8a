//! `revoke`: taking clients out of the rules that name them.

use crate::edit::{Edit, apply};
use crate::editor::change::expire::{own_label, with_label};
use crate::editor::change::worked_out::{Change, Note};
use crate::editor::client::label::relabel;
use crate::editor::client::pattern::Client;
use crate::editor::client::reach::Reach;
use crate::editor::trial::sample::hosts;
use crate::editor::trial::table_pair::{Ground, Place};
use crate::engine::TableName;
use crate::metadata::bond;
use crate::policy::{Element, Rule, rules};
use crate::span::Span;
use crate::syntax::parse;
use std::collections::BTreeSet;

/// The edits that take `clients` out of every rule, of either table, that names exactly them; a
/// rule that names nobody else goes as a whole. What stands after `EXCEPT` stays. With `by`, only
/// out of the rules whose labels name this author.
pub fn revoke(ground: &Ground<'_>, clients: &[Client], by: Option<&str>) -> Change {
    let wanted: BTreeSet<&Client> = clients.iter().collect();
    let mut change = Change::default();
    for table in [TableName::Allow, TableName::Deny] {
        for rule in rules(ground.tree(table)).filter(|rule| is_by(*rule, by)) {
            let cuts = cuts(rule, &wanted);
            for span in &cuts {
                change.edits.push(table, Edit::delete(*span));
            }
            if let Some(edit) = relabelled(rule, &cuts) {
                change.edits.push(table, edit);
            }
        }
    }
    change
}

/// By which rules of the tables the clients are still granted or denied.
pub fn remaining(after: &Ground<'_>, clients: &[Client]) -> Vec<Note> {
    let wanted: BTreeSet<&Client> = clients.iter().collect();
    let notes = wanted.into_iter().flat_map(|client| remains(after, client));
    notes.collect()
}

fn is_by(rule: Rule<'_, '_>, by: Option<&str>) -> bool {
    by.is_none_or(|by| {
        let label = own_label(rule);
        label.and_then(|label| label.by).as_deref() == Some(by.trim())
    })
}

/// The comment of a rule of which a part is cut out, for what is left of it.
fn relabelled(rule: Rule<'_, '_>, cuts: &[Span]) -> Option<Edit> {
    let bond = bond(rule).filter(|bond| bond.is_named)?;
    let line = rule.line();
    let is_inside = |cut: &Span| line.span().start < cut.start && cut.end < line.span().end;
    if cuts.is_empty() || !cuts.iter().all(is_inside) {
        return None;
    }
    let moved: Vec<Edit> = cuts
        .iter()
        .map(|cut| {
            let start = line.span().start;
            Edit::delete(Span::new(cut.start - start, cut.end - start))
        })
        .collect();
    let text = apply(line.span().of(line.tree().source()), &moved).ok()?;
    let tree = parse(&text);
    relabel(&bond, tree.line(0).and_then(Rule::of)?)
}

/// What is to be cut out of a rule.
fn cuts(rule: Rule<'_, '_>, wanted: &BTreeSet<&Client>) -> Vec<Span> {
    // Up to the first EXCEPT; what follows is removed from these.
    let elements: Vec<Element<'_>> = rule.clients().elements().collect();
    let is_except = |element: &Element<'_>| matches!(element, Element::Except { .. });
    let end = elements.iter().position(is_except);
    let (named, rest) = elements.split_at(end.unwrap_or(elements.len()));
    let is_wanted: Vec<bool> = named
        .iter()
        .map(|element| is_one_of(element, wanted))
        .collect();
    if !is_wanted.contains(&true) {
        return Vec::new();
    }
    let Some(last_kept) = is_wanted.iter().rposition(|is_wanted| !is_wanted) else {
        return with_label(rule);
    };
    let next = named.iter().skip(1).chain(rest.first());
    let mut cuts: Vec<Span> = named
        .iter()
        .zip(next)
        .zip(&is_wanted)
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
    cuts
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

/// The rules that decide about a client.
fn remains(ground: &Ground<'_>, client: &Client) -> Vec<Note> {
    let daemons = ground.daemons();
    let mut seen: BTreeSet<Place> = BTreeSet::new();
    let mut notes = Vec::new();
    for host in hosts(client) {
        for request in daemons.requests(&host) {
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
