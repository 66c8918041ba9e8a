//! `open` and `remove-alert`: the reverse of `deny-all` and `install-alert`.

use crate::edit::{ApplyError, Edit, apply};
use crate::editor::change::alert_rules::{Triggers, is_for_unknown};
use crate::editor::change::deny_all::{defaults, lists};
use crate::editor::change::expire::with_label;
use crate::editor::change::own_alert::own_alert;
use crate::editor::change::unalerted::takes_alert;
use crate::editor::change::worked_out::{Change, Note};
use crate::editor::trial::effect::Effect;
use crate::editor::trial::rule_parts::has_option;
use crate::editor::trial::sample::strangers;
use crate::editor::trial::table_pair::Ground;
use crate::editor::trial::tried_daemons::Daemons;
use crate::engine::{Access, TableName};
use crate::policy::{OptionKind, Rule, RuleOption, rules};
use crate::span::{Span, index, offset};
use crate::syntax::parse;

/// The edits that remove every rule of the deny table that refuses everybody. A note names what
/// still refuses clients that are on no list.
///
/// # Errors
/// When the edits do not fit together, which would be a defect.
pub fn open_again(ground: &Ground<'_>) -> Result<Change, ApplyError> {
    let mut change = Change::default();
    for rule in defaults(ground, TableName::Deny) {
        for span in with_label(rule) {
            change.edits.push(TableName::Deny, Edit::delete(span));
        }
    }
    let deny = apply(ground.deny.source(), &change.edits.deny)?;
    let deny = parse(&deny);
    let after = Ground::new(ground.allow, &deny, ground.world);
    for host in strangers() {
        for request in Daemons::some().requests(&host) {
            let verdict = after.decide(&request);
            let Some(rule) = after.decider(&verdict) else {
                continue;
            };
            let note = Note::Closed(after.place_of(&rule));
            if verdict.access != Access::Granted && !change.notes.contains(&note) {
                change.notes.push(note);
            }
        }
    }
    Ok(change)
}

/// The edits that remove the alerts of tcpw: of a rule that refuses everybody only the alert, the
/// rule for the unknown as a whole; but if some of them got in without it, only its alert, too. Where a
/// command of the allow table may fail, a rule that keeps other options keeps its `deny`, without which
/// it would count for nothing then (F-ACL-06).
///
/// # Errors
/// When the edits do not fit together, which would be a defect.
pub fn remove_alert(ground: &Ground<'_>) -> Result<Change, ApplyError> {
    without(ground, &|_| true)
}

/// The edits that remove the alerts for clients on no list whom `stays` leaves out: the one of the
/// rule for clients without a name, or those of the rules that refuse everybody but some. Whom the
/// rules refuse does not change.
///
/// # Errors
/// As [`remove_alert`].
pub fn drop_alerts(ground: &Ground<'_>, stays: Triggers) -> Result<Change, ApplyError> {
    without(ground, &|rule| {
        if is_for_unknown(rule) {
            !stays.unknown
        } else {
            !stays.unlisted && takes_alert(ground, rule)
        }
    })
}

/// Without the alerts of the rules that `is_wanted`.
fn without(
    ground: &Ground<'_>,
    is_wanted: &dyn Fn(Rule<'_, '_>) -> bool,
) -> Result<Change, ApplyError> {
    let whole = without_alerts(ground, true, is_wanted);
    if whole.edits.allow.is_empty() && whole.edits.deny.is_empty() {
        return Ok(whole);
    }
    let allow = apply(ground.allow.source(), &whole.edits.allow)?;
    let deny = apply(ground.deny.source(), &whole.edits.deny)?;
    let (allow, deny) = (parse(&allow), parse(&deny));
    let after = Ground::new(&allow, &deny, ground.world);
    let is_same = Effect::between(ground, &after, &[]).parts.is_empty();
    Ok(if is_same {
        whole
    } else {
        without_alerts(ground, false, is_wanted)
    })
}

fn without_alerts(
    ground: &Ground<'_>,
    is_whole: bool,
    is_wanted: &dyn Fn(Rule<'_, '_>) -> bool,
) -> Change {
    let mut change = Change::default();
    let may_fail = rules(ground.allow)
        .filter(|rule| rule.has_options())
        .any(|rule| has_option(rule, |kind| kind == OptionKind::Aclexec));
    for table in [TableName::Allow, TableName::Deny] {
        for rule in rules(ground.tree(table)) {
            let Some(alert) = own_alert(rule).filter(|_| is_wanted(rule)) else {
                continue;
            };
            if is_whole && is_for_unknown(rule) {
                for span in with_label(rule) {
                    change.edits.push(table, Edit::delete(span));
                }
            } else {
                let span = cut(rule, (table, may_fail), &alert);
                change.edits.push(table, Edit::delete(span));
            }
        }
    }
    change
}

/// The alert, with the colon before it; in the deny table also a final `deny` after it, which needs no
/// saying there unless other options stay and a command may fail.
fn cut(rule: Rule<'_, '_>, (table, may_fail): (TableName, bool), alert: &RuleOption<'_>) -> Span {
    let end = |option: &RuleOption<'_>| option.name_span.end.max(option.value_span.end);
    let options = rule.options();
    let place = |option: &&RuleOption<'_>| option.name_span.start < alert.name_span.start;
    let before = options.iter().take_while(place).last();
    let start = before.map_or(lists(rule).end, end);
    let mut after = options.iter().skip_while(place).skip(1);
    let is_deny = |option: &&RuleOption<'_>| {
        option
            .spec()
            .is_some_and(|spec| spec.kind == OptionKind::Deny)
    };
    let deny = after.next().filter(is_deny);
    let is_needed = may_fail && before.is_some();
    if let (Some(deny), None, TableName::Deny, false) = (deny, after.next(), table, is_needed) {
        return Span::new(start, end(deny));
    }
    if is_needed {
        return Span::new(start, end(alert));
    }
    let source = rule.line().tree().source();
    let after = source.iter().skip(index(end(alert)));
    let blanks = after.take_while(|byte| **byte == b' ').count();
    Span::new(start, end(alert) + offset(blanks))
}
