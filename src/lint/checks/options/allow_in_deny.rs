//! `allow` in the deny table lets people in (F-ORDER-03).

use crate::engine::TableName;
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::policy::OptionKind;

rows! {
    /// A rule of the deny table lets people in.
    ///
    /// Nobody who looks for the friends of this machine looks there.
    ///
    /// Repair: by hand
    /// Facts: F-ORDER-03
    CHECK = Row::new("TW510", "allow-in-deny-table", Warning, LetsIn, Run::Rule(check))
        .shown(claims::of_line);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some(option) = rule.options.last() else {
        return;
    };
    let is_allow = option
        .check_form()
        .is_ok_and(|spec| spec.kind == OptionKind::Allow);
    if rule.table != TableName::Deny || !is_allow {
        return;
    }
    sink.report(option.name_span, || {
        (
            "this rule of the deny table lets everybody in that it matches".to_owned(),
            "move the rule to the allow table, where people look for it".to_owned(),
        )
    });
}
