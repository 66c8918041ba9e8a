//! `revoke --country`: taking conditions out of the gates that name them.

use crate::edit::Edit;
use crate::editor::change::expire::with_label;
use crate::editor::change::gate::rewrite;
use crate::editor::change::gate_rules::{
    DaemonRelation, GateRule, gate_rules, refusal_behind, relation,
};
use crate::editor::change::worked_out::{Change, GateConflict, Refusal};
use crate::editor::client::daemon::Daemon;
use crate::editor::client::gate_command::gate_command;
use crate::editor::trial::table_pair::Ground;
use crate::engine::TableName;
use tcpw_gate::{Call, Exception, program_of};

/// What is revoked, of which gates.
#[derive(Debug, Clone, Copy)]
pub struct RevokedGate<'a> {
    /// The conditions.
    pub terms: &'a Call,
    /// Only from the gates of these daemons; none stands for all.
    pub daemons: &'a [Daemon],
}

impl RevokedGate<'_> {
    /// Whether gates only except by these conditions, and none admits by one: then nobody but those who were
    /// excepted is meant to be concerned.
    pub fn only_ends_bans(&self, ground: &Ground<'_>) -> bool {
        gate_rules(ground).iter().all(|gate| {
            let is_meant = self.daemons.is_empty()
                || relation(gate.rule.daemons(), self.daemons) != DaemonRelation::None;
            let Ok(old) = &gate.call else {
                return true;
            };
            let mut terms = old.clone();
            !is_meant
                || !terms.take_back(&self.wanted())
                || terms.conditions().len() == old.conditions().len()
        })
    }

    /// What is revoked.
    fn wanted(&self) -> Vec<Exception> {
        let mut wanted = self.terms.conditions();
        wanted.extend(self.terms.except().iter().cloned());
        wanted
    }
}

/// The edits that take conditions out of the gates, whether they admit or except. A gate that would
/// then admit nobody is removed; so is one that would then except nobody, with the rule `DAEMONS: ALL:
/// deny` that refuses whom it excepts.
///
/// # Errors
/// When a gate is for other daemons, too, or its call cannot be followed.
pub fn revoke_gate(ground: &Ground<'_>, asked: &RevokedGate<'_>) -> Result<Change, Refusal> {
    let mut change = Change::default();
    let wanted = asked.wanted();
    for gate in gate_rules(ground) {
        let is_whole = asked.daemons.is_empty();
        let relation = relation(gate.rule.daemons(), asked.daemons);
        if !is_whole && relation == DaemonRelation::None {
            continue;
        }
        let conflict = |why| Refusal::Gate {
            place: ground.place(TableName::Allow, gate.rule.line().index()),
            why,
        };
        let old = match &gate.call {
            Ok(old) => old,
            Err(error) => return Err(conflict(GateConflict::Wrong(error.to_string()))),
        };
        let mut terms = old.clone();
        if !terms.take_back(&wanted) {
            continue;
        }
        let is_same = is_whole
            || relation == DaemonRelation::Same
            || relation == DaemonRelation::Some && asked.daemons.contains(&Daemon::All);
        if !is_same {
            return Err(conflict(GateConflict::Shared));
        }
        // Without a condition it would admit everybody, or everybody but its exceptions.
        if terms.is_open() && (!old.is_open() || terms.except().is_empty()) {
            remove(&mut change, ground, &gate, old.is_open());
        } else {
            let old = gate.option.value.as_deref().unwrap_or_default();
            let command = gate_command(&terms, program_of(old)).map_err(Refusal::Unfit)?;
            rewrite(&mut change, &gate, &command)?;
        }
    }
    Ok(change)
}

/// Removes a gate, and what refuses whom it excepts.
fn remove(change: &mut Change, ground: &Ground<'_>, gate: &GateRule<'_>, is_open: bool) {
    let spans = with_label(gate.rule).into_iter();
    for span in spans {
        change.edits.push(TableName::Allow, Edit::delete(span));
    }
    if !is_open {
        return;
    }
    if let Some(rule) = refusal_behind(ground, gate.rule) {
        for span in with_label(rule) {
            change.edits.push(TableName::Deny, Edit::delete(span));
        }
    }
}
