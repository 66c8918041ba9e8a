//! `tcpw audit --fix`: what a requirement demands of the tables, through the editor.

use super::args::AuditArgs;
use super::words::NOTHING_TO_FIX;
use crate::audit::{Audited, AuditedProfile, DemandKind, Ruling, ScannerCheck, Sight};
use crate::cli::base::{Context, Failure};
use crate::cli::change::make::make;
use crate::cli::change::unguarded;
use crate::edit::Edit;
use crate::editor::{Asks, Change, Ground, Intent, Refusal, Scope, deny_all, verify_deny_all};
use crate::engine::TableName;
use crate::lint::means_the_same;

/// What an allow table holds that is made because a benchmark wants one.
const NO_RULE_YET: &str = "# Whom a rule here matches is admitted, whatever hosts.deny says.\n";

/// What is changed.
#[derive(Debug, Clone, Copy, Default)]
struct Plan {
    /// The deny table gets the default.
    denies_others: bool,
    /// The allow table is made.
    makes_allow: bool,
}

/// Makes the change, or shows it; says whether there was one to make.
pub(super) fn run(
    args: &AuditArgs,
    all: &[AuditedProfile],
    context: &mut Context,
) -> Result<bool, Failure> {
    let plan = plan(all.iter().flat_map(|(_, audited)| audited));
    if !plan.denies_others && !plan.makes_allow {
        context.out.say(NOTHING_TO_FIX, &[])?;
        context.out.line("")?;
        return Ok(false);
    }
    if plan.denies_others {
        unguarded::warn(context)?;
    }
    let change = |ground: &Ground<'_>| changed(plan, ground);
    let verify = |before: &Ground<'_>, after: &Ground<'_>, change: &Change| {
        if plan.denies_others {
            verify_deny_all(before, after, change)
        } else {
            same(before, after)
        }
    };
    let scope = Scope::new(Asks::Undecided, args.force.force);
    let intent = Intent::new(&change, &verify, scope).guarded(!args.force.force);
    make(context, args.change, &intent)?;
    Ok(true)
}

/// What is to be changed for the requirements that fail.
fn plan<'a>(all: impl Iterator<Item = &'a Audited>) -> Plan {
    let mut plan = Plan::default();
    for audited in all.filter(|audited| audited.ruling() == Ruling::Fail) {
        let is_asked = audited.demand.kind == DemandKind::DenyDefault;
        plan.denies_others |= is_asked && audited.is_met_by_default();
        plan.makes_allow |= audited.checks.iter().any(|checked| {
            let asks = matches!(
                checked.check,
                ScannerCheck::There(TableName::Allow) | ScannerCheck::Shown(TableName::Allow)
            );
            asks && checked.sights.contains(&Sight::Missing(TableName::Allow))
        });
    }
    plan
}

fn changed(plan: Plan, ground: &Ground<'_>) -> Result<Change, Refusal> {
    let mut change = if plan.denies_others {
        deny_all(ground)?
    } else {
        Change::default()
    };
    if plan.makes_allow && ground.allow.source().is_empty() {
        let edit = Edit::insert(0, NO_RULE_YET);
        change.edits.push(TableName::Allow, edit);
    }
    Ok(change)
}

/// Whether the words of all rules are the same.
fn same(before: &Ground<'_>, after: &Ground<'_>) -> Result<(), Refusal> {
    let is_same =
        means_the_same(before.allow, after.allow) && means_the_same(before.deny, after.deny);
    if is_same {
        return Ok(());
    }
    let problem = "a comment changes a rule";
    Err(Refusal::Internal(problem.to_owned()))
}
