//! `tcpw apply`: tables as they are wanted, from a directory or a list.

use super::changes::{ChangeArgs, ForceArgs};
use super::make::make;
use super::new_findings::new_findings;
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::tables::TableFile;
use crate::editor::{
    Asks, Declared, Ground, Intent, Label, Refusal, Scope, declare, replace, verify_alerts_kept,
};
use crate::escape::visible;
use crate::policy::rules as rules_of;
use clap::Args;
use serde::Deserialize;
use std::cell::{Cell, RefCell};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Make the tables match a file
///
/// From a directory with a `hosts.allow`, a `hosts.deny` or both, which are taken byte for byte; or
/// from a list of rules as `tcpw list --format json` prints it: then rules that are already there
/// keep their place and their comments. Changes nothing if the tables already match.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// A directory with tables, or a list of rules; `-` is a list on standard input
    #[arg(value_name = "FILE")]
    source: PathBuf,
    /// Only check whether they match: exit code 0 if they do, 1 and the diff if not
    #[arg(long, conflicts_with_all = ["dry_run", "confirm_within"])]
    check: bool,
    /// Remove the alerts of tcpw that are not in what is applied
    ///
    /// Without it, a rule that is wanted without its alert keeps it, and nothing is written if a
    /// rule with one is not wanted at all.
    #[arg(long)]
    drop_alert: bool,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// What is wanted.
enum Wanted {
    /// The content of each table that is given.
    Tables([Option<Vec<u8>>; 2]),
    /// The rules of both.
    Rules([Vec<Declared>; 2]),
}

/// A rule of the list. What else `tcpw list` prints says where it was found, and is not wanted.
#[derive(Debug, Deserialize)]
struct Row {
    table: String,
    daemons: String,
    clients: String,
    #[serde(default)]
    options: String,
    since: Option<String>,
    until: Option<String>,
    by: Option<String>,
    follow: Option<String>,
    reason: Option<String>,
}

pub(crate) fn run(args: &ApplyArgs, context: &mut Context) -> Result<Exit, Failure> {
    let wanted = read(&args.source)?;
    let paths = context.paths.clone();
    check_wish(&wanted, args, context)?;
    let is_pending = Cell::new(false);
    let mistakes = RefCell::new(Vec::new());
    let change = |ground: &Ground<'_>| {
        let change = match &wanted {
            Wanted::Tables([allow, deny]) => replace(ground, [allow.as_deref(), deny.as_deref()]),
            Wanted::Rules([allow, deny]) => declare(ground, [allow, deny], !args.drop_alert)?,
        };
        is_pending.set(!change.edits.is_empty());
        Ok::<_, Refusal>(change)
    };
    let verify = |before: &Ground<'_>, after: &Ground<'_>, _: &_| {
        if !args.drop_alert {
            verify_alerts_kept(before, after)?;
        }
        mistakes.replace(new_findings(&paths, before, after));
        Ok(())
    };
    let options = if args.check {
        ChangeArgs::preview(true)
    } else {
        args.change
    };
    let exit = make(
        context,
        options,
        &Intent::new(&change, &verify, Scope::Forced(Asks::Anybody)).guarded(!args.force.force),
    )?;
    for mistake in mistakes.into_inner() {
        context.out.note(&mistake)?;
    }
    Ok(if args.check && is_pending.get() {
        Exit::Negative
    } else {
        exit
    })
}

/// Refuses a list without rules where the tables have some: an empty file is a mishap more often
/// than a wish.
fn check_wish(wanted: &Wanted, args: &ApplyArgs, context: &Context) -> Result<(), Failure> {
    let Wanted::Rules([allow, deny]) = wanted else {
        return Ok(());
    };
    if !allow.is_empty() || !deny.is_empty() {
        return Ok(());
    }
    for path in [&context.paths.allow, &context.paths.deny] {
        let table = TableFile::read(path)?;
        let tree = table.tree();
        if rules_of(&tree).next().is_some() {
            let name = visible(args.source.as_os_str().as_encoded_bytes());
            return Err(Failure::new(format_args!(
                "{name} holds no rule, and {} does",
                table.shown
            ))
            .hint(
                "give what `tcpw list --format json` prints; to remove all rules, apply a \
                 directory with empty tables",
            ));
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let path = visible(path.as_os_str().as_encoded_bytes());
    Failure::new(format_args!("cannot read {path}: {error}"))
        .hint("give a directory with hosts.allow or hosts.deny, or a list of rules")
}

fn read(source: &Path) -> Result<Wanted, Failure> {
    if source.is_dir() {
        let table = |name| match std::fs::read(source.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(&source.join(name), &error)),
        };
        let tables = [table("hosts.allow")?, table("hosts.deny")?];
        if tables == [None, None] {
            let path = visible(source.as_os_str().as_encoded_bytes());
            return Err(Failure::new(format_args!("there is no table in {path}"))
                .hint("put a hosts.allow, a hosts.deny or both into it"));
        }
        return Ok(Wanted::Tables(tables));
    }
    let mut text = String::new();
    let read = if source == Path::new("-") {
        io::stdin().lock().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(source).map(|read| text = read)
    };
    read.map_err(|error| unreadable(source, &error))?;
    rules(&text, source).map(Wanted::Rules)
}

/// One object a line, or one array of them.
fn rules(text: &str, source: &Path) -> Result<[Vec<Declared>; 2], Failure> {
    let name = visible(source.as_os_str().as_encoded_bytes());
    let hint = "give what `tcpw list --format json` prints: one object per line, with table, \
                daemons, clients and options";
    let wrong = |number: usize, what: &dyn std::fmt::Display| {
        let what = visible(what.to_string().as_bytes());
        Failure::new(format_args!("{name}: rule {number}: {what}")).hint(hint)
    };
    let rows: Vec<Row> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map_err(|error| wrong(1, &error))?
    } else {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines
            .enumerate()
            .map(|(at, line)| serde_json::from_str(line).map_err(|error| wrong(at + 1, &error)))
            .collect::<Result<_, _>>()?
    };
    let mut found = [Vec::new(), Vec::new()];
    for (at, row) in rows.into_iter().enumerate() {
        let [allow, deny] = &mut found;
        let list = match row.table.as_str() {
            "allow" => allow,
            "deny" => deny,
            other => return Err(wrong(at + 1, &format_args!("`{other}` is not a table"))),
        };
        let label = Label {
            since: row.since,
            until: row.until,
            by: row.by,
            follow: row.follow,
            reason: row.reason,
        };
        let label = (label != Label::default()).then_some(label);
        let declared = Declared {
            number: at + 1,
            daemons: row.daemons,
            clients: row.clients,
            options: row.options,
            label,
        };
        list.push(declared);
    }
    Ok(found)
}
