//! An exception outside of everything that its list matches (F-EXCEPT-04).

use crate::engine::{Answer, ClientSet};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::quote;
use crate::policy::Element;

rows! {
    /// An exception excludes nothing from its list.
    ///
    /// Nothing before EXCEPT matches what stands after it, so the exception was meant for another
    /// rule or is misspelt.
    ///
    /// Repair: by hand
    /// Facts: F-EXCEPT-04
    CHECK = Row::new("TW215", "except-nothing", Warning, Dead, Run::Rule(check))
        .shown(claims::missed_by_list);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let is_except = |element: &Element<'_>| matches!(element, Element::Except { .. });
    let mut lists = rule.clients.split(is_except);
    let (Some(list), Some(exceptions)) = (lists.next(), lists.next()) else {
        return;
    };
    let set = ClientSet::of(list.iter().cloned(), rule.dialect);
    for exception in exceptions {
        let Element::Pattern { text, span } = exception else {
            return;
        };
        let excepted = ClientSet::of([exception.clone()], rule.dialect);
        let is_nothing = set.meets(&excepted) == Answer::No;
        // What matches nobody at all is reported as such.
        if !is_nothing || [&set, &excepted].map(ClientSet::is_empty) != [Answer::No; 2] {
            continue;
        }
        sink.report(*span, || {
            (
                format!(
                    "nothing before EXCEPT matches {}: the exception excludes nothing",
                    quote(text)
                ),
                "correct it, or remove it".to_owned(),
            )
        });
    }
}
