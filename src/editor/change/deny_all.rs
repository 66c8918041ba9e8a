//! `deny-all`: `ALL: ALL` as the default of the deny table.

use crate::edit::Edit;
use crate::editor::change::line::{put, with_deny_ended};
use crate::editor::change::worked_out::{Change, Note, Refusal};
use crate::editor::client::daemon::Daemon;
use crate::editor::trial::rule_parts::{ending, has_option};
use crate::editor::trial::sample::strangers;
use crate::editor::trial::table_pair::Ground;
use crate::editor::trial::tried_daemons::Daemons;
use crate::engine::{Access, TableName};
use crate::policy::{Element, List, OptionKind, Rule, rules};
use crate::span::Span;

/// The spelling that audits look for.
pub(crate) const SPELLING: &str = "ALL: ALL";

/// The edits that make `ALL: ALL` the default of the deny table.
///
/// A rule there that refuses everybody already is only spelled again; its options stay.
///
/// # Errors
/// When the allow table grants everybody, or the deny table cannot be added to.
pub fn deny_all(ground: &Ground<'_>) -> Result<Change, Refusal> {
    with_deny_ended(ground, default)
}

fn default(ground: &Ground<'_>) -> Result<Change, Refusal> {
    check_reached(ground)?;
    let mut change = Change::default();
    let Some(rule) = find(ground, TableName::Deny) else {
        let text = format!("{SPELLING}\n").into_bytes();
        put(&mut change, ground, TableName::Deny, None, text)?;
        return Ok(change);
    };
    if is_spelled(rule) {
        change.notes.push(Note::Held {
            client: None,
            daemon: Daemon::All,
            access: Access::Denied,
            place: ground.place(TableName::Deny, rule.line().index()),
        });
    } else {
        let edit = Edit::replace(lists(rule), SPELLING);
        change.edits.push(TableName::Deny, edit);
    }
    Ok(change)
}

/// Refuses if the allow table lets strangers in even without a name, and leaves none of them to a
/// default, which then would never be reached.
pub(crate) fn check_reached(ground: &Ground<'_>) -> Result<(), Refusal> {
    let requests = strangers()
        .into_iter()
        .flat_map(|host| Daemons::some().requests(&host));
    let mut granting = None;
    for request in requests {
        let verdict = ground.decide(&request);
        let is_nameless = request.client().name().as_bytes() == b"unknown";
        match ground.decider(&verdict) {
            Some(rule) if rule.table == TableName::Allow => match verdict.access {
                Access::Granted => granting = Some(rule),
                Access::Denied | Access::Undecided if is_nameless => return Ok(()),
                Access::Denied | Access::Undecided => {}
            },
            Some(_) | None => return Ok(()),
        }
    }
    granting.map_or(Ok(()), |rule| {
        Err(Refusal::Granted {
            client: None,
            place: ground.place_of(&rule),
        })
    })
}

/// The first rule of a table that refuses everybody, whatever happened before.
pub(crate) fn find<'a>(ground: &Ground<'a>, table: TableName) -> Option<Rule<'a, 'a>> {
    defaults(ground, table).next()
}

/// All of them.
pub(crate) fn defaults<'a>(
    ground: &Ground<'a>,
    table: TableName,
) -> impl Iterator<Item = Rule<'a, 'a>> {
    rules(ground.tree(table)).filter(move |&rule| {
        has_all(rule.daemons())
            && has_all(rule.clients())
            && ending(table, rule) == Access::Denied
            && is_unconditional(ground, rule)
    })
}

/// From the start of the rule to the end of its clients.
pub(crate) fn lists(rule: Rule<'_, '_>) -> Span {
    let last = rule.clients().elements().last();
    let end = last.map_or(rule.clients().span().end, |element| element.span().end);
    Span::new(rule.line().span().start, end)
}

/// Whether a rule begins with the one spelling.
fn is_spelled(rule: Rule<'_, '_>) -> bool {
    // The bytes of the file, for `grep`: a splice in them would hide it.
    let line = rule.line();
    let text = line.span().of(line.tree().source());
    let rest = text.strip_prefix(SPELLING.as_bytes());
    rest.is_some_and(|rest| {
        let next = rest.trim_ascii_start().first();
        next.is_none_or(|&byte| matches!(byte, b':' | b'\\'))
    })
}

/// Whether `ALL` is in a list, without any exception.
pub(crate) fn has_all(list: List<'_, '_>) -> bool {
    let mut has_all = false;
    for element in list.elements() {
        match element {
            Element::Except { .. } => return false,
            Element::Pattern { text, .. } => {
                has_all |= text.eq_ignore_ascii_case(b"ALL") || text.as_ref() == b"*";
            }
        }
    }
    has_all
}

/// A failed `aclexec` makes rules count for nothing that do not say `deny` themselves (F-ACL-06).
pub(crate) fn is_unconditional(ground: &Ground<'_>, rule: Rule<'_, '_>) -> bool {
    let is_final = |kind| matches!(kind, OptionKind::Deny | OptionKind::Twist);
    !rule.has_options()
        || (!has_option(rule, |kind| kind == OptionKind::Aclexec)
            && (has_option(rule, is_final) || !ground.has_aclexec()))
}
