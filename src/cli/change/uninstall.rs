//! `tcpw uninstall`: no alert, schedule or unit of tcpw is left, and access stays as it is.

use super::changes::ChangeArgs;
use super::make::make;
use super::provisional::take_back_due;
use super::refusal::told;
use super::remarks::at;
use super::what_stays::{following, tell, tell_lists, with_an_end};
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::cli::machine::tables::TableFile;
use crate::cli::machine::unit_removal;
use crate::editor::{
    Asks, Ground, History, Intent, Place, Refusal, Scope, callers, own_lists, remove_alert,
    verify_open,
};
use clap::Args;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Leave this machine: remove the alerts, the schedules and the units; access stays as it is
///
/// Removes the alerts from the rules, systemd's units and their links, the lines of cron, and then
/// lists what stays and how to remove it: the configuration with its secrets, the journal, the
/// history, the alerts that wait and the user tcpw. Who may connect does not change. Rules that run
/// tcpw and were written by hand are named and stay: exit code 1.
///
/// With --check nothing is changed: exit code 0 if no rule of the tables runs a program of tcpw, 1 if
/// one does, which is then named, and 2 if that cannot be told. A package asks this before its
/// programs go.
#[derive(Debug, Args)]
pub(crate) struct UninstallArgs {
    /// Only say which rules still run a program of tcpw: exit code 0 if none does, 1 if one does
    #[arg(long, conflicts_with_all = ["dry_run", "confirm_within"])]
    check: bool,
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
        return check(context);
    }
    if !args.change.dry_run {
        refuse_open(context)?;
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
    make(context, args.change, &intent)?;
    let left = left.into_inner();
    if args.change.dry_run {
        for path in unit_removal::installed(&context.paths) {
            context
                .out
                .line(format!("dry run: {path} would be removed"))?;
        }
    } else {
        unit_removal::remove_all(context)?;
    }
    name(&left.callers, context)?;
    tell_lists(&left.lists, context)?;
    tell(&left.ending, &left.following, context)?;
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

/// Whether a rule still runs a program of tcpw. Nothing is written, and a missing table has no rule.
fn check(context: &mut Context) -> Result<Exit, Failure> {
    let allow = TableFile::read(&context.paths.allow)?;
    let deny = TableFile::read(&context.paths.deny)?;
    let (allow, deny) = (allow.tree(), deny.tree());
    let world = Machine::new(&context.paths, Aclexec::Ask);
    let found = callers(&Ground::new(&allow, &deny, &world));
    if found.is_empty() {
        context.out.line("no rule runs a program of tcpw")?;
    }
    name(&found, context)?;
    Ok(exit_of(&found))
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

/// Refuses while a change waits to be confirmed: nothing would roll it back.
fn refuse_open(context: &mut Context) -> Result<(), Failure> {
    take_back_due(context)?;
    let history = History::new(&context.paths.history);
    let open = history.open_changes().map_err(told)?;
    match open.first() {
        None => Ok(()),
        Some((entry, _)) => Err(Failure::new(format_args!(
            "change {} waits to be confirmed, and without tcpw nothing rolls it back",
            entry.number
        ))
        .hint("run tcpw confirm or tcpw undo first; nothing was changed")),
    }
}
