//! `apply`: tables as they are wanted, given whole or rule by rule.

use super::change::Change;
use super::expire::{Listed, listed, with_label};
use super::ground::Ground;
use super::label::Label;
use super::line::put;
use super::undo::difference;
use super::{Refusal, WordError};
use crate::edit::Edit;
use crate::engine::{Bare, TableName};
use crate::syntax::{LINE_LIMIT, parse};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A rule that is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// Its daemons, as a table has them.
    pub daemons: String,
    /// Its clients.
    pub clients: String,
    /// What stands behind them, without the colon in front; empty for nothing.
    pub options: String,
    /// What is known about it.
    pub label: Option<Label>,
}

/// What makes a rule the same one: all but since when it is there.
type Key = (
    String,
    String,
    String,
    Option<(Option<String>, Option<String>, Option<String>)>,
);

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
        let text = self.text();
        let tree = parse(&text);
        let empty = parse(b"");
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
        super::word::refuse(
            &text,
            why,
            "give daemons, clients and options as `tcpw list --format json` prints them",
        )
    }

    fn text(&self) -> Vec<u8> {
        let label = self.label.as_ref().map(Label::line).unwrap_or_default();
        let options = match self.options.as_str() {
            "" => String::new(),
            options => format!(": {options}"),
        };
        format!("{label}{}: {}{options}\n", self.daemons, self.clients).into_bytes()
    }

    fn key(&self) -> Key {
        let label = self.label.as_ref();
        (
            self.daemons.clone(),
            self.clients.clone(),
            self.options.trim().to_owned(),
            label.map(|l| (l.until.clone(), l.by.clone(), l.reason.clone())),
        )
    }
}

fn key(rule: &Listed) -> Key {
    let label = rule.label.as_ref();
    (
        rule.daemons.clone(),
        rule.clients.clone(),
        rule.options.trim().to_owned(),
        label.map(|l| (l.until.clone(), l.by.clone(), l.reason.clone())),
    )
}

/// The edits after which the tables hold exactly these rules, in this order. Rules that are there
/// already keep their bytes, and comments stay where they are.
///
/// # Errors
/// When the table cannot be added to.
pub fn declare(ground: &Ground<'_>, wanted: [&[Declared]; 2]) -> Result<Change, Refusal> {
    let mut change = Change::default();
    let all = listed(ground);
    for (table, wanted) in [TableName::Allow, TableName::Deny].into_iter().zip(wanted) {
        let there: Vec<_> = all
            .iter()
            .filter(|rule| rule.place.table == table)
            .collect();
        let lines: Vec<usize> = crate::policy::rules(ground.tree(table))
            .map(|rule| rule.line().index())
            .collect();
        let is: Vec<Key> = there.iter().map(|rule| key(rule)).collect();
        let shall: Vec<Key> = wanted.iter().map(Declared::key).collect();
        for op in capture_diff_slices(Algorithm::Myers, &is, &shall) {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            for line in lines.get(op.old_range()).unwrap_or_default() {
                let rule = ground.tree(table).line(*line);
                if let Some(rule) = rule.and_then(crate::policy::Rule::of) {
                    change.edits.push(table, Edit::delete(with_label(rule)));
                }
            }
            let new = wanted.get(op.new_range()).unwrap_or_default();
            let text: Vec<u8> = new.iter().flat_map(Declared::text).collect();
            if !text.is_empty() {
                // In front of the first rule that stays behind them.
                let next = lines.get(op.old_range().end).copied();
                put(&mut change, ground, table, next, text)?;
            }
        }
    }
    Ok(change)
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
