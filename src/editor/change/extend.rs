//! Adding clients to a rule that tcpw wrote before.

use crate::edit::Edit;
use crate::editor::change::merge::merged;
use crate::editor::change::worked_out::Change;
use crate::editor::client::label::{in_endings, in_style};
use crate::editor::client::pattern::Client;
use crate::editor::trial::rule_parts::words;
use crate::editor::trial::table_pair::Ground;
use crate::engine::TableName;
use crate::metadata::{Bond, Label, bond, identity};
use crate::policy::{Rule, WIDTH};
use crate::span::offset;
use crate::syntax::{Line, parse};

/// Adds `clients` to the rule before `line`, or to the last rule, if tcpw wrote it for the
/// same daemons, by the same person, for the same reason and time: no other rule stands between, so
/// it decides where a new one would. Gives those that found no place.
pub(crate) fn extend(
    change: &mut Change,
    ground: &Ground<'_>,
    (table, line): (TableName, Option<usize>),
    (label, daemons): (&Label, &[String]),
    clients: Vec<Client>,
) -> Vec<Client> {
    let tree = ground.tree(table);
    let end = line.unwrap_or_else(|| tree.lines().count());
    let before = (0..end).rev().filter_map(|at| tree.line(at));
    let Some(rule) = before.into_iter().find_map(Rule::of) else {
        return clients;
    };
    let Some((bond, old)) = own_clients(rule, label, daemons) else {
        return clients;
    };
    let room = WIDTH.saturating_sub(rule.text().len());
    let (mut fitting, mut rest) = (Vec::new(), Vec::new());
    let mut used = 0;
    for client in clients {
        used += client.to_string().len() + 1;
        if used <= room {
            fitting.push(client);
        } else {
            rest.push(client);
        }
    }
    if fitting.is_empty() {
        return rest;
    }
    let all = merged([old, fitting].concat());
    let words: Vec<String> = all.iter().map(ToString::to_string).collect();
    let new = format!("{}: {}\n", daemons.join(" "), words.join(" "));
    let new = in_style(tree, new.as_bytes());
    // The comment names the rule by its words, so both are written.
    if let Some(new_rule) = parse(&new).line(0).and_then(Rule::of) {
        let comment = bond.label.line(&identity(new_rule)).into_bytes();
        let comment = Edit::replace(bond.line.span(), in_endings(tree, comment));
        change.edits.push(table, comment);
    }
    change
        .edits
        .push(table, Edit::replace(rule.line().span(), new));
    rest
}

/// The clients of a rule that tcpw wrote under such a label; none of any other.
fn own_clients<'t, 's>(
    rule: Rule<'t, 's>,
    label: &Label,
    daemons: &[String],
) -> Option<(Bond<'t, 's>, Vec<Client>)> {
    let bond = bond(rule).filter(|bond| bond.is_named)?;
    let is = &bond.label;
    let of = |label: &Label| {
        let Label {
            until, by, reason, ..
        } = label.clone();
        (until, by, reason)
    };
    // The clients of a name are those of nobody else.
    let is_same = is.follow.is_none() && label.follow.is_none() && of(is) == of(label);
    if !is_same || rule.has_options() || !is_plain(rule.line()) {
        return None;
    }
    if words(rule.daemons().elements())? != daemons {
        return None;
    }
    // In the spelling of tcpw, so that nothing else is changed by writing them again.
    let clients: Option<Vec<Client>> = words(rule.clients().elements())?
        .iter()
        .map(|word| {
            let client = Client::parse(word).ok()?;
            (client.to_string() == *word).then_some(client)
        })
        .collect();
    Some((bond, clients?))
}

/// Whether the line is not spliced from several.
fn is_plain(line: Line<'_, '_>) -> bool {
    let length = line.text(line.span()).len();
    line.span().end - line.span().start == offset(length)
}
