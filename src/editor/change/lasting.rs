//! What of the tables lasts as long as what is asked for: a rule that tcpw wrote with an end holds only
//! until then.

use crate::edit::Edit;
use crate::editor::change::worked_out::Change;
use crate::editor::client::label::in_endings;
use crate::editor::client::pattern::Client;
use crate::editor::trial::asked::Asked;
use crate::editor::trial::rule_parts::words;
use crate::editor::trial::table_pair::Ground;
use crate::engine::{Matched, TableName};
use crate::metadata::{Bond, Label, bond, identity};
use crate::policy::Rule;
use crate::syntax::Tree;
use std::collections::{BTreeMap, HashSet};

/// The rules that hold, by where they stand.
type Held = BTreeMap<(TableName, usize), Matched>;

/// Until when something is asked for, by whom, and about whom.
pub(crate) struct Lasting<'a> {
    label: Label,
    clients: HashSet<&'a Client>,
    daemons: Vec<String>,
}

impl<'a> Lasting<'a> {
    /// As long as `asked` says.
    pub(crate) fn of(asked: &'a Asked) -> Self {
        Self {
            label: asked.label.clone().unwrap_or_default(),
            clients: asked.clients.iter().collect(),
            daemons: asked.daemons.iter().map(ToString::to_string).collect(),
        }
    }

    /// Whether one of the rules is gone before what is asked for ends.
    pub(crate) fn lapses(&self, ground: &Ground<'_>, held: &Held) -> bool {
        held.keys().any(|&(table, line)| {
            let rule = ground.tree(table).line(line).and_then(Rule::of);
            rule.is_some_and(|rule| self.is_gone(rule))
        })
    }

    /// The two tables without the rules that are gone then: their lines become comments, so that all
    /// others stay where they are.
    pub(crate) fn left(&self, ground: &Ground<'_>) -> [Vec<u8>; 2] {
        [ground.allow, ground.deny].map(|tree| self.left_of(tree))
    }

    fn left_of(&self, tree: &Tree<'_>) -> Vec<u8> {
        let mut source = tree.source().to_vec();
        for rule in tree.lines().filter_map(Rule::of) {
            let start = usize::try_from(rule.line().span().start).unwrap_or(usize::MAX);
            if let Some(first) = source.get_mut(start).filter(|_| self.is_gone(rule)) {
                *first = b'#';
            }
        }
        source
    }

    /// Gives those rules the end that is asked for now which are about a client asked for alone, for the
    /// same daemons, by the same author; says whether there are any that had another.
    pub(crate) fn renew(&self, ground: &Ground<'_>, held: &Held, change: &mut Change) -> bool {
        let mut has_renewed = false;
        for &(table, line) in held.keys() {
            let tree = ground.tree(table);
            let Some(rule) = tree.line(line).and_then(Rule::of) else {
                continue;
            };
            let Some(bond) = self.own(rule) else {
                continue;
            };
            let was = &bond.label;
            if was.until.is_none() || was.until == self.label.until {
                continue;
            }
            let asked = &self.label;
            let new = Label {
                since: asked.since.clone().or_else(|| was.since.clone()),
                reason: asked.reason.clone().or_else(|| was.reason.clone()),
                ..asked.clone()
            };
            // When it was written alone is nothing that a comment is needed for.
            let has_more = [&new.until, &new.by, &new.follow, &new.reason]
                .iter()
                .any(|word| word.is_some());
            let text = if has_more {
                in_endings(tree, new.line(&identity(rule)).into_bytes())
            } else {
                Vec::new()
            };
            let edit = Edit::replace(bond.line.span(), text);
            if !change.edits.of(table).contains(&edit) {
                change.edits.push(table, edit);
            }
            has_renewed = true;
        }
        has_renewed
    }

    /// Whether a rule ends before what is asked for, or as another author says, and does not get another
    /// end by it.
    fn is_gone(&self, rule: Rule<'_, '_>) -> bool {
        let Some(Bond { label, .. }) = bond(rule).filter(|bond| bond.is_named) else {
            return false;
        };
        let is_of_another = label.by != self.label.by;
        // Both are written in UTC and in one form, so that they stand in the order of time.
        let ends = label.until.is_some_and(|end| {
            let wanted = self.label.until.as_ref();
            is_of_another || wanted.is_none_or(|wanted| end < *wanted)
        });
        ends && self.own(rule).is_none()
    }

    /// The comment of a rule that a command like this one wrote about one of the clients alone.
    fn own<'t, 's>(&self, rule: Rule<'t, 's>) -> Option<Bond<'t, 's>> {
        let bond = bond(rule).filter(|bond| bond.is_named)?;
        let is_same = bond.label.by == self.label.by && bond.label.follow == self.label.follow;
        let clients = words(rule.clients().elements())?;
        let [client] = clients.as_slice() else {
            return None;
        };
        let client = Client::parse(client).ok()?;
        let is_about = words(rule.daemons().elements())? == self.daemons;
        (is_same && is_about && self.clients.contains(&client)).then_some(bond)
    }
}
