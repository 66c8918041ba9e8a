//! Nothing denies those whom no rule names: without a match libwrap grants (F-ORDER-01).

use super::one_family_default::Defaults;
use crate::engine::TableName;
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::span::Span;

rows! {
    /// No rule denies everybody.
    ///
    /// Without a match libwrap grants.
    ///
    /// Repair: by hand
    /// Facts: F-ORDER-01
    CHECK = Row::new("TW705", "no-default-deny", Info, LetsIn, Run::Policy(check))
        .shown(claims::no_rule);
}

fn check(policy: &Policy<'_>, sink: &mut Sink) {
    let Some(deny) = policy.deny else {
        return;
    };
    let defaults = Defaults::of(policy);
    if defaults.is_closed || defaults.family.is_some() || deny.broken_line().is_some() {
        return;
    }
    sink.turn_to(TableName::Deny);
    sink.report(Span::empty(0), || {
        (
            "no rule refuses everybody: whom no rule matches gets in".to_owned(),
            "end the deny table with `ALL: ALL`, once the allow table names all friends".to_owned(),
        )
    });
}
