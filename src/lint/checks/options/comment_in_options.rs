//! A `#` among the options begins no comment (F-LINE-09, F-OPT-05).

use super::traps::{Trap, first_trap};
use crate::lint::checks::lines::trailing_comment::comment_above;
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::REFUSES;
use crate::span::{Span, offset};

rows! {
    /// A comment stands in the options.
    ///
    /// A `#` after a rule does not begin a comment; the option is broken and everybody whom the
    /// rule matches is refused.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-OPT-04 F-LINE-09
    CHECK = Row::new("TW504", "comment-in-options", Error, LocksOut, Run::Rule(check))
        .only_where(|dialect| dialect.reading.comments == Comments::FirstColumn)
        .fixed(Repair::Line(comment_above)).shown(claims::refused).harm(harms::of_broken_option);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some((Trap::Comment, option)) = first_trap(rule) else {
        return;
    };
    let span = option.name_span.cover(option.value_span);
    let at = memchr::memchr(b'#', span.of(rule.source())).unwrap_or_default();
    sink.report(Span::new(span.start + offset(at), span.end), || {
        (
            format!(
                "a `#` after a rule does not begin a comment but is part of the option: {REFUSES}"
            ),
            "put the comment on a line of its own, with the `#` in the first column".to_owned(),
        )
    });
}
