//! `allow`, `deny` and `twist` must be the last option (F-OPT-03).

use super::traps::{Trap, first_trap};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::{REFUSES, quote};
use crate::policy::OptionProblem;

rows! {
    /// An option stands after one that must be the last.
    ///
    /// allow, deny and twist end a rule; with anything after them everybody whom the rule matches
    /// is refused.
    ///
    /// Repair: by hand
    /// Facts: F-OPT-03
    CHECK = Row::new("TW507", "option-not-last", Error, LocksOut, Run::Rule(check))
        .shown(claims::refused).harm(harms::of_broken_option);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some((Trap::Plain(OptionProblem::NotLast), option)) = first_trap(rule) else {
        return;
    };
    sink.report(option.name_span, || {
        (
            format!(
                "another option stands after {}, which must be the last one: {REFUSES}",
                quote(&option.name)
            ),
            format!("put {} at the end of the rule", quote(&option.name)),
        )
    });
}
