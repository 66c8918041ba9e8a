//! Two `EXCEPT` in a row cancel the exception (F-EXCEPT-03).

use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::policy::Element;

rows! {
    /// EXCEPT stands twice in a row.
    ///
    /// The second EXCEPT cancels the first, so the exceptions do not count.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-EXCEPT-03
    CHECK = Row::new("TW213", "except-doubled", Error, Either, Run::Rule(check))
        .fixed(Repair::Replace("remove one EXCEPT", "EXCEPT"))
        .shown(|shown| vec![(shown.own(), &[Group::After])]);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for list in [&rule.daemons, &rule.clients] {
        for pair in list.windows(2) {
            let [
                Element::Except { span: first },
                Element::Except { span: second },
            ] = pair
            else {
                continue;
            };
            sink.report(first.cover(*second), || {
                (
                    "EXCEPT stands twice in a row: the exceptions after it do not count".to_owned(),
                    "remove one of the two".to_owned(),
                )
            });
        }
    }
}
