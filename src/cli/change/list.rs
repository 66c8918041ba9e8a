//! `tcpw list`: the policy as people think of it.

use super::expire::written;
use super::provisional::see_to_due;
use super::refusal::told;
use super::remarks::{at, remark};
use crate::cli::base::{Context, Exit, Failure, ListFormat};
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::editor::{Editor, Files, Ground, Label, Listed, Purpose, listed, stray_notes};
use crate::engine::{Access, TableName};
use crate::escape::visible_short;
use crate::syntax::{LineKind, Reason, parse};
use clap::Args;
use serde_json::json;
use std::collections::BTreeSet;

/// How much of a list or a reason a row shows.
const SHOWN: usize = 60;

/// List who is allowed and denied
///
/// Every rule of both tables in the order in which libwrap reads them, with what the comment above
/// it says if tcpw wrote it: since when, until when, by whom and why. Times are UTC.
#[derive(Debug, Args)]
pub(crate) struct ListingArgs {
    /// A table for people, or JSON with one object per line
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: ListFormat,
}

pub(crate) fn run(args: &ListingArgs, context: &mut Context) -> Result<Exit, Failure> {
    see_to_due(context)?;
    let paths = context.paths.clone();
    let files = Files {
        allow: Some(&paths.allow),
        deny: Some(&paths.deny),
        history: &paths.history,
    };
    let editor = Editor::open(files, Purpose::Preview).map_err(told)?;
    let allow = parse(editor.table(TableName::Allow).bytes());
    let deny = parse(editor.table(TableName::Deny).bytes());
    let world = &Machine::new(&paths, Aclexec::Ask);
    let ground = Ground::new(&allow, &deny, world);
    let mut writers = BTreeSet::new();
    let rules = listed(&ground);
    if rules.is_empty() && args.format == ListFormat::Table {
        let is_whole = allow.broken_line().is_none() && deny.broken_line().is_none();
        let effect = if is_whole {
            ": everybody may connect"
        } else {
            ""
        };
        context
            .out
            .note(&format!("neither table has a rule{effect}"))?;
    }
    for rule in rules {
        writers.extend(rule.writer.filter(|writer| *writer != "tcpw"));
        let path = match rule.place.table {
            TableName::Allow => paths.allow.display().to_string(),
            TableName::Deny => paths.deny.display().to_string(),
        };
        match args.format {
            ListFormat::Table => context.out.line(row(&rule, &path))?,
            ListFormat::Json => context.out.data(object(&rule, &path))?,
        }
    }
    for note in stray_notes(&ground, &written(&paths, &ground)) {
        say(args.format, context, &remark(&paths, &note))?;
    }
    for table in [TableName::Allow, TableName::Deny] {
        if let Some(broken) = ground.tree(table).broken_line() {
            let place = ground.place(table, broken.index());
            let what = unread(table, broken.kind());
            say(
                args.format,
                context,
                &format!("{what}: {}", at(&paths, &place)),
            )?;
        }
    }
    if writers.len() > 1 {
        let names: Vec<&str> = writers.into_iter().collect();
        context.out.note(&format!(
            "{} write these tables: none waits for the other, and lines can get lost between them",
            names.join(" and ")
        ))?;
    }
    Ok(Exit::Done)
}

/// A line for people; beside lines for programs it goes to standard error.
fn say(format: ListFormat, context: &mut Context, text: &str) -> Result<(), Failure> {
    match format {
        ListFormat::Table => context.out.line(text),
        ListFormat::Json => context.out.note(text),
    }
}

/// What libwrap makes of a line at which it stops reading (F-LINE-12 to F-LINE-14).
fn unread(table: TableName, kind: LineKind) -> String {
    let effect = match table {
        TableName::Allow => "libwrap reads nothing from here on and asks the deny table",
        TableName::Deny => "libwrap refuses everybody whom no rule before it decides about",
    };
    if kind == LineKind::Malformed(Reason::TooLong) {
        return format!("{effect}, because this line is longer than 2046 bytes");
    }
    format!(
        "{effect}, because this line has no newline (`tcpw fmt --final-newline` ends it and says \
         who gains and who loses access)"
    )
}

fn verb(access: Access) -> &'static str {
    match access {
        Access::Granted => "allow",
        Access::Denied => "deny",
        Access::Undecided => "undecided",
    }
}

fn row(rule: &Listed, path: &str) -> String {
    let short = |text: &str| visible_short(text.as_bytes(), SHOWN);
    let mut words = vec![format!(
        "{:<5}  {}  to {}",
        verb(rule.access),
        short(&rule.clients),
        short(&rule.daemons)
    )];
    if let Some(label) = &rule.label {
        let Label {
            since,
            until,
            by,
            reason,
        } = label;
        let values = [
            ("since", since),
            ("until", until),
            ("by", by),
            ("because", reason),
        ];
        for (word, value) in values {
            words.extend(
                value
                    .as_ref()
                    .map(|value| format!("{word} {}", short(value))),
            );
        }
    }
    if let Some(writer) = rule.writer.filter(|writer| *writer != "tcpw") {
        words.push(format!("written by {writer}"));
    }
    words.push(format!("{path}:{}", rule.place.number));
    words.join("  ")
}

fn object(rule: &Listed, path: &str) -> String {
    let label = rule.label.as_ref();
    json!({
        "access": verb(rule.access),
        "clients": rule.clients,
        "daemons": rule.daemons,
        "options": rule.options,
        "table": match rule.place.table {
            TableName::Allow => "allow",
            TableName::Deny => "deny",
        },
        "since": label.map(|label| &label.since),
        "until": label.map(|label| &label.until),
        "by": label.map(|label| &label.by),
        "reason": label.map(|label| &label.reason),
        "writer": rule.writer,
        "file": path,
        "line": rule.place.number,
    })
    .to_string()
}
