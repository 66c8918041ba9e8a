//! `tcpw expire`: removes the rules whose time is over.

use super::changes::{ChangeArgs, ForceArgs};
use super::follow_names::refresh;
use super::make::make;
use crate::cli::base::times::stamp;
use crate::cli::base::{Context, Exit, Failure, Paths};
use crate::cli::machine::compiled_tables;
use crate::editor::{
    Asks, Ground, History, Intent, Note, Scope, Written, expire, stray_notes, verify_expire,
};
use crate::metadata::Why;
use crate::system::{Clock as _, SystemClock};
use crate::values::counted;
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
/// in tcpw.toml(5), or if an address stays because somebody who must still get in comes from there. Then
/// a mail says so too, once until the name can be resolved again, where alerts have a way to leave.
///
/// A table that has a compiled form (`tcpw compile`) and was changed by hand or by another program is
/// compiled again.
#[derive(Debug, Args)]
pub(crate) struct ExpireArgs {
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

impl ExpireArgs {
    /// Whether nothing is written.
    pub(crate) fn is_preview(&self) -> bool {
        self.change.dry_run
    }
}

pub(crate) fn run(args: &ExpireArgs, context: &mut Context) -> Result<Exit, Failure> {
    let expired = remove_expired(args, context);
    // Nobody who is to be let in waits because something else could not be removed.
    let followed = refresh(args.change, args.force.force, context);
    if !args.is_preview() {
        compiled_tables::follow(context)?;
    }
    match (expired?, followed?) {
        (Exit::Done, exit) | (exit, _) => Ok(exit),
    }
}

/// Removes the rules whose time is over.
fn remove_expired(args: &ExpireArgs, context: &mut Context) -> Result<Exit, Failure> {
    let now = stamp(SystemClock.now());
    let paths = context.paths.clone();
    let proof = RefCell::new(Written::default());
    let lasting = Cell::new([0; 2]);
    let change = |ground: &Ground<'_>| {
        let written = written(&paths, ground);
        let change = expire(ground, &now, &written);
        proof.replace(written);
        let count = |is: fn(&Note) -> bool| change.notes.iter().filter(|note| is(note)).count();
        lasting.set([count(is_lasting), count(is_needed)]);
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
    let [comments, gates] = lasting.get();
    if comments + gates == 0 {
        return Ok(exit);
    }
    if comments > 0 {
        let comments = match comments {
            1 => "1 comment cannot be followed".to_owned(),
            _ => format!("{comments} comments cannot be followed"),
        };
        context.out.note(&format!(
            "{comments}: rules may stay beyond their time; `tcpw lint` shows where"
        ))?;
    }
    if gates > 0 {
        let gates = counted(gates, "gate");
        context.out.note(&format!(
            "{gates} cannot be removed although the time is over"
        ))?;
    }
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

/// Whether a gate stays beyond its time.
fn is_needed(note: &Note) -> bool {
    matches!(note, Note::Needed(_))
}
