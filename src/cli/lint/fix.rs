//! `tcpw lint --fix`: repairs, through the editor.

use super::args::LintArgs;
use super::sources::grouped;
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::change::changes::ChangeArgs;
use crate::cli::change::effect;
use crate::cli::change::make::make;
use crate::cli::machine::machine_files::Disk;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::edit::Edit;
use crate::editor::{Change, Edits, Ground, Intent, Refusal, Scope, rebound};
use crate::engine::{Surroundings, TableName};
use crate::lint::{Boldness, Changes, DENY_ALL, Repaired, Site, changes, repair};
use crate::span::{Span, offset};
use std::cell::RefCell;
use std::os::unix::ffi::OsStrExt as _;

/// As many single clients are shown of those who gain or lose.
const SAMPLES: usize = 3;

/// What was repaired, and who notices.
#[derive(Default)]
struct Done {
    repaired: Repaired,
    changes: Changes,
}

/// Repairs the two tables, or the files that are named, and says what was done.
pub(super) fn run(args: &LintArgs, context: &mut Context) -> Result<Exit, Failure> {
    if args.files.is_empty() {
        return tables(args, context, None);
    }
    let own = context.paths.clone();
    let mut worst = Exit::Done;
    for group in grouped(args)? {
        let path = |wanted| group.iter().find(|(table, _)| *table == wanted);
        let (allow, deny) = (path(TableName::Allow), path(TableName::Deny));
        let alone = match group.as_slice() {
            [(table, _)] => Some(*table),
            _ => None,
        };
        let [allow, deny] = [allow, deny].map(|found| found.map(|(_, path)| *path));
        context.paths = own.with_tables(allow, deny);
        let exit = tables(args, context, alone);
        context.paths = own.clone();
        if exit? == Exit::Negative {
            worst = Exit::Negative;
        }
    }
    Ok(worst)
}

fn tables(
    args: &LintArgs,
    context: &mut Context,
    alone: Option<TableName>,
) -> Result<Exit, Failure> {
    let boldness = if args.repair.unsafe_fixes {
        Boldness::Unsafe
    } else {
        Boldness::Safe
    };
    let paths = context.paths.clone();
    let disk = Disk::new(&paths);
    let machine = Machine::new(&paths, Aclexec::Ask).with_dialect(args.dialect);
    let tables = paths.entries();
    let site = Site {
        world: &machine,
        files: &disk,
        tables: tables
            .each_ref()
            .map(|path| args.files.is_empty().then(|| path.as_os_str().as_bytes())),
    };
    let done = RefCell::new(Done::default());
    let change = |ground: &Ground<'_>| {
        let (edits, planned) = plan(ground, alone, &site, boldness);
        done.replace(planned);
        Ok(Change {
            edits,
            notes: Vec::new(),
        })
    };
    // What was planned is judged again, as it would be written.
    let verify = |before: &Ground<'_>, after: &Ground<'_>, _: &Change| {
        let found = changing(before, pair(after), alone, site.world);
        match found.example() {
            Some(first) if boldness == Boldness::Safe => Err(Refusal::Internal(format!(
                "a repair that should change no verdict changes that of {first}"
            ))),
            _ => Ok(()),
        }
    };
    let exit = make(
        context,
        ChangeArgs::preview(args.repair.dry_run).showing(args.repair.diff),
        &Intent::new(&change, &verify, Scope::Untold)
            .guarded(args.files.is_empty())
            .alone(alone),
    )?;
    let done = done.into_inner();
    let is_pending = args.repair.dry_run && !done.repaired.done.is_empty();
    report(done, alone, args.repair.dry_run, context)?;
    Ok(if is_pending { Exit::Negative } else { exit })
}

/// The repairs, and who notices them.
fn plan(
    ground: &Ground<'_>,
    alone: Option<TableName>,
    site: &Site<'_>,
    boldness: Boldness,
) -> (Edits, Done) {
    let (allow, deny) = pair(ground);
    let mut repaired = repair(
        (alone != Some(TableName::Deny)).then_some(allow),
        (alone != Some(TableName::Allow)).then_some(deny),
        site,
        boldness,
    );
    repaired.allow = rebound(allow, repaired.allow);
    repaired.deny = rebound(deny, repaired.deny);
    let mut edits = Edits::default();
    let tables = [
        (TableName::Allow, allow, &repaired.allow),
        (TableName::Deny, deny, &repaired.deny),
    ];
    for (table, old, new) in tables {
        if old != new {
            let whole = Span::new(0, offset(old.len()));
            edits.push(table, Edit::replace(whole, new.clone()));
        }
    }
    let after = (&*repaired.allow, &*repaired.deny);
    let changes = changing(ground, after, alone, site.world);
    (edits, Done { repaired, changes })
}

fn pair<'g>(ground: &Ground<'g>) -> (&'g [u8], &'g [u8]) {
    (ground.allow.source(), ground.deny.source())
}

/// Who is treated otherwise; an allow table by itself is taken with a deny table that refuses all
/// others, so that whom it says nothing about is not taken for granted.
fn changing(
    before: &Ground<'_>,
    after: (&[u8], &[u8]),
    alone: Option<TableName>,
    world: &dyn Surroundings,
) -> Changes {
    let before = pair(before);
    if alone == Some(TableName::Allow) {
        return changes((before.0, DENY_ALL), (after.0, DENY_ALL), world);
    }
    changes(before, after, world)
}

/// Says which repairs were made, and who gains or loses access by them. A preview has already
/// shown the effect, except that of an allow table by itself.
fn report(
    done: Done,
    alone: Option<TableName>,
    is_preview: bool,
    context: &mut Context,
) -> Result<(), Failure> {
    for (code, title) in &done.repaired.done {
        context.out.line(format!("{code}: {title}"))?;
    }
    let is_allow_alone = alone == Some(TableName::Allow);
    if done.repaired.done.is_empty() {
        return Ok(());
    }
    if is_allow_alone {
        context
            .out
            .line("beside a deny table that refuses everybody else:")?;
    }
    let is_shown = is_preview && !is_allow_alone;
    let is_only_tried = !done.changes.tried.is_empty() && done.changes.sets.claims.is_empty();
    if !is_shown && !is_only_tried {
        effect::show(&done.changes.sets.into(), context)?;
    }
    let tried = &done.changes.tried;
    let shown = if tried.len() > SAMPLES + 1 {
        SAMPLES
    } else {
        tried.len()
    };
    for found in tried.iter().take(shown) {
        context.out.line(found.words())?;
    }
    if shown < tried.len() {
        let more = tried.len() - shown;
        context
            .out
            .line(format!("and {more} more of those who were tried"))?;
    }
    Ok(())
}
