//! `%` and a letter that libwrap does not expand: both vanish (F-PCT-02, F-SPAWN-06).

use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::quote;
use crate::policy::{Part, parts_in};
use crate::span::{Span, offset};

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for option in &rule.options {
        if !option.spec().is_some_and(|spec| spec.expands) {
            continue;
        }
        let span = option.value_span;
        let source = span.of(rule.source());
        let unknown =
            parts_in(source, rule.dialect)
                .into_iter()
                .find_map(|(at, part)| match part {
                    Part::Unknown(letter) => Some((at, letter)),
                    Part::Text(_) | Part::Expansion(_) => None,
                });
        let Some((at, letter)) = unknown else {
            continue;
        };
        let start = span.start + offset(at);
        let of = if rule.dialect.port_letters {
            String::new()
        } else {
            format!(" on {}", rule.dialect.title)
        };
        sink.report(Span::new(start, (start + 2).min(span.end)), || {
            (
                format!(
                    "{} is none of libwrap's letters{of}: it vanishes before the command runs",
                    quote(&[b'%', letter])
                ),
                "write `%%` for a percent sign".to_owned(),
            )
        });
    }
}
