//! `expire` and `list`: rules with what their labels say about them.

use super::change::Change;
use super::ground::{Ground, Place, ending};
use super::label::Label;
use crate::edit::Edit;
use crate::engine::{Access, TableName};
use crate::policy::{Element, List, Rule, rules};
use crate::span::Span;

/// A rule as people think of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Whether it grants or refuses.
    pub access: Access,
    /// Its daemons, as they are written.
    pub daemons: String,
    /// Its clients, as they are written.
    pub clients: String,
    /// What stands behind its clients, as it is written.
    pub options: String,
    /// What is known about it.
    pub label: Option<Label>,
    /// Where it stands.
    pub place: Place,
}

/// Every rule libwrap reads, the allow table first.
pub fn listed(ground: &Ground<'_>) -> Vec<Listed> {
    let of = |table: TableName| {
        rules(ground.tree(table)).map(move |rule| Listed {
            access: ending(table, rule),
            daemons: words(rule.daemons()),
            clients: words(rule.clients()),
            options: String::from_utf8_lossy(&rule.command()).trim().to_owned(),
            label: Label::above(rule.line()).map(|(label, _)| label),
            place: ground.place(table, rule.line().index()),
        })
    };
    of(TableName::Allow).chain(of(TableName::Deny)).collect()
}

fn words(list: List<'_, '_>) -> String {
    let words: Vec<String> = list
        .elements()
        .map(|element| match element {
            Element::Except { .. } => "EXCEPT".to_owned(),
            Element::Pattern { text, .. } => String::from_utf8_lossy(&text).into_owned(),
        })
        .collect();
    words.join(" ")
}

/// The edits that remove every rule whose label says that its time is over; `now` has the form of
/// [`Label::until`].
pub fn expire(ground: &Ground<'_>, now: &str) -> Change {
    let mut change = Change::default();
    for table in [TableName::Allow, TableName::Deny] {
        for rule in rules(ground.tree(table)) {
            let label = Label::above(rule.line()).map(|(label, _)| label);
            let until = label.and_then(|label| label.until);
            if until.is_some_and(|until| until.as_str() <= now) {
                change.edits.push(table, Edit::delete(with_label(rule)));
            }
        }
    }
    change
}

/// The whole line of a rule, and its label.
pub(super) fn with_label(rule: Rule<'_, '_>) -> Span {
    let line = rule.line();
    let start = Label::above(line).map_or(line, |(_, above)| above);
    Span::new(start.span().start, line.span().end)
}
