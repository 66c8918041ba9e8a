//! A rule without daemons or without clients never matches (F-FIELD-03).

use super::bare_ipv6;
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;

rows! {
    /// The daemon list or the client list is empty.
    ///
    /// Such a rule is legal, silent, and matches nobody; its options are not even checked.
    ///
    /// Repair: by hand
    /// Facts: F-FIELD-03
    CHECK = Row::new("TW201", "empty-list", Error, Dead, Run::Rule(check))
        .ends(Ends::Rule, 5)
        .shown(|shown| vec![(shown.missed(Reach::Any), &[Group::Line, Group::Strangers])]);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let list = match (rule.daemons.is_empty(), rule.clients.is_empty()) {
        // Two colons in a row may be the head of an IPv6 address; that check says so.
        (false, true) if bare_ipv6::address(rule).is_some() => return,
        (true, true) => "daemon list and the client list are",
        (true, false) => "daemon list is",
        (false, true) => "client list is",
        (false, false) => return,
    };
    sink.report(rule.span(), || {
        (
            format!("the {list} empty: the rule never matches"),
            "name daemons and clients (`ALL` for all of them), or remove the line".to_owned(),
        )
    });
}
