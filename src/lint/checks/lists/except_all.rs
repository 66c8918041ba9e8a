//! `x EXCEPT ALL` excepts everybody: the list matches nothing (F-EXCEPT-03).

use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::policy::Element;

rows! {
    /// ALL stands after EXCEPT.
    ///
    /// Everybody is excepted, so the rule never matches.
    ///
    /// Repair: by hand
    /// Facts: F-EXCEPT-01
    CHECK = Row::new("TW214", "except-all", Error, Dead, Run::Rule(check))
        .ends(Ends::Rule, 7).shown(claims::missed_in_line);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for list in [&rule.daemons, &rule.clients] {
        let mut parts = list.split(|element| matches!(element, Element::Except { .. }));
        // With a third part, ALL may have exceptions of its own.
        let (Some([_, ..]), Some(excepted), None) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let all = excepted.iter().find_map(|element| match element {
            Element::Pattern { text, span } if text.eq_ignore_ascii_case(b"ALL") => Some(*span),
            Element::Pattern { .. } | Element::Except { .. } => None,
        });
        let Some(span) = all else {
            continue;
        };
        sink.report(span, || {
            (
                "ALL stands after EXCEPT: everybody is excepted, and the rule never matches"
                    .to_owned(),
                "swap the two sides, or remove the rule".to_owned(),
            )
        });
    }
}
