//! The rules of both tables as a list: JSON as `tcpw apply` reads it, and CSV.

use super::args::ListTarget;
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::change::rule_row::{RuleRow, csv_rows, json_rows, table_word};
use crate::cli::machine::tables::{TableFile, TableFiles};
use crate::editor::{Ground, listed};
use crate::engine::{Change, Differences, Surroundings, TableName, differences};
use crate::escape::visible;
use std::path::{Path, PathBuf};

/// As many differences as are shown.
const SHOWN: usize = 40;

/// The rules of both tables, those of the allow table first.
///
/// # Errors
/// If rules written from the list would not decide what the tables decide.
pub(super) fn rows(files: &TableFiles, world: &dyn Surroundings) -> Result<Vec<RuleRow>, Failure> {
    let (allow, deny) = (files.allow.tree(), files.deny.tree());
    let ground = Ground::new(&allow, &deny, world);
    let rows: Vec<RuleRow> = listed(&ground).iter().map(RuleRow::of).collect();
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

/// Who gains or loses what if the tables were written from the rows.
fn compare(rows: &[RuleRow], (files, world): (&TableFiles, &dyn Surroundings)) -> Differences {
    let table = |name: TableName| {
        let mut text = String::new();
        for row in rows.iter().filter(|row| row.table() == Some(name)) {
            text.push_str(&row.daemons);
            text.push_str(": ");
            text.push_str(&row.clients);
            if !row.options.is_empty() {
                text.push_str(": ");
                text.push_str(&row.options);
            }
            text.push('\n');
        }
        TableFile::new(PathBuf::from(table_word(name)), Some(text.into_bytes()))
    };
    let written = TableFiles {
        allow: table(TableName::Allow),
        deny: table(TableName::Deny),
    }
    .read_as(world.dialect().reading);
    files.parsed(|old| written.parsed(|new| differences(old, new, &[], world)))
}

/// The list in the form that is wanted.
pub(super) fn text(rows: &[RuleRow], target: ListTarget) -> Result<Vec<u8>, Failure> {
    match target {
        ListTarget::Json => {
            let mut text = Vec::new();
            for row in rows {
                text.extend(row.json()?.into_bytes());
                text.push(b'\n');
            }
            Ok(text)
        }
        ListTarget::Csv => {
            let mut writer = csv::WriterBuilder::new()
                .has_headers(false)
                .from_writer(Vec::new());
            writer.write_record(RuleRow::KEYS).map_err(Failure::new)?;
            for row in rows {
                writer.serialize(row).map_err(Failure::new)?;
            }
            writer.into_inner().map_err(Failure::new)
        }
    }
}

/// Says whether a list decides what the tables decide.
pub(super) fn check(
    rows: &[RuleRow],
    (files, world): (&TableFiles, &dyn Surroundings),
    target: ListTarget,
    (path, text): (&Path, &str),
    context: &mut Context,
) -> Result<Exit, Failure> {
    let shown = visible(path.as_os_str().as_encoded_bytes());
    let read = match target {
        ListTarget::Json => json_rows(text, &shown),
        ListTarget::Csv => csv_rows(text, &shown),
    };
    let found =
        read.map_err(|failure| failure.hint("give what `tcpw export` wrote in this form"))?;
    let differs = compare(&found, (files, world));
    if found == rows || differs.claims.is_empty() && differs.notes.is_empty() {
        context
            .out
            .line(format!("{shown} decides what the tables decide"))?;
        return Ok(Exit::Done);
    }
    for claim in differs.claims.iter().take(SHOWN) {
        context.out.line(format!("{shown}: {}", example(claim)))?;
    }
    if let Some(more) = differs.claims.len().checked_sub(SHOWN + 1) {
        context.out.line(format!("and {} more", more + 1))?;
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
