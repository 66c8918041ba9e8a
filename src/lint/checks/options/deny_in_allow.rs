//! A rule of the allow table that refuses people, without raising an alert (F-ORDER-02).

use crate::engine::TableName;
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::policy::OptionKind;

rows! {
    /// A rule of the allow table refuses people.
    ///
    /// It works, and an alert is often written like this; but whoever looks for what is refused
    /// looks in the deny table.
    ///
    /// Repair: by hand
    /// Facts: F-ORDER-02
    CHECK = Row::new("TW511", "deny-in-allow-table", Info, LocksOut, Run::Rule(check))
        .shown(|_| {
            let refused = claim(Some(false), Decider::Own, Reach::Any);
            vec![(refused, &[Group::Following, Group::Line, Group::Strangers])]
        });
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let is_alarm = rule.has(OptionKind::Spawn) || rule.has(OptionKind::Twist);
    if rule.table != TableName::Allow || is_alarm {
        return;
    }
    let Some(last) = rule.options.last() else {
        return;
    };
    if last
        .spec()
        .is_some_and(|spec| spec.kind == OptionKind::Deny)
        && !rule.grants()
    {
        sink.report(last.name_span, || {
            (
                "this rule of the allow table refuses everybody that it matches".to_owned(),
                "if no later rule of the allow table is meant to be hidden by it, move it to the \
                 deny table"
                    .to_owned(),
            )
        });
    }
}
