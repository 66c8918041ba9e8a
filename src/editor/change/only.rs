//! Nobody but those who are asked for: rules that let others in are removed.

use crate::edit::{Edit, apply};
use crate::editor::change::asks::Asks;
use crate::editor::change::expire::with_label;
use crate::editor::change::worked_out::{Change, Refusal};
use crate::editor::trial::asked::Asked;
use crate::editor::trial::effect::{Effect, Part};
use crate::editor::trial::table_pair::Ground;
use crate::engine::TableName;
use crate::policy::Rule;
use crate::syntax::{Tree, parse};
use std::collections::BTreeSet;

/// As often rules are removed before the rest is given up: each round removes one at least.
const MOST_ROUNDS: usize = 10_000;

/// The edits that remove each rule by which somebody gets in who is not in `asked`, as far as sets of
/// clients tell. Rules that let in only those stay.
///
/// # Errors
/// When a rule cannot be removed.
pub fn only(ground: &Ground<'_>, asked: &Asked) -> Result<Change, Refusal> {
    let internal = |error: crate::edit::ApplyError| Refusal::Internal(error.to_string());
    let mut gone: BTreeSet<(TableName, usize)> = BTreeSet::new();
    for _ in 0..MOST_ROUNDS {
        let change = removal(ground, &gone);
        let allow = apply(ground.allow.source(), &change.edits.allow).map_err(internal)?;
        let deny = apply(ground.deny.source(), &change.edits.deny).map_err(internal)?;
        let (allow, deny) = (parse(&allow), parse(&deny));
        let after = Ground::new(&allow, &deny, ground.world);
        let more = strangers(&after, asked);
        let mut is_new = false;
        for (table, number) in more {
            let place = original(ground.tree(table), &gone, table, after.tree(table), number);
            is_new |= place.is_some_and(|line| gone.insert((table, line)));
        }
        if !is_new {
            return Ok(change);
        }
    }
    Err(Refusal::Internal(
        "rules that let others in stay".to_owned(),
    ))
}

/// The rules, by the numbers of their last lines, that let in somebody who was not asked for.
fn strangers(after: &Ground<'_>, asked: &Asked) -> BTreeSet<(TableName, u32)> {
    let (nothing, closed) = (parse(b""), parse(b"ALL: ALL\n"));
    let nobody = Ground::new(&nothing, &closed, after.world);
    let effect = Effect::between(&nobody, after, asked.daemons());
    let (others, _) = Asks::Clients(asked).split(effect.parts);
    let decider = |part: Part| {
        let [_, decider] = part.claim.deciders;
        decider
    };
    others.into_iter().filter_map(decider).collect()
}

/// The line in the table as it was of the rule that ends at line `number` of what is left.
fn original(
    before: &Tree<'_>,
    gone: &BTreeSet<(TableName, usize)>,
    table: TableName,
    after: &Tree<'_>,
    number: u32,
) -> Option<usize> {
    let rules = |tree: &Tree<'_>| -> Vec<(usize, u32)> {
        let rules = crate::policy::rules(tree);
        rules
            .map(|rule| (rule.line().index(), rule.number()))
            .collect()
    };
    let position = rules(after).iter().position(|(_, own)| *own == number)?;
    let mut left = rules(before)
        .into_iter()
        .filter(|(line, _)| !gone.contains(&(table, *line)));
    left.nth(position).map(|(line, _)| line)
}

fn removal(ground: &Ground<'_>, gone: &BTreeSet<(TableName, usize)>) -> Change {
    let mut change = Change::default();
    for &(table, line) in gone {
        let rule = ground.tree(table).line(line).and_then(Rule::of);
        for span in rule.map(with_label).into_iter().flatten() {
            change.edits.push(table, Edit::delete(span));
        }
    }
    change
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::client::daemon::Daemon;
    use crate::editor::client::pattern::Client;
    use crate::editor::trial::asked::Wish;
    use crate::engine::Bare;

    #[test]
    fn whoever_is_not_asked_for_loses_the_rule() {
        for (allow, left) in [
            ("ALL: 10.1.2.3\n", "ALL: 10.1.2.3\n"),
            ("ALL: 10.1.2.3 192.0.2.1\n", ""),
            (
                "ALL: 192.0.2.1\nsshd: 10.1.0.0/255.255.0.0\nvsftpd: .example.org\n",
                "sshd: 10.1.0.0/255.255.0.0\n",
            ),
            ("# mine\nsshd: ALL\nALL: 10.1.\n", "# mine\nALL: 10.1.\n"),
            ("ALL: ALL EXCEPT 10.1.\nALL: ALL\n", ""),
            ("ALL: 192.0.2.1 : deny\n", "ALL: 192.0.2.1 : deny\n"),
        ] {
            let (allow_tree, deny) = (parse(allow.as_bytes()), parse(b"ALL: ALL\n"));
            let ground = Ground::new(&allow_tree, &deny, &Bare);
            let client = Client::parse("10.1.0.0/16").unwrap();
            let asked = Asked::new(Wish::Grant, vec![client], vec![Daemon::All]);
            let change = only(&ground, &asked).unwrap();
            let new = apply(allow.as_bytes(), &change.edits.allow).unwrap();
            assert_eq!(String::from_utf8(new).unwrap(), left, "{allow}");
            assert!(change.edits.deny.is_empty());
        }
    }
}
