//! A default that denies one address family only (F-V4-08, F-V6-03).

use crate::engine::TableName;
use crate::lint::checks::list_words::{is_all, matches_all};
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, base};
use crate::policy::{ClientPattern, HostPattern, OptionKind, rules};
use crate::span::Span;

rows! {
    /// The default denies one address family only.
    ///
    /// `0.0.0.0/0.0.0.0` is IPv4 alone, and `[::]/0` is IPv6 alone.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-V4-08 F-V6-03
    CHECK = Row::new("TW704", "one-family-default", Error, LetsIn, Run::Policy(check))
        .fixed(Repair::Word(|_| Some(b"ALL".to_vec()))).shown(claims::no_rule);
}

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

/// What becomes of those whom no rule names.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    /// Some rule denies everybody, or one rule each denies all of IPv4 and all of IPv6.
    pub(super) is_closed: bool,
    /// The only family that is denied as a whole, and where.
    pub(super) family: Option<(Family, TableName, Span)>,
}

impl Defaults {
    /// Looks for rules that deny all clients of all daemons.
    pub(in crate::lint::checks) fn of(policy: &Policy<'_>) -> Self {
        let mut found = Self::default();
        for (table, tree) in policy.tables() {
            for rule in rules(tree) {
                // Cheap first: few rules of a long table are about all daemons.
                let mut daemons = rule.daemons().elements();
                let first = daemons.next();
                if !first.is_some_and(|first| matches_all(&[first])) {
                    continue;
                }
                let rule = RuleView::new(table, rule);
                if !rule.grants() && !rule.has(OptionKind::Aclexec) {
                    found.take(&rule);
                }
                if found.is_closed {
                    return found;
                }
            }
        }
        found
    }

    fn take(&mut self, rule: &RuleView<'_, '_>) {
        for (text, span) in base(&rule.clients) {
            let family = match ClientPattern::read(text) {
                ClientPattern {
                    user: None,
                    host: HostPattern::Ipv4Net { net: 0, mask: 0 },
                } => Family::V4,
                ClientPattern {
                    user: None,
                    host: HostPattern::Ipv6Net { length: 0, .. },
                } => Family::V6,
                _ if is_all(text) => {
                    self.is_closed = true;
                    return;
                }
                _ => continue,
            };
            match self.family {
                None => self.family = Some((family, rule.table, span)),
                Some((other, _, _)) if other != family => self.is_closed = true,
                Some(_) => {}
            }
        }
    }
}

fn check(policy: &Policy<'_>, sink: &mut Sink) {
    let defaults = Defaults::of(policy);
    let Some((family, table, span)) = defaults.family.filter(|_| !defaults.is_closed) else {
        return;
    };
    sink.turn_to(table);
    sink.report(span, || {
        let (denied, open) = match family {
            Family::V4 => ("IPv4", "IPv6"),
            Family::V6 => ("IPv6", "IPv4"),
        };
        (
            format!("this denies everybody on {denied}, but not on {open}"),
            "write `ALL: ALL`, which denies everybody".to_owned(),
        )
    });
}
