//! A bracket whose partner stands after a colon, in a build of libwrap where brackets protect no
//! colon, or only those around addresses (F-FIELD-04).

use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, is_balanced};
use crate::lint::words::quote;
use crate::policy::Element;
use crate::span::Span;

rows! {
    /// A bracket stands before a colon, in a build of libwrap where brackets do not protect it.
    ///
    /// The address is cut at its first colon. The pattern matches nobody, and what follows is read
    /// as clients, as options, or as a shell command.
    ///
    /// Repair: by hand
    /// Facts: F-FIELD-04
    CHECK = Row::new("TW118", "brackets-protect-nothing", Error, Missed, Run::Rule(check))
        .only_where(|dialect| dialect.reading.brackets != Brackets::Counted);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let elements = rule.daemons.iter().chain(&rule.clients);
    let open = elements.filter_map(|element| match element {
        Element::Pattern { text, span } => Some((text, *span)),
        Element::Except { .. } => None,
    });
    let end = rule.span().end;
    for (text, span) in open.filter(|(text, _)| !is_balanced(text)) {
        let after = Span::new(span.end, end).of(rule.source());
        if !text.contains(&b'[') || after.first() != Some(&b':') {
            continue;
        }
        let dialect = sink.dialect();
        sink.report(Span::new(span.start, end), || {
            let rest = if dialect.options {
                "options"
            } else {
                "a shell command"
            };
            let what = if rule.clients.is_empty() || rule.daemons.iter().any(|d| d.span() == span) {
                "clients"
            } else {
                rest
            };
            (
                format!(
                    "brackets protect no colon on {}: the field ends after {}, which matches \
                     nobody, and what follows is read as {what}",
                    dialect.title,
                    quote(text)
                ),
                "write addresses without a colon, or the names of the clients".to_owned(),
            )
        });
        return;
    }
}
