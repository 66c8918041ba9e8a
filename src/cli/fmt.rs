//! `tcpw fmt`: one style for both tables, and no other verdicts.

use super::Context;
use super::changes::{ChangeArgs, Intent, make};
use super::exit::Exit;
use super::failure::Failure;
use super::machine::{Aclexec, Machine};
use crate::edit::Edit;
use crate::editor::{Change, Edits, Ground, Refusal};
use crate::engine::TableName;
use crate::lint::{differences, formatted, means_the_same};
use crate::span::{Span, offset};
use clap::Args;
use std::cell::Cell;

/// Bring both tables into one style, without changing a verdict
///
/// One blank behind the colon of the daemons and around further colons, one blank between the words
/// of a list, none at the end of a line. A list of more than 100 columns goes on in the next line,
/// indented, with the break between two of its words; options are not broken. Lines end as they did.
/// Comments stay as they are, and so do lines that libwrap cannot use. Every rule is compared word for word before
/// anything is written.
#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// Write nothing; exit with 1 if something would change
    #[arg(long)]
    check: bool,
    /// Show what would be changed, and write nothing
    #[arg(long)]
    diff: bool,
}

pub(crate) fn run(args: &FmtArgs, context: &mut Context) -> Result<Exit, Failure> {
    let world = Machine::new(&context.paths, Aclexec::Ask);
    let is_pending = Cell::new(false);
    let change = |ground: &Ground<'_>| {
        let mut edits = Edits::default();
        for (table, tree) in [
            (TableName::Allow, ground.allow),
            (TableName::Deny, ground.deny),
        ] {
            let (old, new) = (tree.source(), formatted(tree));
            if old != new {
                let whole = Span::new(0, offset(old.len()));
                edits.push(table, Edit::replace(whole, new));
            }
        }
        is_pending.set(!edits.is_empty());
        Ok(Change {
            edits,
            notes: Vec::new(),
        })
    };
    let verify = |before: &Ground<'_>, after: &Ground<'_>, _: &Change| {
        let is_same =
            means_the_same(before.allow, after.allow) && means_the_same(before.deny, after.deny);
        if !is_same {
            let problem = "the new style changes a word of a rule";
            return Err(Refusal::Internal(problem.to_owned()));
        }
        let old = (before.allow.source(), before.deny.source());
        let new = (after.allow.source(), after.deny.source());
        match differences(old, new, &world).first() {
            None => Ok(()),
            Some(first) => Err(Refusal::Internal(format!(
                "the new style changes the verdict of {}",
                first.address
            ))),
        }
    };
    let dry_run = args.check || args.diff;
    let exit = make(
        context,
        &Intent {
            change: &change,
            verify: &verify,
            about: &[],
            outlook: None,
            is_guarded: true,
            options: ChangeArgs::preview(dry_run),
            alone: None,
            undoes: None,
            companion: None,
        },
    )?;
    Ok(if dry_run && is_pending.get() {
        Exit::Negative
    } else {
        exit
    })
}
