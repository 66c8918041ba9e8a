//! A colon inside a command, a value or a path ends the option (F-OPT-07, F-SPAWN-02).

use super::{Trap, first_trap};
use crate::lint::command::inner_colons;
use crate::lint::sink::{About, Sink};
use crate::lint::view::RuleView;
use crate::lint::words::{REFUSES, quote};
use crate::policy::RuleOption;
use crate::span::{Span, index, offset};

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some((Trap::CutValue, option)) = first_trap(rule) else {
        return;
    };
    let Some(start) = colon_before(rule, option) else {
        return;
    };
    let end = option.name_span.end.max(option.value_span.end);
    let is_inner = rule
        .options
        .iter()
        .any(|option| inside(rule, option).contains(&start));
    // The clients are those of the rule, not words of its command.
    let list = rule.rule.clients().span().of(rule.source()).to_vec();
    sink.report_about(Span::new(start, end), || About::Clients(list), || {
        let message = if is_inner {
            format!(
                "this colon stands inside quotes or parentheses, which mean nothing to libwrap: it \
                 ends the value before it, and {REFUSES}"
            )
        } else {
            format!(
                "this colon ends the value before it, and {} is no option: {REFUSES}",
                quote(&option.name)
            )
        };
        (
            message,
            "write a colon inside of a value as `\\:`".to_owned(),
        )
    });
}

/// The colons to be written as `\:` when `found` is: all those inside of the same command, or only
/// this one.
pub(in crate::lint) fn of_the_same_value(rule: &RuleView<'_, '_>, found: u32) -> Vec<u32> {
    let all = rule.options.iter().map(|option| inside(rule, option));
    let mut with = all.filter(|colons| colons.contains(&found));
    with.next().unwrap_or_else(|| vec![found])
}

/// The colon that begins an option.
fn colon_before(rule: &RuleView<'_, '_>, option: &RuleOption<'_>) -> Option<u32> {
    let before = rule.source().get(..index(option.name_span.start))?;
    memchr::memrchr(b':', before).map(offset)
}

/// The colons that the author of a command means for the command.
pub(super) fn inside(rule: &RuleView<'_, '_>, option: &RuleOption<'_>) -> Vec<u32> {
    let is_command = super::commands::runs(option);
    // Few commands have a quote or a parenthesis open where the next colon stands.
    if option.is_last || !is_command {
        return Vec::new();
    }
    let start = option.value_span.start;
    let text = Span::new(start, rule.span().end).of(rule.source());
    let colons = inner_colons(text);
    colons.into_iter().map(|at| start + offset(at)).collect()
}

/// Whether the colon behind the value of an option is one of those.
pub(super) fn is_cut_inside(
    rule: &RuleView<'_, '_>,
    option: &RuleOption<'_>,
    next: &RuleOption<'_>,
) -> bool {
    let colon = colon_before(rule, next);
    colon.is_some_and(|colon| inside(rule, option).contains(&colon))
}
