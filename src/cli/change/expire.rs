//! `tcpw expire`: removes the rules whose time is over.

use super::changes::{ChangeArgs, ForceArgs};
use super::follow_names::refresh;
use super::make::make;
use crate::cli::base::times::stamp;
use crate::cli::base::{Context, Exit, Failure, Paths};
use crate::editor::{
    Asks, Ground, History, Intent, Note, Scope, Written, expire, stray_notes, verify_expire,
};
use crate::metadata::Why;
use crate::system::{Clock as _, SystemClock};
use clap::Args;
use std::cell::{Cell, RefCell};

/// Remove expired rules, and follow names that move
///
/// Those that were written with `--for`, in both tables, in one change. For a timer or cron, each
/// minute; `tcpw install-alert --systemd` installs one, or `--cron` the other. It also finishes a
/// change that was cut short, and rolls back what was not confirmed in time, or before a restart.
/// Refuses if your own ssh session could not log in again.
///
/// The comment above a rule says when it runs out, and carries the identity of the rule. If the
/// rule was removed or changed since, the comment is about no other one: nothing is removed by it,
/// and it is reported. Exit code 1 if a rule may stay beyond its time because a comment cannot be
/// followed.
///
/// Then it asks DNS for the names of `tcpw allow --follow` whose time to live has passed, for 5
/// seconds in all at most, and writes the rules of those that have moved, in one change. A name that
/// cannot be resolved keeps its addresses; exit code 1 if that lasts longer than `grace` of `[follow]`
/// in tcpw.toml(5), or if an address stays because somebody who must still get in comes from there.
#[derive(Debug, Args)]
pub(crate) struct ExpireArgs {
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

pub(crate) fn run(args: &ExpireArgs, context: &mut Context) -> Result<Exit, Failure> {
    let expired = remove_expired(args, context);
    // Nobody who is to be let in waits because something else could not be removed.
    let followed = refresh(args.change, args.force.force, context);
    match (expired?, followed?) {
        (Exit::Done, exit) | (exit, _) => Ok(exit),
    }
}

/// Removes the rules whose time is over.
fn remove_expired(args: &ExpireArgs, context: &mut Context) -> Result<Exit, Failure> {
    let now = stamp(SystemClock.now());
    let paths = context.paths.clone();
    let proof = RefCell::new(Written::default());
    let lasting = Cell::new(0);
    let change = |ground: &Ground<'_>| {
        let written = written(&paths, ground);
        let change = expire(ground, &now, &written);
        proof.replace(written);
        lasting.set(change.notes.iter().filter(|note| is_lasting(note)).count());
        Ok(change)
    };
    let exit = make(
        context,
        args.change,
        &Intent::new(
            &change,
            &|before, after, _| verify_expire(before, after, &now, &proof.borrow()),
            Scope::Forced(Asks::Anybody),
        )
        .guarded(!args.force.force),
    )?;
    let lasting = lasting.get();
    if lasting == 0 {
        return Ok(exit);
    }
    let comments = match lasting {
        1 => "1 comment cannot be followed".to_owned(),
        _ => format!("{lasting} comments cannot be followed"),
    };
    context.out.note(&format!(
        "{comments}: rules may stay beyond their time; `tcpw lint` shows where"
    ))?;
    Ok(Exit::Negative)
}

/// What the history proves, if it is needed. A history that cannot be read proves nothing.
pub(crate) fn written(paths: &Paths, ground: &Ground<'_>) -> Written {
    let is_unnamed = |note: &Note| {
        matches!(
            note,
            Note::Stray {
                why: Why::Unnamed(_),
                ..
            }
        )
    };
    let is_needed = stray_notes(ground, &Written::default())
        .iter()
        .any(is_unnamed);
    let history = History::new(&paths.history);
    is_needed
        .then(|| history.written().ok())
        .flatten()
        .unwrap_or_default()
}

/// Whether a rule may stay beyond its time because of a comment.
fn is_lasting(note: &Note) -> bool {
    matches!(
        note,
        Note::Stray {
            ends_rule: true,
            ..
        }
    )
}
