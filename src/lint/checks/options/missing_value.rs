//! An option without the value it needs (F-OPT-05).

use super::traps::{Trap, first_trap};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::{REFUSES, quote};
use crate::policy::OptionProblem;

rows! {
    /// An option lacks its value.
    ///
    /// Everybody whom the rule matches is refused.
    ///
    /// Repair: by hand
    /// Facts: F-OPT-05
    CHECK = Row::new("TW505", "missing-value", Error, LocksOut, Run::Rule(check))
        .shown(claims::refused).harm(harms::of_broken_option);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some((Trap::Plain(OptionProblem::MissingValue), option)) = first_trap(rule) else {
        return;
    };
    sink.report(option.name_span, || {
        let name = quote(&option.name);
        (
            format!("the option {name} needs a value: {REFUSES}"),
            format!("write the value after {name}, or remove the option"),
        )
    });
}
