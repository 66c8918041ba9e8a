//! What `tcpw set build` says it did.

use super::list::{ListForm, Notes};
use crate::cli::base::times::stamp;
use crate::cli::base::{Context, Failure, ListFormat};
use crate::values::counted;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::path::Path;
use tcpw_gate::set::{SetSource, SetSummary};

/// What was done.
#[derive(Debug)]
pub(super) struct Outcome<'o> {
    /// The set.
    pub(super) out: &'o Path,
    /// Whether it was written, and not only worked out.
    pub(super) is_written: bool,
    /// What is in it.
    pub(super) summary: &'o SetSummary,
    /// The form of each list.
    pub(super) forms: &'o [ListForm],
    /// What was odd.
    pub(super) warnings: &'o Notes,
}

/// Prints it: odd things on standard error, unless a program reads.
pub(super) fn show(
    outcome: &Outcome<'_>,
    format: ListFormat,
    context: &mut Context,
) -> Result<(), Failure> {
    match format {
        ListFormat::Json => context.out.data(json(outcome).to_string()),
        ListFormat::Table => {
            for line in outcome.warnings.lines() {
                context.out.note(&line)?;
            }
            text(outcome, context)
        }
    }
}

fn text(outcome: &Outcome<'_>, context: &mut Context) -> Result<(), Failure> {
    let summary = outcome.summary;
    let header = summary.header;
    let verb = if outcome.is_written {
        "has"
    } else {
        "would have"
    };
    let ends = match summary.expiring {
        0 => String::new(),
        count => format!(", {count} of them until a time"),
    };
    context.out.line(format!(
        "{} {verb} {}: {} of IPv4, {} of IPv6{ends}",
        outcome.out.display(),
        counted(header.v4.saturating_add(header.v6), "network"),
        header.v4,
        header.v6,
    ))?;
    for (source, form) in summary.sources.iter().zip(outcome.forms) {
        context.out.line(format!(
            "  {}: {} ({form}), {}",
            source.name,
            entries(source.entries),
            counted(source.networks, "network")
        ))?;
    }
    Ok(())
}

fn json(outcome: &Outcome<'_>) -> Value {
    let summary = outcome.summary;
    let sources = summary.sources.iter().zip(outcome.forms);
    let sources = sources.map(|(source, form)| {
        let mut value = source_json(source);
        if let Value::Object(fields) = &mut value {
            drop(fields.insert("form".to_owned(), json!(form.to_string())));
        }
        value
    });
    json!({
        "set": outcome.out.to_string_lossy(),
        "written": outcome.is_written,
        "built": time_json(summary.header.built),
        "bytes": summary.bytes,
        "networks": summary.header.v4.saturating_add(summary.header.v6),
        "ipv4": summary.header.v4,
        "ipv6": summary.header.v6,
        "expiring": summary.expiring,
        "sources": sources.collect::<Vec<_>>(),
        "warnings": outcome.warnings.lines(),
    })
}

/// So many entries of a list.
pub(super) fn entries(count: u64) -> String {
    let entries = if count == 1 { "entry" } else { "entries" };
    format!("{count} {entries}")
}

/// A list of a set, for programs.
pub(super) fn source_json(source: &SetSource) -> Value {
    json!({
        "name": source.name,
        "entries": source.entries,
        "networks": source.networks,
        "date": source.date.and_then(time_json),
        "sha256": hexadecimal(&source.digest),
    })
}

/// A time of seconds since 1970, for programs.
pub(super) fn time_json(seconds: i64) -> Option<String> {
    let time: Option<DateTime<Utc>> = DateTime::from_timestamp(seconds, 0);
    time.map(stamp)
}

/// Bytes in hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
