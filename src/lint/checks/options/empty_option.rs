//! An empty option, most often after a colon at the end of the line (F-OPT-02).

use super::traps::{Trap, first_trap};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::REFUSES;
use crate::policy::OptionProblem;
use crate::span::Span;

rows! {
    /// No option stands after a colon.
    ///
    /// An empty option is a broken one: everybody whom the rule matches is refused.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-OPT-02
    CHECK = Row::new("TW502", "empty-option", Error, LocksOut, Run::Rule(check))
        .fixed(Repair::Replace("remove the colon", "")).shown(claims::refused)
        .harm(harms::of_broken_option);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some((Trap::Plain(OptionProblem::MissingName), option)) = first_trap(rule) else {
        return;
    };
    let at = option.name_span.start;
    sink.report(Span::new(at.saturating_sub(1), at), || {
        let place = if option.is_last {
            "the colon at the end"
        } else {
            "this colon"
        };
        (
            format!("no option stands after {place}: {REFUSES}"),
            "remove the colon".to_owned(),
        )
    });
}
