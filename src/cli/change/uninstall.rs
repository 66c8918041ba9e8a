//! `tcpw uninstall`: no alert, schedule or unit of tcpw is left, and access stays as it is.

use super::answer::AnswerArgs;
use super::changes::ChangeArgs;
use super::provisional::take_back_due;
use super::refusal::told;
use super::remarks::at;
use super::what_stays::{following, tell, tell_lists, warn, with_an_end};
use crate::cli::base::{Context, Exit, Failure, Paths};
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::cli::machine::tables::TableFile;
use crate::cli::machine::unit_removal;
use crate::editor::{
    Asks, Ground, History, Intent, Place, Refusal, Scope, callers, own_lists, remove_alert,
    verify_open,
};
use clap::Args;
use serde_json::json;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Leave this machine: remove the alerts, the schedules and the units; access stays as it is
///
/// Removes the alerts from the rules, systemd's units and their links, the lines of cron, and then
/// lists what stays and how to remove it: the configuration with its secrets, the journal, the
/// history, the alerts that wait and the user tcpw. Who may connect does not change. Rules that run
/// tcpw and were written by hand are named and stay: exit code 1.
///
/// With --check nothing is changed: exit code 0 if no rule of the tables runs a program of tcpw and no
/// change waits to be confirmed, 1 if one does, which is then named, 2 if that cannot be told. Rules
/// that end by themselves are named, too, which nothing ends then. A package asks this before its
/// programs go.
///
/// Exit code: 0 done, 1 rules that run tcpw and were written by hand stay, 2 it could not be done.
#[derive(Debug, Args)]
pub(crate) struct UninstallArgs {
    /// Only say what still needs a program of tcpw, rules and changes that wait: exit code 0 if nothing
    /// does, 1 if something does
    #[arg(long, conflicts_with_all = ["dry_run", "confirm_within"])]
    check: bool,
    /// Go on even if a change waits to be confirmed: then it stays
    #[arg(long, short)]
    force: bool,
    #[command(flatten)]
    answer: AnswerArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

impl UninstallArgs {
    /// Whether nothing is written.
    pub(crate) fn only_looks(&self) -> bool {
        self.check || self.change.dry_run
    }
}

pub(crate) fn run(args: &UninstallArgs, context: &mut Context) -> Result<Exit, Failure> {
    if args.check {
        return check(args.answer, context);
    }
    if !args.change.dry_run {
        refuse_open(args.force, context)?;
    }
    let left = RefCell::new(Found::default());
    let change = |ground: &Ground<'_>| {
        left.replace(Found::of(ground));
        remove_alert(ground).map_err(|error| Refusal::Internal(error.to_string()))
    };
    let verify = |before: &Ground<'_>, after: &Ground<'_>, change: &_| {
        left.replace(Found::of(after));
        verify_open(before, after, change)
    };
    let scope = Scope::new(Asks::Nobody, false);
    let intent = Intent::new(&change, &verify, scope).guarded(false);
    let answer = args.answer.make(context, args.change, &intent)?;
    let left = left.into_inner();
    let mut pending = Vec::new();
    if args.change.dry_run {
        for path in unit_removal::installed(&context.paths) {
            let text = format!("{path} would be removed");
            if !answer.is_for_programs() {
                context.out.line(format!("dry run: {text}"))?;
            }
            pending.push(text);
        }
    } else {
        unit_removal::remove_all(context)?;
    }
    name(&left.callers, context)?;
    tell_lists(&left.lists, context)?;
    tell(&left.ending, &left.following, context)?;
    answer.give(context, &pending, Vec::new())?;
    Ok(exit_of(&left.callers))
}

/// What of the rules matters when tcpw goes.
#[derive(Debug, Default)]
struct Found {
    /// Those that run a program of tcpw.
    callers: Vec<Place>,
    /// Those that end by themselves.
    ending: Vec<Place>,
    /// Those that follow a name.
    following: Vec<Place>,
    /// The list files that rules name.
    lists: BTreeSet<String>,
}

impl Found {
    fn of(ground: &Ground<'_>) -> Self {
        Self {
            callers: callers(ground),
            ending: with_an_end(ground),
            following: following(ground),
            lists: own_lists(ground),
        }
    }
}

/// Whether a rule still runs a program of tcpw, or a change waits to be confirmed. Nothing is written, and a missing table has no rule.
fn check(answer: AnswerArgs, context: &mut Context) -> Result<Exit, Failure> {
    let allow = TableFile::read(&context.paths.allow)?;
    let deny = TableFile::read(&context.paths.deny)?;
    let (allow, deny) = (allow.tree(), deny.tree());
    let world = Machine::new(&context.paths, Aclexec::Ask);
    let found = Found::of(&Ground::new(&allow, &deny, &world));
    let waiting = waiting(&context.paths)?;
    let exit = if waiting.is_empty() {
        exit_of(&found.callers)
    } else {
        Exit::Negative
    };
    if answer.is_for_programs() {
        let shown = |places: &[Place]| -> Vec<String> {
            places
                .iter()
                .map(|place| at(&context.paths, place))
                .collect()
        };
        let object = json!({
            "needed": exit == Exit::Negative,
            "rules": shown(&found.callers),
            "waiting": waiting,
            "ending": shown(&found.ending),
            "following": shown(&found.following),
        });
        context.out.data(object.to_string())?;
        return Ok(exit);
    }
    for number in &waiting {
        context.out.line(format!(
            "change {number} waits to be confirmed, and without tcpw nothing rolls it back: tcpw \
             confirm or tcpw undo settles it"
        ))?;
    }
    if found.callers.is_empty() {
        context.out.line("no rule runs a program of tcpw")?;
    }
    name(&found.callers, context)?;
    warn(&found.ending, &found.following, context)?;
    Ok(exit)
}

/// The numbers of the changes that wait to be confirmed.
fn waiting(paths: &Paths) -> Result<Vec<u64>, Failure> {
    let history = History::new(&paths.history);
    let open = history.open_changes().map_err(told)?;
    Ok(open.iter().map(|(entry, _)| entry.number).collect())
}

fn exit_of(callers: &[Place]) -> Exit {
    if callers.is_empty() {
        Exit::Done
    } else {
        Exit::Negative
    }
}

/// Names the rules that run a program of tcpw, and what to do.
fn name(callers: &[Place], context: &mut Context) -> Result<(), Failure> {
    for place in callers {
        let place = at(&context.paths, place);
        context
            .out
            .line(format!("runs a program of tcpw: {place}"))?;
    }
    if callers.is_empty() {
        return Ok(());
    }
    context.out.note(
        "without its program a rule raises no alert and runs nothing: tcpw uninstall removes the \
         alerts of tcpw, tcpw edit what was written by hand",
    )
}

/// Refuses while a change waits to be confirmed, unless that is meant: nothing would roll it back.
fn refuse_open(is_forced: bool, context: &mut Context) -> Result<(), Failure> {
    take_back_due(context)?;
    match waiting(&context.paths)?.first() {
        None => Ok(()),
        Some(_) if is_forced => Ok(()),
        Some(number) => Err(Failure::new(format_args!(
            "change {number} waits to be confirmed, and without tcpw nothing rolls it back",
        ))
        .hint("run tcpw confirm or tcpw undo first; nothing was changed")),
    }
}
