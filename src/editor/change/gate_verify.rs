//! After a gate is planned: it is asked, and it overrules no refusal.

use crate::edit::{Edit, apply};
use crate::editor::change::gate::{AskedGate, internal, unlisted};
use crate::editor::change::gate_rules::{DaemonRelation, begins_with_all, gate_rules, relation};
use crate::editor::change::worked_out::{Change, GateConflict, Refusal};
use crate::editor::client::daemon::Daemon;
use crate::editor::trial::effect::Effect;
use crate::editor::trial::rule_parts::ending;
use crate::editor::trial::table_pair::Ground;
use crate::engine::{Access, Host, HostName, Request, TableName};
use crate::policy::rules;
use crate::span::Span;
use crate::syntax::parse;

/// After planning: the gate is asked about clients on no list, and nobody gets in whom a rule refuses
/// that is about some clients only.
///
/// # Errors
/// With the rule.
pub fn verify_gate(
    before: &Ground<'_>,
    after: &Ground<'_>,
    asked: &AskedGate<'_>,
    change: &Change,
) -> Result<(), Refusal> {
    for daemon in asked.daemons {
        is_reached(after, daemon)?;
    }
    let Some(request) = overruled(before, after, asked.daemons)? else {
        return Ok(());
    };
    let verdict = before.decide(&request);
    Err(match (change.repaired(), before.decider(&verdict)) {
        (Some(place), _) => Refusal::Unterminated(place.clone()),
        (None, Some(rule)) => Refusal::Gate {
            place: before.place_of(&rule),
            why: GateConflict::Overruled,
        },
        (None, None) => Refusal::Internal("the gate lets in who is refused".to_owned()),
    })
}

/// Somebody whom a rule refuses that is about some clients only, and whom the gate would let in.
fn overruled(
    before: &Ground<'_>,
    after: &Ground<'_>,
    daemons: &[Daemon],
) -> Result<Option<Request>, Refusal> {
    let mut own = gate_rules(after).into_iter();
    let own = own.find(|gate| relation(gate.rule.daemons(), daemons) == DaemonRelation::Same);
    let Some(own) = own else {
        return Ok(None);
    };
    let at = own.rule.line();
    let later = rules(after.allow).filter(|rule| rule.number() > own.rule.number());
    let later = later.filter(|rule| ending(TableName::Allow, *rule) == Access::Denied);
    let all = later.chain(rules(before.deny));
    let narrow = all.filter(|rule| {
        let is_about_them = relation(rule.daemons(), daemons) != DaemonRelation::None;
        is_about_them && !begins_with_all(rule.clients())
    });
    let mut refusals = Vec::new();
    for rule in narrow {
        let text = |span: Span| rule.line().text(span).trim_ascii().to_vec();
        let lists = [text(rule.daemons().span()), text(rule.clients().span())];
        refusals.extend([lists.join(&b": "[..]), b" : deny\n".to_vec()].concat());
    }
    // What would change if they stood before the gate is what it overrules.
    let edit = Edit::insert(at.span().start, refusals);
    let allow = apply(after.allow.source(), &[edit]).map_err(|error| internal(&error))?;
    let allow = parse(&allow);
    let kept = Ground::new(&allow, after.deny, after.world);
    let parts = Effect::between(after, &kept, daemons).parts.into_iter();
    let examples = parts.map(|part| {
        let example = part.claim.example;
        let host = Host::new(example.address, HostName::new(example.name));
        let request = Request::new(example.daemon, host);
        match part.user {
            Some(user) => request.with_user(user),
            None => request,
        }
    });
    let mut refused = examples.filter(|request| before.decide(request).access == Access::Denied);
    Ok(refused.next())
}

/// Whether a gate is asked about some clients on no list.
fn is_reached(after: &Ground<'_>, daemon: &Daemon) -> Result<(), Refusal> {
    let gates = gate_rules(after);
    let mut first = None;
    for request in unlisted(std::slice::from_ref(daemon)) {
        let verdict = after.decide(&request);
        let is_asked = verdict.asked.iter().any(|asked| {
            let mut own = gates.iter().map(|gate| gate.rule.line().index());
            asked.matched.table == TableName::Allow && own.any(|line| line == asked.matched.line)
        });
        if is_asked {
            return Ok(());
        }
        first = first.or(after.decider(&verdict));
    }
    Err(match first {
        Some(rule) => Refusal::Gate {
            place: after.place_of(&rule),
            why: GateConflict::Before,
        },
        None => Refusal::Internal("the gate would not be asked".to_owned()),
    })
}
