//! All that a list matches is excepted: it matches nothing (F-EXCEPT-01).

use crate::engine::{Answer, ClientSet};
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, has_except};
use crate::policy::Element;
use crate::span::Span;

rows! {
    /// Everything before EXCEPT stands after it, too.
    ///
    /// Everybody is excepted, so the rule never matches.
    ///
    /// Repair: by hand
    /// Facts: F-EXCEPT-01
    CHECK = Row::new("TW214", "except-all", Error, Dead, Run::Rule(check))
        .ends(Ends::Rule, 7).shown(claims::missed_in_line);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for (list, is_clients) in [(&rule.daemons, false), (&rule.clients, true)] {
        if let Some(span) = all(list) {
            sink.report(span, || {
                (
                    "ALL stands after EXCEPT: everybody is excepted, and the rule never matches"
                        .to_owned(),
                    "swap the two sides, or remove the rule".to_owned(),
                )
            });
            continue;
        }
        let is_empty = if is_clients {
            excepts_all(list, rule)
        } else {
            is_repeated(list)
        };
        let (Some(first), Some(last)) = (list.first(), list.last()) else {
            continue;
        };
        if is_empty {
            sink.report(first.span().cover(last.span()), || {
                (
                    "all that stands before EXCEPT is excepted: the rule never matches".to_owned(),
                    "correct what stands after EXCEPT, or remove the rule".to_owned(),
                )
            });
        }
    }
}

/// The list before the first `EXCEPT`, and the only one after it.
fn sides<'v, 's>(list: &'v [Element<'s>]) -> Option<(&'v [Element<'s>], &'v [Element<'s>])> {
    let mut parts = list.split(|element| matches!(element, Element::Except { .. }));
    // With a third part, what is excepted may have exceptions of its own.
    match (parts.next(), parts.next(), parts.next()) {
        (Some(base @ [_, ..]), Some(excepted), None) => Some((base, excepted)),
        _ => None,
    }
}

/// The word for everything after `EXCEPT`.
fn all(list: &[Element<'_>]) -> Option<Span> {
    let (_, excepted) = sides(list)?;
    excepted.iter().find_map(|element| match element {
        Element::Pattern { text, span } if text.eq_ignore_ascii_case(b"ALL") => Some(*span),
        Element::Pattern { .. } | Element::Except { .. } => None,
    })
}

/// Whether a list of clients has some before its first `EXCEPT`, and certainly none after all.
pub(in crate::lint) fn excepts_all(list: &[Element<'_>], rule: &RuleView<'_, '_>) -> bool {
    if !has_except(list) {
        return false;
    }
    let base = list
        .iter()
        .take_while(|element| matches!(element, Element::Pattern { .. }));
    let base = ClientSet::of(base.cloned(), rule.dialect);
    // What matches nobody at all is reported as such.
    base.is_empty() == Answer::No
        && ClientSet::of(list.iter().cloned(), rule.dialect).is_empty() == Answer::Yes
}

/// Whether each word of a list of daemons stands after `EXCEPT` again, or a wildcard for all.
fn is_repeated(list: &[Element<'_>]) -> bool {
    let Some((base, excepted)) = sides(list) else {
        return false;
    };
    let text = |element: &Element<'_>| match element {
        Element::Pattern { text, .. } => text.to_ascii_lowercase(),
        Element::Except { .. } => Vec::new(),
    };
    let excepted: Vec<Vec<u8>> = excepted.iter().map(text).collect();
    let is_excepted = |element: &Element<'_>| {
        excepted
            .iter()
            .any(|word| *word == text(element) || *word == b"*")
    };
    base.iter().all(is_excepted)
}
