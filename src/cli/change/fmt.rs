//! `tcpw fmt`: one style for both tables, and no other verdicts.

use super::changes::{ChangeArgs, WholeDiffArgs};
use super::make::make;
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::edit::Edit;
use crate::editor::{Asks, Change as Planned, Edits, Ground, Intent, Refusal, Scope};
use crate::engine::{Change, Surroundings as _, TableName};
use crate::lint::{changes, means_the_same};
use crate::policy::restyled;
use crate::span::offset;
use crate::syntax::{Reading, Tree};
use clap::Args;
use std::cell::Cell;

/// Bring both tables into one style, without changing a verdict
///
/// One space after the daemons' colon and around further colons, one space between the words of a
/// list, none at the end of a line. A list of more than 100 columns continues on the next line,
/// indented, broken between two words; options are not broken. Lines end as they did. Comments stay
/// as they are, and so do lines that libwrap cannot use. Every rule is compared word for word
/// before anything is written.
#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// Write nothing; exit with 1 if something would change
    #[arg(long)]
    check: bool,
    /// Show what would be changed, and write nothing
    #[arg(long, short = 'n', visible_alias = "diff")]
    dry_run: bool,
    #[command(flatten)]
    diff: WholeDiffArgs,
    /// Only end the last line of each table with a newline
    ///
    /// Without it, libwrap does not use the last line of hosts.allow, and refuses everybody whom no
    /// rule before the last line of hosts.deny decides, even if that line is a comment (F-LINE-12,
    /// F-LINE-13). If somebody gains or loses access by the newline, the command stops and says who.
    #[arg(long)]
    final_newline: bool,
    #[command(flatten)]
    force: FinalForce,
}

/// What lets a newline change who may connect.
#[derive(Debug, Args)]
struct FinalForce {
    /// With --final-newline: write it although somebody gains or loses access
    #[arg(long, short, requires = "final_newline")]
    force: bool,
}

pub(crate) fn run(args: &FmtArgs, context: &mut Context) -> Result<Exit, Failure> {
    if args.final_newline {
        return end_last_lines(args, context);
    }
    let world = Machine::new(&context.paths, Aclexec::Ask);
    let is_pending = Cell::new(false);
    let change = |ground: &Ground<'_>| {
        let mut edits = Edits::default();
        for (table, tree) in [
            (TableName::Allow, ground.allow),
            (TableName::Deny, ground.deny),
        ] {
            for (line, new) in restyled(tree) {
                edits.push(table, Edit::replace(line, new));
            }
        }
        is_pending.set(!edits.is_empty());
        Ok(Planned {
            edits,
            notes: Vec::new(),
        })
    };
    let verify = |before: &Ground<'_>, after: &Ground<'_>, _: &Planned| same(before, after, &world);
    let dry_run = args.check || args.dry_run;
    let exit = make(
        context,
        ChangeArgs::preview(dry_run).showing(args.diff),
        &Intent::new(&change, &verify, Scope::Untold),
    )?;
    Ok(if dry_run && is_pending.get() {
        Exit::Negative
    } else {
        exit
    })
}

/// Adds the newline that a table lacks, and nothing else.
fn end_last_lines(args: &FmtArgs, context: &mut Context) -> Result<Exit, Failure> {
    let is_pending = Cell::new(false);
    let change = |ground: &Ground<'_>| {
        let mut edits = Edits::default();
        for (table, tree) in [
            (TableName::Allow, ground.allow),
            (TableName::Deny, ground.deny),
        ] {
            let source = tree.source();
            if !source.is_empty() && !source.ends_with(b"\n") {
                let end = offset(source.len());
                let is_crlf = source.windows(2).any(|bytes| bytes == b"\r\n");
                let newline: &[u8] = if is_crlf { b"\r\n" } else { b"\n" };
                edits.push(table, Edit::insert(end, newline));
            }
        }
        is_pending.set(!edits.is_empty());
        Ok(Planned {
            edits,
            notes: Vec::new(),
        })
    };
    let is_stuck = Cell::new(false);
    let verify = |_: &Ground<'_>, after: &Ground<'_>, _: &Planned| {
        let is_whole = |tree: &Tree<'_>| tree.broken_line().is_none();
        is_stuck.set(!is_whole(after.allow) || !is_whole(after.deny));
        if is_stuck.get() {
            return Err(Refusal::Internal("a line is still not ended".to_owned()));
        }
        Ok(())
    };
    let dry_run = args.check || args.dry_run;
    let made = make(
        context,
        ChangeArgs::preview(dry_run).showing(args.diff),
        &Intent::new(&change, &verify, Scope::new(Asks::Nobody, args.force.force))
            .guarded(!args.force.force),
    );
    if is_stuck.get() {
        return Err(Failure::new(
            "a newline does not end the last line: it ends with a backslash, or holds a NUL byte",
        )
        .hint("change it with `tcpw edit`; nothing was written"));
    }
    let exit = made?;
    Ok(if dry_run && is_pending.get() {
        Exit::Negative
    } else {
        exit
    })
}

/// Whether the words of all rules are the same, and with them the verdicts.
fn same(before: &Ground<'_>, after: &Ground<'_>, world: &Machine) -> Result<(), Refusal> {
    let is_same =
        means_the_same(before.allow, after.allow) && means_the_same(before.deny, after.deny);
    if !is_same {
        let problem = "the new style changes a word of a rule";
        return Err(Refusal::Internal(problem.to_owned()));
    }
    // Another build may read the same bytes otherwise.
    if world.dialect().reading == Reading::DEBIAN {
        return Ok(());
    }
    let old = (before.allow.source(), before.deny.source());
    let new = (after.allow.source(), after.deny.source());
    // The words are the same, so what cannot be computed is the same too.
    let mut found = changes(old, new, world);
    found
        .sets
        .claims
        .retain(|claim| claim.change != Change::Unknown);
    match found.example() {
        None => Ok(()),
        Some(first) => Err(Refusal::Internal(format!(
            "the new style changes the verdict of {first}"
        ))),
    }
}
