//! `#` begins a comment only in the first column; elsewhere it is a word of a live rule
//! (F-LINE-08).

use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::policy::Element;
use crate::span::Span;

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some(Element::Pattern { text, span }) = rule.daemons.first() else {
        return;
    };
    if !text.starts_with(b"#") {
        return;
    }
    let whole = rule.span();
    sink.report(Span::new(span.start, whole.end), || {
        let what = if rule.grants() {
            "may let people in"
        } else {
            "may keep people out"
        };
        (
            format!("the `#` is not in the first column, so this is no comment: the rule is live and {what}"),
            "move the `#` to the first column, or take the line out".to_owned(),
        )
    });
}
