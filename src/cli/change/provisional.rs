//! `--confirm-within`: changes that are rolled back unless they are confirmed.

use super::changes::carry_out;
use super::refusal::told;
use super::trial::{Trial, now};
use crate::cli::base::background::start_command;
use crate::cli::base::times::clock;
use crate::cli::base::{Context, Failure};
use crate::editor::{
    Asks, Change, Fate, Ground, History, Intent, Refusal, Reversal, Scope, Side, take_back,
    verify_take_back,
};
use crate::system::{DEV_LOG, Severity, syslog};
use std::path::Path;

/// Leaves a process behind that rolls change `number` back, and says how to confirm it. If it
/// cannot be left, the change is rolled back now.
pub(crate) fn start(context: &mut Context, number: u64, trial: &Trial) -> Result<(), Failure> {
    let started = start_command(&["rollback", &number.to_string()], &context.paths, None);
    if let Err(error) = started {
        take_back_now(context, number)?;
        return Err(Failure::new(format_args!(
            "cannot start the process that would roll the change back: {error}"
        ))
        .hint("the change was rolled back immediately"));
    }
    context.out.line(format!(
        "change {number} will be rolled back at {} unless confirmed: keep this session open, log \
         in again, and type `tcpw confirm` there; or, from anywhere, `tcpw confirm {}`",
        clock(trial.terms.due),
        trial.token
    ))
}

/// Rolls back what is due, and of which the process that should have done it is gone.
pub(crate) fn take_back_due(context: &mut Context) -> Result<(), Failure> {
    let history = History::new(&context.paths.history);
    // A history that cannot be read is reported where it is needed.
    for (entry, provisional) in history.open_changes().unwrap_or_default() {
        if provisional.is_due(&now()) {
            take_back_now(context, entry.number)?;
        }
    }
    Ok(())
}

/// Takes a change back that is still open.
pub(crate) fn take_back_now(context: &mut Context, number: u64) -> Result<(), Failure> {
    let history = History::new(&context.paths.history);
    let entry = history.entry(number).map_err(told)?;
    let read = |name: &Option<String>| history.content(name.as_deref()).map_err(told);
    let [allow, deny] = entry.sides();
    let old = [read(&allow.before)?, read(&deny.before)?];
    let new = [read(&allow.after)?, read(&deny.after)?];
    // The tables it is about, whichever this command is about.
    let own = context.paths.clone();
    let path = |side: &Side| side.path.clone();
    let has_path = |path: &Path| path != Path::new("");
    let (allow_path, deny_path) = (path(allow), path(deny));
    if has_path(&allow_path) {
        context.paths.allow = allow_path;
    }
    if has_path(&deny_path) {
        context.paths.deny = deny_path;
    }
    let change = |ground: &Ground<'_>| -> Result<Change, Refusal> {
        // Now nobody else can confirm it.
        match history.fate(&entry) {
            Ok(Some(Fate::Open)) => {
                let [old_allow, old_deny] = &old;
                let [new_allow, new_deny] = &new;
                take_back(ground, &entry, [old_allow, old_deny], [new_allow, new_deny])
            }
            _ => Ok(Change::default()),
        }
    };
    let verify = |before: &Ground<'_>, after: &Ground<'_>, _: &Change| {
        verify_take_back(before, after, &entry)
    };
    let intent = Intent::new(&change, &verify, Scope::Forced(Asks::Anybody))
        .guarded(false)
        .reversing(Reversal::Rollback(number));
    let made =
        carry_out(context, false, &intent, None).map_err(|stop| stop.failure(&context.paths));
    context.paths = own;
    made?;
    let text = format!("change {number} was not confirmed and was rolled back");
    context.out.note(&text)?;
    // Who made it may be gone: the log of the system is where it is looked for.
    drop(syslog(Path::new(DEV_LOG), Severity::Warning, &text));
    Ok(())
}
