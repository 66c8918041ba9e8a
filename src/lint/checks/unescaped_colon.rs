//! A colon inside a command, a value or a path ends the option (F-OPT-07, F-SPAWN-02).

use super::{Trap, first_trap};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::{REFUSES, quote};
use crate::span::Span;

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some((Trap::CutValue, option)) = first_trap(rule) else {
        return;
    };
    let start = option.name_span.start.saturating_sub(1);
    let end = option.name_span.end.max(option.value_span.end);
    sink.report(Span::new(start, end), || {
        (
            format!(
                "this colon ends the value before it, and {} is no option: {REFUSES}",
                quote(&option.name)
            ),
            "write a colon inside of a value as `\\:`".to_owned(),
        )
    });
}
