//! `apply`: tables as they are wanted, given whole or rule by rule.

use crate::edit::Edit;
use crate::editor::change::expire::{Listed, listed, listed_rule, with_label};
use crate::editor::change::line::put;
use crate::editor::change::own_alert::own_alert;
use crate::editor::change::undo::difference;
use crate::editor::change::worked_out::{Change, Note};
use crate::editor::client::label::{in_style, labelled};
use crate::editor::trial::table_pair::Ground;
use crate::editor::{Refusal, WordError};
use crate::engine::{Bare, TableName};
use crate::metadata::Label;
use crate::policy::{Rule, rules};
use crate::syntax::{LINE_LIMIT, Tree, parse};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::HashMap;

/// A rule that is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// Its number in the list it comes from.
    pub number: usize,
    /// Its daemons, as a table has them.
    pub daemons: String,
    /// Its clients.
    pub clients: String,
    /// What stands after them, without the colon in front; empty for nothing.
    pub options: String,
    /// What is known about it.
    pub label: Option<Label>,
}

/// What makes a rule the same one: all but since when it is there.
type Key = (String, String, String, Option<[Option<String>; 4]>);

impl Declared {
    /// Refuses what would not be read back as this one rule.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn check(&self) -> Result<(), WordError> {
        if let Some(label) = &self.label {
            label.check()?;
        }
        if [&self.daemons, &self.clients]
            .iter()
            .any(|list| list.trim().is_empty())
        {
            return self.refuse("a list in it is empty");
        }
        let empty = parse(b"");
        let text = self.text(&empty);
        let tree = parse(&text);
        let read = listed(&Ground::new(&tree, &empty, &Bare));
        let [only] = read.as_slice() else {
            return self.refuse("it is not one rule");
        };
        if tree.broken_line().is_some() || text.split(|&b| b == b'\n').any(|l| l.len() > LINE_LIMIT)
        {
            return self.refuse("it is longer than libwrap reads");
        }
        if key(only) == self.key() {
            Ok(())
        } else {
            self.refuse("libwrap would read it as another rule")
        }
    }

    fn refuse(&self, why: &str) -> Result<(), WordError> {
        let text = format!("{}: {}", self.daemons, self.clients);
        crate::editor::client::word_error::refuse(
            &text,
            why,
            "give daemons, clients and options as `tcpw list --format json` prints them",
        )
    }

    /// The rule with its comment, for a table.
    fn text(&self, tree: &Tree<'_>) -> Vec<u8> {
        let options = match self.options.as_str() {
            "" => String::new(),
            options => format!(" : {options}"),
        };
        let rule = format!("{}: {}{options}\n", self.daemons, self.clients);
        labelled(self.label.as_ref(), in_style(tree, rule.as_bytes()))
    }

    fn key(&self) -> Key {
        let label = self.label.as_ref();
        (
            self.daemons.clone(),
            self.clients.clone(),
            self.options.trim().to_owned(),
            label.map(lasting),
        )
    }
}

/// All that a label says but since when its rule is there.
fn lasting(label: &Label) -> [Option<String>; 4] {
    let Label {
        since: _,
        until,
        by,
        follow,
        reason,
    } = label;
    [until, by, follow, reason].map(Clone::clone)
}

fn key(rule: &Listed) -> Key {
    let label = rule.label.as_ref();
    (
        rule.daemons.clone(),
        rule.clients.clone(),
        rule.options.trim().to_owned(),
        label.map(lasting),
    )
}

/// Wanted rules with the alerts of tcpw that are there now: a rule that refuses the same clients at
/// the same daemons, and says nothing else, raises them further on.
fn armed(
    ground: &Ground<'_>,
    table: TableName,
    wanted: &[Declared],
    change: &mut Change,
) -> Vec<Declared> {
    let mut armed = wanted.to_vec();
    for rule in rules(ground.tree(table)).filter(|rule| own_alert(*rule).is_some()) {
        let alarm = listed_rule(ground, table, rule);
        let same =
            |one: &&mut Declared| (&one.daemons, &one.clients) == (&alarm.daemons, &alarm.clients);
        let is_plain = |one: &&mut Declared| match one.options.trim() {
            "" => table == TableName::Deny,
            options => options.eq_ignore_ascii_case("deny"),
        };
        let has_it = |one: &Declared| one.options.trim() == alarm.options;
        if armed.iter_mut().filter(same).any(|one| has_it(one)) {
            continue;
        }
        if let Some(one) = armed.iter_mut().filter(same).find(is_plain) {
            one.options.clone_from(&alarm.options);
            change.notes.push(Note::Armed(alarm.place));
        }
    }
    armed
}

