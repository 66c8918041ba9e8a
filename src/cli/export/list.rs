//! The rules of both tables as a list: JSON as `tcpw apply` reads it, and CSV.

use super::args::ExportTarget;
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::tables::{TableFile, TableFiles};
use crate::editor::{Ground, Label, listed};
use crate::engine::{Change, Differences, Surroundings, TableName, differences};
use crate::escape::visible;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A rule, as `grammar/apply.schema.json` has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
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

/// All rules, the allow table first.
pub(super) type Rows = Vec<Row>;

/// The rules of both tables.
///
/// # Errors
/// If rules written from the list would not decide what the tables decide.
pub(super) fn rows(files: &TableFiles, world: &dyn Surroundings) -> Result<Rows, Failure> {
    let (allow, deny) = (files.allow.tree(), files.deny.tree());
    let ground = Ground::new(&allow, &deny, world);
    let row = |rule: crate::editor::Listed| {
        let Label {
            since,
            until,
            by,
            follow,
            reason,
        } = rule.label.unwrap_or_default();
        Row {
            table: word(rule.place.table).to_owned(),
            daemons: rule.daemons,
            clients: rule.clients,
            options: rule.options,
            since,
            until,
            by,
            follow,
            reason,
        }
    };
    let rows: Rows = listed(&ground).into_iter().map(row).collect();
    let found = compare(&rows, (files, world));
    if !found.claims.is_empty() || !found.notes.is_empty() {
        let examples = found.claims.iter().take(3).map(example);
        let examples: Vec<String> = examples.chain(found.notes.iter().cloned()).collect();
        let what = format!(
            "a list of these rules would not decide what the tables decide: {}",
            examples.join(", ")
        );
        return Err(Failure::new(what).hint("`tcpw lint` says which lines are odd"));
    }
    Ok(rows)
}

fn example(claim: &crate::engine::Claim) -> String {
    let example = &claim.example;
    let daemon = visible(&example.daemon);
    let change = match claim.change {
        Change::Gains => "gains",
        Change::Loses => "loses",
        Change::Unknown => "may gain or lose",
    };
    format!("{} {change} {daemon}", example.address)
}

fn word(table: TableName) -> &'static str {
    match table {
        TableName::Allow => "allow",
        TableName::Deny => "deny",
    }
}

/// Who gains or loses what if the tables were written from the rows.
fn compare(rows: &[Row], (files, world): (&TableFiles, &dyn Surroundings)) -> Differences {
    let table = |name: TableName| {
        let mut text = String::new();
        for row in rows.iter().filter(|row| row.table == word(name)) {
            text.push_str(&row.daemons);
            text.push_str(": ");
            text.push_str(&row.clients);
            if !row.options.is_empty() {
                text.push_str(": ");
                text.push_str(&row.options);
            }
            text.push('\n');
        }
        TableFile::new(PathBuf::from(word(name)), Some(text.into_bytes()))
    };
    let written = TableFiles {
        allow: table(TableName::Allow),
        deny: table(TableName::Deny),
    }
    .read_as(world.dialect().reading);
    files.parsed(|old| written.parsed(|new| differences(old, new, &[], world)))
}

/// The list in the form that is wanted.
pub(super) fn text(rows: &[Row], target: ExportTarget) -> Result<Vec<u8>, Failure> {
    if target == ExportTarget::Csv {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in rows {
            writer.serialize(row).map_err(Failure::new)?;
        }
        if rows.is_empty() {
            let header = [
                "table", "daemons", "clients", "options", "since", "until", "by", "follow",
                "reason",
            ];
            writer.write_record(header).map_err(Failure::new)?;
        }
        return writer.into_inner().map_err(Failure::new);
    }
    let mut text = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut text, row).map_err(Failure::new)?;
        text.push(b'\n');
    }
    Ok(text)
}

/// Says whether a list decides what the tables decide.
pub(super) fn check(
    rows: &[Row],
    (files, world): (&TableFiles, &dyn Surroundings),
    target: ExportTarget,
    (path, text): (&Path, &str),
    context: &mut Context,
) -> Result<Exit, Failure> {
    let shown = visible(path.as_os_str().as_encoded_bytes());
    let wrong = |number: usize, error: &dyn std::fmt::Display| {
        let what = visible(error.to_string().as_bytes());
        Failure::new(format_args!("{shown}: rule {number}: {what}"))
            .hint("give what `tcpw export` wrote in this form")
    };
    let mut found = Rows::new();
    if target == ExportTarget::Csv {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for (at, row) in reader.deserialize().enumerate() {
            found.push(row.map_err(|error: csv::Error| wrong(at + 1, &error))?);
        }
    } else {
        for (at, row) in serde_json::Deserializer::from_str(text)
            .into_iter()
            .enumerate()
        {
            found.push(row.map_err(|error: serde_json::Error| wrong(at + 1, &error))?);
        }
    }
    let is_table = |row: &Row| matches!(row.table.as_str(), "allow" | "deny");
    if let Some(at) = found.iter().position(|row| !is_table(row)) {
        return Err(wrong(at + 1, &"`table` is allow or deny"));
    }
    let differs = compare(&found, (files, world));
    let is_same = found == rows || differs.claims.is_empty() && differs.notes.is_empty();
    if is_same {
        context
            .out
            .line(format!("{shown} decides what the tables decide"))?;
        return Ok(Exit::Done);
    }
    for claim in differs.claims.iter().take(40) {
        context.out.line(format!("{shown}: {}", example(claim)))?;
    }
    for note in &differs.notes {
        context
            .out
            .line(format!("{shown}: cannot be compared: {note}"))?;
    }
    context
        .out
        .line("`tcpw apply` with this list says more, and changes the tables")?;
    Ok(Exit::Negative)
}
