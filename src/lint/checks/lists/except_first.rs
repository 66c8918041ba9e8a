//! Nothing stands before `EXCEPT`: the list matches nothing (F-EXCEPT-03).

use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::policy::Element;

rows! {
    /// Nothing stands before EXCEPT.
    ///
    /// A list without a left side matches nobody.
    ///
    /// Repair: by hand
    /// Facts: F-EXCEPT-03
    CHECK = Row::new("TW211", "except-first", Error, Dead, Run::Rule(check))
        .ends(Ends::Rule, 6).shown(claims::missed_in_line);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for list in [&rule.daemons, &rule.clients] {
        let Some(Element::Except { span }) = list.first() else {
            continue;
        };
        sink.report(*span, || {
            (
                "nothing stands before EXCEPT: the rule never matches".to_owned(),
                "write `ALL EXCEPT ...`".to_owned(),
            )
        });
    }
}
