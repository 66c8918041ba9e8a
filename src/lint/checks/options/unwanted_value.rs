//! `allow`, `deny` and `keepalive` take no value (F-OPT-05).

use super::traps::{Trap, first_trap};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::{REFUSES, quote};
use crate::policy::OptionProblem;

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some((Trap::Plain(OptionProblem::UnwantedValue), option)) = first_trap(rule) else {
        return;
    };
    sink.report(option.value_span, || {
        (
            format!(
                "the option {} takes no value: {REFUSES}",
                quote(&option.name)
            ),
            "take the value out; another option needs a colon before it".to_owned(),
        )
    });
}
