//! An alert that refuses clients whom a later rule of the allow table would let in (F-ORDER-02).

use crate::diagnostic::Fix;
use crate::edit::Edit;
use crate::engine::TableName;
use crate::lint::checks::list_words::{is_all, matches_all};
use crate::lint::fix::{Broken, edits};
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, base, has_except};
use crate::policy::{ClientPattern, HostPattern, OptionKind, TextPattern, rules};
use crate::span::Span;

rows! {
    /// An alert refuses clients whom a later rule would let in.
    ///
    /// A client without a name matches UNKNOWN even if its address is listed below. The first match
    /// ends the search.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-ORDER-02 F-MAGIC-01
    CHECK = Row::new("TW703", "alarm-before-allow", Error, LocksOut, Run::Policy(check))
        .fixed(Repair::Moved(fix))
        .shown(|_| vec![(claim(Some(false), Decider::Own, Reach::Hidden), &[Group::Following])]);
}

/// More alerts than this at a time are not followed, so that the time stays linear.
const ALERT_LIMIT: usize = 16;

/// An alert and the element by which it catches clients without a name.
struct Alert<'t, 's> {
    rule: RuleView<'t, 's>,
    span: Span,
}

fn check(policy: &Policy<'_>, sink: &mut Sink) {
    let Some(tree) = policy.allow else {
        return;
    };
    sink.turn_to(TableName::Allow);
    let mut alerts: Vec<Alert<'_, '_>> = Vec::new();
    for rule in rules(tree) {
        // Most tables have no alert; their rules need not be taken apart.
        if alerts.is_empty() && !rule.has_options() {
            continue;
        }
        let rule = RuleView::new(TableName::Allow, rule);
        if rule.grants() && admits_nameless(&rule) {
            alerts.retain(|alert| {
                let hit = shares_daemon(&alert.rule, &rule);
                if hit {
                    report(alert, &rule, sink);
                }
                !hit
            });
        } else if alerts.len() < ALERT_LIMIT {
            alerts.extend(alert(rule));
        }
    }
}

fn report(alert: &Alert<'_, '_>, hidden: &RuleView<'_, '_>, sink: &mut Sink) {
    sink.report(alert.span, || {
        let number = hidden.rule.number();
        (
            format!(
                "this alert refuses clients without a name before line {number} can let them in, \
                 though it lists them by address"
            ),
            format!("move the alert after every rule that grants, line {number} among them"),
        )
    });
}

fn alert<'t, 's>(rule: RuleView<'t, 's>) -> Option<Alert<'t, 's>> {
    let is_alert = rule.has(OptionKind::Spawn) && !rule.has(OptionKind::Aclexec) && !rule.grants();
    if !is_alert || has_except(&rule.daemons) || has_except(&rule.clients) {
        return None;
    }
    let (_, span) = base(&rule.clients)
        .find(|(text, _)| is_all(text) || text.eq_ignore_ascii_case(b"UNKNOWN"))?;
    Some(Alert { rule, span })
}

/// Whether the rule lets in clients by their address.
fn admits_nameless(rule: &RuleView<'_, '_>) -> bool {
    base(&rule.clients).any(|(text, _)| {
        matches!(
            ClientPattern::read(text).host,
            HostPattern::Ipv4Net { .. }
                | HostPattern::Ipv6Net { .. }
                | HostPattern::ListFile(_)
                | HostPattern::Text {
                    also_name: false,
                    ..
                }
                | HostPattern::Text {
                    pattern: TextPattern::All | TextPattern::Ipv6(_),
                    ..
                }
        )
    })
}

fn shares_daemon(alert: &RuleView<'_, '_>, rule: &RuleView<'_, '_>) -> bool {
    matches_all(&alert.daemons)
        || base(&rule.daemons).any(|(text, _)| {
            is_all(text) || base(&alert.daemons).any(|(other, _)| other.eq_ignore_ascii_case(text))
        })
}

/// A rule at the end of its table, after all that grants.
fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    let source = broken.source();
    let rule = broken.line.span();
    let all = vec![
        Edit::delete(rule),
        Edit::insert(broken.end_of_table()?, rule.of(source)),
    ];
    Some(edits("move it after all rules that grant", all))
}
