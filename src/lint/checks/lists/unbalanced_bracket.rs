//! A bracket without partner: no colon separates behind it, and options become clients
//! (F-FIELD-05).

use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, is_balanced};
use crate::policy::Element;
use crate::span::Span;

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let pattern = |element: &Element<'_>| match element {
        Element::Pattern { text, span } => Some((text.contains(&b':'), !is_balanced(text), *span)),
        Element::Except { .. } => None,
    };
    let mut patterns = rule.clients.iter().filter_map(pattern);
    let Some((_, _, bracket)) = patterns.find(|&(_, unbalanced, _)| unbalanced) else {
        return;
    };
    let swallowed = patterns
        .find(|&(colon, _, _)| colon)
        .map(|(_, _, span)| span);
    let end = swallowed.map_or(bracket.end, |_| rule.span().end);
    sink.report(Span::new(bracket.start, end), || {
        let what = match (swallowed.is_some(), rule.grants()) {
            (true, true) => {
                "the options behind it are taken for clients, and the rule grants, whatever they say"
            }
            (true, false) => "the options behind it are taken for clients and do nothing",
            (false, _) => "the pattern never matches",
        };
        (
            format!("a bracket without its partner: {what}"),
            "write an IPv6 address as `[2001:db8::1]`, a network as `[2001:db8::]/32`".to_owned(),
        )
    });
}
