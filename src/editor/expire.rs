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
    /// The program that wrote it, as far as its marks tell.
    pub writer: Option<&'static str>,
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
            writer: writer(rule),
            label: Label::above(rule.line()).map(|(label, _)| label),
            place: ground.place(table, rule.line().index()),
        })
    };
    of(TableName::Allow).chain(of(TableName::Deny)).collect()
}

/// The program that wrote a rule: tcpw and fail2ban by the label above it, `DenyHosts` by its comment
/// above it, sshguard by the marks around its block.
fn writer(rule: Rule<'_, '_>) -> Option<&'static str> {
    let line = rule.line();
    if let Some((label, _)) = Label::above(line) {
        let is_fail2ban = label.by.is_some_and(|by| by.starts_with("fail2ban/"));
        return Some(if is_fail2ban { "fail2ban" } else { "tcpw" });
    }
    let tree = line.tree();
    let above = line.index().checked_sub(1).and_then(|at| tree.line(at))?;
    let text = above.text(above.span());
    if text.starts_with(b"# DenyHosts:") {
        return Some("DenyHosts");
    }
    // Its block holds one rule, spliced from many lines, between two equal marks.
    let below = tree.line(line.index() + 1);
    let is_mark = |text: &[u8]| text.starts_with(b"###sshguard###");
    let is_between = is_mark(&text) && below.is_some_and(|line| is_mark(&line.text(line.span())));
    is_between.then_some("sshguard")
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
