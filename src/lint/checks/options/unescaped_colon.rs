//! A colon inside a command, a value or a path ends the option (F-OPT-07, F-SPAWN-02).

use super::traps::{Trap, colon_before, first_trap, inside};
use crate::diagnostic::Fix;
use crate::edit::Edit;
use crate::lint::finding::About;
use crate::lint::fix::{Broken, edits};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::{REFUSES, quote};
use crate::span::Span;

rows! {
    /// A colon in a value is not written as `\:`.
    ///
    /// It ends the value, what follows is not an option, and everybody whom the rule matches is
    /// refused.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-OPT-07 F-SPAWN-02
    CHECK = Row::new("TW503", "unescaped-colon", Error, LocksOut, Run::Rule(check))
        .fixed(Repair::Line(fix)).shown(claims::refused).harm(harms::of_broken_option);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
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
                "this colon ends the value before it, and {} is not an option: {REFUSES}",
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
fn of_the_same_value(rule: &RuleView<'_, '_>, found: u32) -> Vec<u32> {
    let all = rule.options.iter().map(|option| inside(rule, option));
    let mut with = all.filter(|colons| colons.contains(&found));
    with.next().unwrap_or_else(|| vec![found])
}

/// The colon written as `\:`, and those in the same quotes.
fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    let colons = of_the_same_value(&broken.rule()?, broken.span.start);
    let all: Vec<Edit> = colons
        .into_iter()
        .map(|colon| Edit::insert(colon, "\\"))
        .collect();
    let title = match all.len() {
        1 => "escape the colon",
        _ => "escape the colons",
    };
    Some(edits(title, all))
}
