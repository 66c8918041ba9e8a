//! `--confirm-within`: changes that are rolled back unless they are confirmed.

use super::changes::{Manner, carry_out};
use super::refusal::told;
use super::trial::{Trial, now};
use super::words::WILL_BE_ROLLED_BACK;
use crate::cli::base::background::program;
use crate::cli::base::times::clock;
use crate::cli::base::{Context, Failure, Paths};
use crate::editor::{
    Asks, Change, Fate, Ground, History, Intent, Provisional, Refusal, Reversal, Scope, Side,
    take_back, verify_take_back,
};
use crate::system::{
    DEV_LOG, Severity, StandbyHandle, is_root, is_run_by_systemd, start_standby, start_timer,
    syslog,
};
use std::io;
use std::path::Path;
use std::time::Duration;

/// How long a process may take until it stands by, on a machine that is busy.
const STAND_BY: Duration = Duration::from_secs(20);
/// As many letters of a change's mark as name its timer.
const UNIT_LETTERS: usize = 16;
/// The history that `tcpw expire` sees when it is run by the clock, and by what it is run.
const HISTORY: &str = "/var/lib/tcpw/history";
const EXPIRE_TIMER: &str = "/etc/systemd/system/timers.target.wants/tcpw-expire.timer";
const CRON_FILE: &str = "/etc/cron.d/tcpw";

/// Who rolls a change back if nobody confirms it.
#[derive(Debug)]
pub(crate) enum Armed {
    /// A timer of systemd.
    Timer,
    /// A process that stands by; it knows by the handle that this one is still at work.
    Process { _handle: StandbyHandle },
}

/// Has the change watched before it is made: by a timer of systemd, or by a process that stands by
/// and rolls it back at once if it is told to end. Says what would keep the tables from being rolled
/// back, unless the command brings the schedule that sees to it.
pub(crate) fn arm(
    context: &mut Context,
    trial: &Trial,
    brings_schedule: bool,
) -> Result<Armed, Failure> {
    let armed = armed(&context.paths, &trial.terms).map_err(|error| {
        Failure::new(format_args!(
            "cannot start what would roll the change back: {error}"
        ))
        .hint("nothing was written")
    })?;
    if !brings_schedule && !has_schedule(&context.paths) {
        let dangers = match armed {
            Armed::Timer => "if this machine restarts",
            Armed::Process { .. } => {
                "if this machine restarts, or if the process that waits is killed"
            }
        };
        context.out.note(&format!(
            "{dangers}, the change is rolled back only by the next tcpw command: no schedule runs \
             `tcpw expire` for these tables (`tcpw install-alert --systemd` or `--cron` installs \
             one)"
        ))?;
    }
    Ok(armed)
}

fn armed(paths: &Paths, terms: &Provisional) -> io::Result<Armed> {
    let program = program()?;
    let args = paths.run().arguments(&["rollback", terms.mark()], None)?;
    if is_root() && is_run_by_systemd() {
        let unit: String = terms.mark().chars().take(UNIT_LETTERS).collect();
        let unit = format!("tcpw-rollback-{unit}");
        let delay = Duration::from_millis(terms.remaining(&now()));
        // Where systemd refuses, as in some containers, a process still can.
        if start_timer(&unit, delay, &program, &args).is_ok() {
            return Ok(Armed::Timer);
        }
    }
    start_standby(&program, &args, STAND_BY).map(|handle| Armed::Process { _handle: handle })
}

/// Whether `tcpw expire` is run by the clock, and sees this history: then a change is rolled back
/// after a restart, too.
fn has_schedule(paths: &Paths) -> bool {
    let is_there = |path: &str| Path::new(path).symlink_metadata().is_ok();
    let is_seen = paths.root.is_none() && paths.history == Path::new(HISTORY);
    is_seen && (is_run_by_systemd() && is_there(EXPIRE_TIMER) || is_there(CRON_FILE))
}

/// Says how to confirm the change.
pub(crate) fn announce(context: &mut Context, number: u64, trial: &Trial) -> Result<(), Failure> {
    let (number, due) = (number.to_string(), clock(trial.terms.due));
    let parts = [number.as_str(), &due, &trial.token];
    let text = context.out.words(WILL_BE_ROLLED_BACK, &parts);
    // Whoever does not learn the word may not get in to confirm.
    if context.out.is_quiet() {
        context.out.note(&text)
    } else {
        context.out.prose(text)
    }
}

/// For a command that changes nothing: rolls back what is due if this user may, and says what waits
/// to be confirmed and what was cut short.
pub(crate) fn see_to_due(context: &mut Context) -> Result<(), Failure> {
    if let Err(failure) = take_back_due(context) {
        context.out.show_failure(&failure);
    }
    tell_open(context)
}

/// Says what waits to be confirmed, what is due to be rolled back, and what was cut short.
pub(crate) fn tell_open(context: &mut Context) -> Result<(), Failure> {
    let history = History::new(&context.paths.history);
    for (entry, provisional) in history.open_changes().unwrap_or_default() {
        let number = entry.number;
        context.out.note(&if provisional.is_due(&now()) {
            format!("change {number} was not confirmed: `tcpw expire` rolls it back")
        } else {
            let due = clock(provisional.due);
            format!("change {number} will be rolled back at {due} unless confirmed")
        })?;
    }
    if history.is_cut_short() {
        context
            .out
            .note("a change was cut short: `tcpw expire` finishes it")?;
    }
    Ok(())
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
    let made = carry_out(context, Manner::Make, &intent, None)
        .map_err(|stop| stop.failure(&context.paths));
    context.paths = own;
    made?;
    let text = format!("change {number} was not confirmed and was rolled back");
    context.out.note(&text)?;
    // Who made it may be gone: the log of the system is where it is looked for.
    drop(syslog(Path::new(DEV_LOG), Severity::Warning, &text));
    Ok(())
}
