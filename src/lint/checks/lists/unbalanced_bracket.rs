//! A bracket without partner: no colon separates after it, and options become clients
//! (F-FIELD-05).

use crate::lint::check::Harm;
use crate::lint::claims;
use crate::lint::claims::{Group, Reach, Shown, Step};
use crate::lint::harms::Place;
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, is_balanced};
use crate::policy::Element;
use crate::span::Span;

rows! {
    /// A bracket is unbalanced.
    ///
    /// While brackets are open no colon separates fields, so `: deny` becomes two client names and
    /// the rule does what its table says.
    ///
    /// Repair: by hand
    /// Facts: F-FIELD-05
    CHECK = Row::new("TW202", "unbalanced-bracket", Error, Either, Run::Rule(check))
        .only_where(|dialect| dialect.reading.brackets == Brackets::Counted).ends(Ends::Rule, 3)
        .shown(shown).harm(harm);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
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
                "the options after it are read as clients, and the rule grants, whatever they say"
            }
            (true, false) => "the options after it are read as clients and do nothing",
            (false, _) => "the pattern never matches",
        };
        (
            format!("unbalanced bracket: {what}"),
            "write an IPv6 address as `[2001:db8::1]`, a network as `[2001:db8::]/32`".to_owned(),
        )
    });
}

fn shown(shown: &Shown<'_>) -> Vec<Step> {
    // A bracket that swallows options is marked with all of them.
    if shown.word.iter().any(u8::is_ascii_whitespace) {
        claims::of_line(shown)
    } else {
        vec![(shown.missed(Reach::MissedByWord), &[Group::Marked])]
    }
}

fn harm(place: &Place<'_, '_>) -> Option<Harm> {
    let marked = place.text().to_ascii_lowercase();
    if !marked.iter().any(u8::is_ascii_whitespace) {
        // It matches nobody; nothing is swallowed.
        return None;
    }
    // The rule does what its table says, whatever its last option was to say.
    let says = |word: &[u8]| marked.trim_ascii_end().ends_with(word);
    Some(match (says(b"deny"), says(b"allow")) {
        (true, _) => place.by_effect(Harm::LetsIn, Harm::Dead),
        (_, true) => place.by_effect(Harm::Dead, Harm::LocksOut),
        _ => Harm::Breaks,
    })
}
