//! Two `EXCEPT` in a row cancel the exception (F-EXCEPT-03).

use crate::diagnostic::Fix;
use crate::lint::check::Harm;
use crate::lint::claims::{Group, Shown, Step};
use crate::lint::fix::{Broken, replace};
use crate::lint::row::{Repair, Row, Run, row};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::policy::Element;

row! {
    /// EXCEPT stands twice in a row.
    ///
    /// The second EXCEPT cancels the first, so the exceptions do not count.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-EXCEPT-03
    pub(in crate::lint) const CHECK: Row = Row::error("TW213", "except-doubled", Harm::Either)
        .run(Run::Rule(check))
        .fixed(Repair::Line(fix))
        .shown(shown);
}

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
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
                    "EXCEPT stands twice in a row: the exceptions behind it do not count"
                        .to_owned(),
                    "take one of the two out".to_owned(),
                )
            });
        }
    }
}

fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    Some(replace("remove one EXCEPT", broken.span, "EXCEPT"))
}

fn shown(shown: &Shown<'_>) -> Vec<Step> {
    vec![(shown.own(), &[Group::After])]
}