/// After planning: no rule that raises an alert of tcpw has lost it.
///
/// # Errors
/// With the rule.
pub fn verify_alerts_kept(before: &Ground<'_>, after: &Ground<'_>) -> Result<(), Refusal> {
    for table in [TableName::Allow, TableName::Deny] {
        let of = |ground: &Ground<'_>| -> Vec<Listed> {
            let armed = rules(ground.tree(table)).filter(|rule| own_alert(*rule).is_some());
            armed.map(|rule| listed_rule(ground, table, rule)).collect()
        };
        let left = of(after);
        let is_left = |alarm: &Listed| {
            left.iter()
                .any(|one| (&one.daemons, &one.clients) == (&alarm.daemons, &alarm.clients))
        };
        if let Some(lost) = of(before).into_iter().find(|alarm| !is_left(alarm)) {
            return Err(Refusal::Disarmed(lost.place));
        }
    }
    Ok(())
}

/// What of the tables stays although it is not in a list of wanted rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeps {
    /// The alerts of tcpw, in rules that are wanted without them.
    pub alerts: bool,
    /// The rules that are not in the list.
    pub others: bool,
}

/// The edits after which the tables hold these rules. Rules that are there already keep their bytes,
/// and comments stay where they are. The tables hold exactly these, in this order, unless others
/// are kept: then rules that are missing stand above all that are there, where they take effect.
///
/// # Errors
/// When the table cannot be added to, or a rule that is not there cannot be written.
pub fn declare(
    ground: &Ground<'_>,
    wanted: [&[Declared]; 2],
    keeps: Keeps,
) -> Result<Change, Refusal> {
    let mut change = Change::default();
    let all = listed(ground);
    for (table, wanted) in [TableName::Allow, TableName::Deny].into_iter().zip(wanted) {
        let wanted = if keeps.alerts {
            armed(ground, table, wanted, &mut change)
        } else {
            wanted.to_vec()
        };
        let there: Vec<_> = all
            .iter()
            .filter(|rule| rule.place.table == table)
            .collect();
        let lines: Vec<usize> = rules(ground.tree(table))
            .map(|rule| rule.line().index())
            .collect();
        let is: Vec<Key> = there.iter().map(|rule| key(rule)).collect();
        if keeps.others {
            let missing = missing(is, &wanted);
            insert(&mut change, ground, table, lines.first().copied(), &missing)?;
            continue;
        }
        let shall: Vec<Key> = wanted.iter().map(Declared::key).collect();
        for op in capture_diff_slices(Algorithm::Myers, &is, &shall) {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            for line in lines.get(op.old_range()).unwrap_or_default() {
                let rule = ground.tree(table).line(*line);
                if let Some(rule) = rule.and_then(Rule::of) {
                    for span in with_label(rule) {
                        change.edits.push(table, Edit::delete(span));
                    }
                }
            }
            let new = wanted.get(op.new_range()).unwrap_or_default();
            // Before the first rule that stays after them.
            let next = lines.get(op.old_range().end).copied();
            insert(&mut change, ground, table, next, new)?;
        }
    }
    Ok(change)
}

/// Those of the wanted rules that are not there; one that is wanted twice must be there twice.
fn missing(there: Vec<Key>, wanted: &[Declared]) -> Vec<Declared> {
    let mut counts: HashMap<Key, usize> = HashMap::new();
    for key in there {
        *counts.entry(key).or_default() += 1;
    }
    let mut missing = Vec::new();
    for one in wanted {
        match counts.get_mut(&one.key()).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => missing.push(one.clone()),
        }
    }
    missing
}

/// Puts new rules before line `next`, or at the end of the table.
///
/// # Errors
/// When one of them cannot be written, or the table cannot be added to.
fn insert(
    change: &mut Change,
    ground: &Ground<'_>,
    table: TableName,
    next: Option<usize>,
    new: &[Declared],
) -> Result<(), Refusal> {
    for rule in new {
        // Only what is to be written: what is there already need not make sense.
        rule.check().map_err(|error| Refusal::Unwritable {
            number: rule.number,
            what: error.to_string(),
        })?;
    }
    let tree = ground.tree(table);
    let text: Vec<u8> = new.iter().flat_map(|one| one.text(tree)).collect();
    if text.is_empty() {
        return Ok(());
    }
    put(change, ground, table, next, text)
}

/// The edits that give the tables these contents; a table without one stays as it is.
pub fn replace(ground: &Ground<'_>, wanted: [Option<&[u8]>; 2]) -> Change {
    let mut change = Change::default();
    for (table, wanted) in [TableName::Allow, TableName::Deny].into_iter().zip(wanted) {
        let now = ground.tree(table).source();
        if let Some(wanted) = wanted.filter(|wanted| *wanted != now) {
            change.edits.push(table, difference(now, wanted));
        }
    }
    change
}
