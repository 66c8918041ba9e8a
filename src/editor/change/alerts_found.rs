//! Which rules raise an alert of tcpw, and for whom they do.

use crate::editor::change::own_alert::{own_alert, program};
use crate::editor::change::unalerted::{Unalerted, unalerted_strangers};
use crate::editor::trial::sample::strangers;
use crate::editor::trial::table_pair::{Ground, Place};
use crate::engine::{Access, Effect, Request, TableName};
use crate::policy::{Rule, rules};
use std::path::PathBuf;

/// A rule that raises an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundAlert {
    /// Where it stands.
    pub place: Place,
    /// The program that it runs.
    pub program: Option<PathBuf>,
}

/// The alerts of both tables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoundAlerts {
    /// The rules, the allow table first.
    pub rules: Vec<FoundAlert>,
    /// Whether each client on no list that is refused and has no name raises one; false if none is
    /// refused.
    pub nameless: bool,
    /// The same of clients that have a name.
    pub named: bool,
    /// The rules that refuse clients on no list and raise none.
    pub silent: Unalerted,
}

/// Finds the rules that raise an alert, and asks what clients on no list come to.
pub fn found_alerts(ground: &Ground<'_>) -> FoundAlerts {
    let mut found = FoundAlerts::default();
    for table in [TableName::Allow, TableName::Deny] {
        for rule in rules(ground.tree(table)) {
            if let Some(alert) = own_alert(rule) {
                found.rules.push(FoundAlert {
                    place: ground.place(table, rule.line().index()),
                    program: program(&alert),
                });
            }
        }
    }
    if found.rules.is_empty() {
        return found;
    }
    let daemons = ground.daemons();
    let hosts = strangers();
    let requests = hosts.into_iter().flat_map(|host| daemons.requests(&host));
    let (nameless, named): (Vec<Request>, Vec<Request>) =
        requests.partition(|request| !request.client().name().is_known());
    found.nameless = all_raise(ground, &nameless);
    found.named = all_raise(ground, &named);
    found.silent = unalerted_strangers(ground);
    found
}

/// Whether some of the requests are refused, and each of these by a rule with an alert.
fn all_raise(ground: &Ground<'_>, requests: &[Request]) -> bool {
    let mut has_refused = false;
    for request in requests {
        let verdict = ground.decide(request);
        if verdict.access != Access::Denied {
            continue;
        }
        has_refused = true;
        let line = ground
            .decider(&verdict)
            .and_then(|rule| ground.tree(rule.table).line(rule.line));
        let is_ours = line.and_then(Rule::of).and_then(own_alert).is_some();
        let runs = |effect: &Effect| matches!(effect, Effect::Spawn(_));
        if !is_ours || !verdict.effects.iter().any(runs) {
            return false;
        }
    }
    has_refused
}
