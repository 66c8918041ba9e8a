//! What setup does to the tables, and who gets in afterwards.

use super::args::SetupArgs;
use crate::cli::base::Failure;
use crate::cli::change::alert_rule::Raised;
use crate::cli::change::client_list::clients_of;
use crate::cli::change::refusal::wrong_word;
use crate::edit::apply;
use crate::editor::{
    ApplyStep, Asked, Asks, Change, Daemon, Effect, Ground, Intent, OldAlert, Refusal, Scope,
    ShownCompanion, Triggers, Unalerted, Wish, deny_all, drop_alerts, in_steps, install_alert,
    list, old_alerts, only, remove_alert, replace_alerts, unalerted, verify_alert, verify_default,
    verify_deny_all, verify_list, verify_open,
};
use crate::syntax::parse;
use std::cell::{Cell, RefCell};

/// Everybody is refused.
const CLOSED: &[u8] = b"ALL: ALL\n";

/// An alert that is going to be installed.
#[derive(Debug, Clone)]
pub(super) struct AlertWork {
    /// Who raises it.
    pub(super) triggers: Triggers,
    /// Whether the options say so; then whatever raises one for others goes.
    pub(super) is_told: bool,
    /// What its rules run.
    pub(super) command: String,
}

/// What is going to be done to the tables.
pub(super) struct TableWork {
    asked: Asked,
    /// Nothing without an alert.
    pub(super) alert: Option<AlertWork>,
    replaces_alerts: bool,
    is_only: bool,
    is_forced: bool,
    /// Which alerts the change leaves.
    raised: Cell<Raised>,
    /// The tables as the change leaves them.
    after: RefCell<After>,
}

/// What is known about the tables afterwards.
#[derive(Debug, Default)]
pub(super) struct After {
    /// Who gets in: who would gain if everybody were refused before.
    pub(super) effect: Effect,
    /// Alerts that somebody made by hand and that stay.
    pub(super) old: Vec<OldAlert>,
    /// Rules that refuse without an alert of tcpw.
    pub(super) unalerted: Unalerted,
}

impl TableWork {
    /// Works out what the options ask for.
    ///
    /// # Errors
    /// When a client or a daemon is wrong.
    pub(super) fn new(args: &SetupArgs, alert: Option<AlertWork>) -> Result<Self, Failure> {
        let clients = clients_of(&args.allow, &args.from)?;
        let daemons: Result<Vec<_>, _> = args.daemons.iter().map(|d| Daemon::parse(d)).collect();
        let daemons = daemons.map_err(|error| wrong_word(&error))?;
        Ok(Self {
            asked: Asked::new(Wish::Grant, clients, daemons),
            replaces_alerts: args.alert.replace_alert && alert.is_some(),
            alert,
            is_only: args.only,
            is_forced: args.force.force,
            raised: Cell::new(Raised::default()),
            after: RefCell::new(After::default()),
        })
    }

    /// Which alerts the change that was worked out leaves.
    pub(super) fn raised(&self) -> Raised {
        self.raised.get()
    }

    /// Calls `then` with what is known about the tables as the change that was worked out leaves
    /// them.
    pub(super) fn with_after<T>(&self, then: impl FnOnce(&After) -> T) -> T {
        then(&self.after.borrow())
    }

    /// Calls `then` with the change of the tables and, in the same commit, of `file`.
    pub(super) fn with_intent<T>(
        &self,
        file: Option<ShownCompanion<'_>>,
        then: impl FnOnce(&Intent<'_>) -> T,
    ) -> T {
        let change = |ground: &Ground<'_>| {
            let change = self.change(ground)?;
            self.look_ahead(ground, &change)?;
            Ok(change)
        };
        let is_raised = |_: &Ground<'_>, after: &Ground<'_>, _: &Change| match &self.alert {
            Some(alert) => verify_alert(after, alert.triggers, &alert.command),
            None => Ok(()),
        };
        let asks = Asks::Setup(&self.asked);
        let scope = Scope::new(asks, self.is_forced || self.is_only);
        let intent = Intent::new(&change, &is_raised, scope).guarded(!self.is_forced);
        match file {
            Some(file) => then(&intent.with_companion(file)),
            None => then(&intent),
        }
    }

    /// All changes, one after the other.
    fn change(&self, ground: &Ground<'_>) -> Result<Change, Refusal> {
        let narrow = |ground: &Ground<'_>| only(ground, &self.asked);
        let is_done = |_: &Ground<'_>, _: &Ground<'_>, _: &Change| Ok(());
        let allow = |ground: &Ground<'_>| list(ground, &self.asked);
        let is_allowed = |before: &Ground<'_>, after: &Ground<'_>, change: &Change| {
            verify_list(before, after, &self.asked, change)
        };
        let replace = |ground: &Ground<'_>| match &self.alert {
            Some(alert) => replace_alerts(ground, &alert.command),
            None => Ok(Change::default()),
        };
        let alert = |ground: &Ground<'_>| match &self.alert {
            Some(alert) => {
                let change = install_alert(ground, alert.triggers, &alert.command)?;
                self.raised.set(Raised::of(&change));
                Ok(change)
            }
            None => Ok(Change::default()),
        };
        let drop = |ground: &Ground<'_>| self.drop_others(ground);
        let mut steps = Vec::new();
        if self.is_only {
            steps.push(ApplyStep {
                change: &narrow,
                verify: &is_done,
            });
        }
        if self.replaces_alerts {
            steps.push(ApplyStep {
                change: &replace,
                verify: &verify_default,
            });
        }
        steps.extend([
            ApplyStep {
                change: &allow,
                verify: &is_allowed,
            },
            ApplyStep {
                change: &deny_all,
                verify: &verify_deny_all,
            },
            ApplyStep {
                change: &drop,
                verify: &verify_same,
            },
            ApplyStep {
                change: &alert,
                verify: &verify_default,
            },
        ]);
        in_steps(ground, &steps)
    }

    /// Removes the alerts that the options do not ask for.
    fn drop_others(&self, ground: &Ground<'_>) -> Result<Change, Refusal> {
        let dropped = match &self.alert {
            Some(alert) if alert.is_told => drop_alerts(ground, alert.triggers),
            Some(_) => return Ok(Change::default()),
            None => remove_alert(ground),
        };
        dropped.map_err(|error| Refusal::Internal(error.to_string()))
    }

    /// Finds out who gets in after `change`.
    fn look_ahead(&self, ground: &Ground<'_>, change: &Change) -> Result<(), Refusal> {
        let internal = |error: crate::edit::ApplyError| Refusal::Internal(error.to_string());
        let allow = apply(ground.allow.source(), &change.edits.allow).map_err(internal)?;
        let deny = apply(ground.deny.source(), &change.edits.deny).map_err(internal)?;
        let (allow, deny) = (parse(&allow), parse(&deny));
        let (nothing, closed) = (parse(b""), parse(CLOSED));
        let nobody = Ground::new(&nothing, &closed, ground.world);
        let after = Ground::new(&allow, &deny, ground.world);
        self.after.replace(After {
            effect: Effect::between(&nobody, &after, self.asked.daemons()),
            old: old_alerts(&after),
            unalerted: unalerted(&after),
        });
        Ok(())
    }
}

/// Nobody may get in or be refused otherwise than before.
fn verify_same(before: &Ground<'_>, after: &Ground<'_>, change: &Change) -> Result<(), Refusal> {
    if change.edits.allow.is_empty() && change.edits.deny.is_empty() {
        return Ok(());
    }
    verify_default(before, after, change)?;
    verify_open(before, after, change)
}
