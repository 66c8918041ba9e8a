//! Nothing stands behind `EXCEPT`: there is no exception (F-EXCEPT-03).

use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::policy::Element;

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for list in [&rule.daemons, &rule.clients] {
        let (Some(Element::Except { span }), true) = (list.last(), list.len() > 1) else {
            continue;
        };
        sink.report(*span, || {
            (
                "nothing stands behind EXCEPT: nobody is excepted".to_owned(),
                "name the exceptions on the same line, or take EXCEPT out".to_owned(),
            )
        });
    }
}
