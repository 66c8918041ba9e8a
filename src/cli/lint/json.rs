//! Findings as one JSON object.

use super::placed::Linted;
use crate::cli::base::{Failure, Output};
use crate::engine::TableName;
use crate::lint::Witness;
use crate::policy::DEBIAN_12;
use serde::Serialize;
use std::collections::BTreeMap;

/// One finding as programs see it; lines and columns from 1, columns in bytes, the end exclusive.
#[derive(Serialize)]
struct JsonFinding<'l> {
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    harm: &'static str,
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    message: &'l str,
    help: &'l str,
    /// All lines with the same cause; absent when there is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<u32>,
    /// An example that was computed with these tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<JsonWitness<'l>>,
}

#[derive(Serialize)]
struct JsonWitness<'l> {
    daemon: &'l str,
    address: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'l str>,
    /// What the client says that its user is; absent unless a rule asks that.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'l str>,
    /// How the commands of aclexec end; absent unless the verdict depends on them.
    #[serde(skip_serializing_if = "Option::is_none")]
    command_succeeds: Option<bool>,
    verdict: &'static str,
    /// `allow` or `deny`; absent when no rule decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<&'static str>,
    /// As libwrap counts it: the last physical line of the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    text: String,
}

#[derive(Serialize)]
struct JsonReport<'l> {
    /// The build of libwrap that the tables are for.
    dialect: &'static str,
    diagnostics: Vec<JsonFinding<'l>>,
    /// How many more there are of each code; absent when all are shown.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    left_out: BTreeMap<&'static str, usize>,
}

pub(super) fn print(all: &[Linted], out: &mut Output) -> Result<(), Failure> {
    let mut json = JsonReport {
        dialect: all
            .first()
            .map_or(DEBIAN_12.name, |linted| linted.dialect.name),
        diagnostics: Vec::new(),
        left_out: BTreeMap::new(),
    };
    for linted in all {
        for placed in linted.placed() {
            let found = &placed.finding.diagnostic;
            let witness = placed.finding.witness.as_ref();
            json.diagnostics.push(JsonFinding {
                code: found.code,
                name: found.name,
                severity: found.severity.as_str(),
                harm: placed.finding.harm.as_str(),
                file: placed.source.file.path.to_string_lossy().into_owned(),
                line: placed.start.line,
                column: placed.start.column,
                end_line: placed.end.line,
                end_column: placed.end.column,
                message: &found.message,
                help: &found.help,
                lines: placed.lines,
                witness: witness
                    .zip(placed.witness)
                    .map(|(w, text)| as_json(w, text)),
            });
        }
        for (code, count) in &linted.report.left_out {
            *json.left_out.entry(code).or_default() += count;
        }
    }
    write(&json, out)
}

fn as_json(witness: &Witness, text: String) -> JsonWitness<'_> {
    JsonWitness {
        daemon: &witness.daemon,
        address: &witness.address,
        name: witness.name.as_deref(),
        user: witness.user.as_deref(),
        command_succeeds: witness.command,
        verdict: if witness.granted { "granted" } else { "denied" },
        table: witness.by.map(|(table, _)| match table {
            TableName::Allow => "allow",
            TableName::Deny => "deny",
        }),
        line: witness.by.map(|(_, line)| line),
        text,
    }
}

/// Prints any value as indented JSON.
pub(super) fn write(value: &impl Serialize, out: &mut Output) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::new(format_args!("cannot write JSON: {error}")))?;
    out.data(text)
}
