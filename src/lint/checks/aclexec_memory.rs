//! A failed `aclexec` makes later rules with neutral options count as no match (F-ACL-06): a
//! default in the deny table that only raises an alarm then keeps nobody out.

use crate::engine::TableName;
use crate::lint::Policy;
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::policy::{OptionKind, rules};

pub(in crate::lint) fn check(policy: &Policy<'_>, sink: &mut Sink) {
    let (Some(allow), Some(deny)) = (policy.allow, policy.deny) else {
        return;
    };
    let condition = rules(allow)
        .filter(|rule| rule.has_options())
        .find_map(|rule| {
            let view = RuleView::new(TableName::Allow, rule);
            view.has(OptionKind::Aclexec).then(|| view.rule.number())
        });
    let Some(condition) = condition else {
        return;
    };
    sink.turn_to(TableName::Deny);
    for rule in rules(deny).filter(|rule| rule.has_options()) {
        let view = RuleView::new(TableName::Deny, rule);
        let decides = [
            OptionKind::Allow,
            OptionKind::Deny,
            OptionKind::Twist,
            OptionKind::Aclexec,
        ];
        if view.grants() || decides.into_iter().any(|kind| view.has(kind)) {
            continue;
        }
        sink.report(view.span(), || {
            (
                format!(
                    "when the aclexec in line {condition} of the allow table fails, this rule counts \
                     as no match and refuses nobody"
                ),
                "put `: deny` at its end".to_owned(),
            )
        });
    }
}
