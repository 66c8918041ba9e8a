//! `--confirm-within`: changes that are taken back unless they are confirmed.

use super::changes::{ChangeArgs, Intent, Scope, make};
use super::refusal::told;
use crate::cli::base::background::start_command;
use crate::cli::base::times::{clock, lifetime};
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{
    Asks, Change, Fate, History, Provisional, Refusal, Reversal, take_back, verify_take_back,
};
use crate::system::{Clock as _, DEV_LOG, Moment, Severity, SystemClock, random_u64, syslog};
use std::path::Path;

/// At most a day, and long enough to log in.
const LEAST: u32 = 5;
const MOST: u32 = 86_400;
/// Without those that are easily taken for another.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
const TOKEN_LENGTH: usize = 8;

/// Reads the value of `--confirm-within`: seconds.
pub(crate) fn patience(text: &str) -> Result<u32, String> {
    let seconds = lifetime(text).and_then(|time| u32::try_from(time.num_seconds()).ok());
    seconds
        .filter(|seconds| (LEAST..=MOST).contains(seconds))
        .ok_or_else(|| "give a time from 5s to 24h, such as 5m".to_owned())
}

/// A change that has to be confirmed, and the word that does so.
pub(crate) struct Trial {
    pub(crate) terms: Provisional,
    token: String,
}

impl Trial {
    pub(crate) fn new(seconds: u32) -> Self {
        let token = token();
        Self {
            terms: Provisional::new(&now(), seconds, &token),
            token,
        }
    }
}

/// This moment.
pub(crate) fn now() -> Moment {
    Moment::at(SystemClock.now().timestamp())
}

/// A word nobody guesses within a day.
fn token() -> String {
    let mut random = random_u64();
    let letters = u64::try_from(LETTERS.len()).unwrap_or(1);
    let letter = |_| {
        let at = usize::try_from(random % letters).unwrap_or(0);
        random /= letters;
        char::from(LETTERS.get(at).copied().unwrap_or(b'a'))
    };
    (0..TOKEN_LENGTH).map(letter).collect()
}

/// Leaves a process behind that takes change `number` back, and says how to confirm it. If it
/// cannot be left, the change is taken back now.
pub(crate) fn start(context: &mut Context, number: u64, trial: &Trial) -> Result<(), Failure> {
    let started = start_command(&["rollback", &number.to_string()], &context.paths, None);
    if let Err(error) = started {
        take_back_now(context, number)?;
        return Err(Failure::new(format_args!(
            "cannot start the process that would take the change back: {error}"
        ))
        .hint("the change was taken back at once"));
    }
    context.out.line(format!(
        "change {number} is taken back at {} unless you confirm it: log in anew, leave this \
         session open, and type `tcpw confirm` there; or, from anywhere, `tcpw confirm {}`",
        clock(trial.terms.due),
        trial.token
    ))
}

/// Takes back what is due, and of which the process that should have done it is gone.
pub(crate) fn take_back_due(context: &mut Context) -> Result<(), Failure> {
    let history = History::new(&context.paths.history);
    // A history that cannot be read is told where it is needed.
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
    let path = |side: &crate::editor::Side| side.path.clone();
    let has_path = |path: &Path| path != Path::new("");
    let (allow_path, deny_path) = (path(allow), path(deny));
    if has_path(&allow_path) {
        context.paths.allow = allow_path;
    }
    if has_path(&deny_path) {
        context.paths.deny = deny_path;
    }
    let change = |ground: &crate::editor::Ground<'_>| -> Result<Change, Refusal> {
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
    let intent = Intent {
        change: &change,
        verify: &|before, after, _| verify_take_back(before, after, &entry),
        about: &[],
        scope: Scope::Forced(Asks::Anybody),
        outlook: None,
        is_guarded: false,
        options: ChangeArgs::preview(false),
        alone: None,
        undoes: Some(Reversal::Rollback(number)),
        companion: None,
    };
    let made = make(context, &intent);
    context.paths = own;
    let Exit::Done = made? else { return Ok(()) };
    let text = format!("change {number} was not confirmed and has been taken back");
    context.out.note(&text)?;
    // Who made it may be gone: the log of the system is where it is looked for.
    drop(syslog(Path::new(DEV_LOG), Severity::Warning, &text));
    Ok(())
}
