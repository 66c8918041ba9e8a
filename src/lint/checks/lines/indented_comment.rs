//! `#` begins a comment only in the first column; elsewhere it is a word of a live rule
//! (F-LINE-08).

use crate::lint::fix::replace;
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::policy::Element;
use crate::span::Span;

rows! {
    /// A `#` that is not in the first column does not begin a comment.
    ///
    /// The line is a live rule: `#` is a daemon name, and every other word counts.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-LINE-08
    CHECK = Row::new("TW108", "indented-comment", Error, Broad, Run::Rule(check))
        .only_where(|dialect| dialect.reading.comments == Comments::FirstColumn)
        .ends(Ends::Rule, 2).fixed(Repair::Line(|broken| {
            let indent = Span::new(broken.line.span().start, broken.span.start);
            Some(replace("move the # to the first column", indent, ""))
        })).shown(claims::of_line).may_be_prose();
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
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
            format!(
                "the `#` is not in the first column, so this is not a comment: the rule is \
                     live and {what}"
            ),
            "move the `#` to the first column, or remove the line".to_owned(),
        )
    });
}
