//! Answers of `match` as one JSON object.

use super::explain_text::{name_kind, reason, tree_of};
use super::gate_text::{ToldGate, gates};
use super::json_parts::{JsonEffect, JsonPlace, effect};
use super::lookup::Lookup;
use super::verdict_text::why;
use super::ways::{JsonWay, json_ways};
use super::words::word_of;
use crate::cli::base::Failure;
use crate::cli::machine::surroundings::Machine;
use crate::cli::machine::tables::TableFiles;
use crate::engine::{Comparison, NameKind, Request, Step, TableName, Tables, Trace, Verdict};
use crate::escape::visible;
use crate::policy::Rule;
use serde::Serialize;

/// Everything `match --format json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    /// The build of libwrap that they are for.
    pub(crate) dialect: &'static str,
    pub(crate) lookup: Option<JsonLookup>,
    pub(crate) answers: Vec<JsonAnswer>,
}

/// What the name service said.
#[derive(Debug, Serialize)]
pub(crate) struct JsonLookup {
    what: String,
    milliseconds: u64,
}

impl From<&Lookup> for JsonLookup {
    fn from(lookup: &Lookup) -> Self {
        Self {
            what: lookup.what.clone(),
            milliseconds: lookup.took,
        }
    }
}

/// One verdict.
#[derive(Debug, Serialize)]
pub(crate) struct JsonAnswer {
    verdict: &'static str,
    daemon: String,
    client: JsonClient,
    rule: Option<JsonPlace>,
    why: Vec<String>,
    effects: Vec<JsonEffect>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gates: Vec<JsonGate>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ways: Vec<JsonWay>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<JsonExplanation>,
}

/// What a gate said.
#[derive(Debug, Serialize)]
struct JsonGate {
    file: String,
    line: u32,
    admits: bool,
    why: String,
}

impl JsonGate {
    fn of(told: ToldGate, files: &TableFiles) -> Self {
        Self {
            file: files.file(told.table).shown.clone(),
            line: told.line,
            admits: told.admits,
            why: told.why,
        }
    }
}

#[derive(Debug, Serialize)]
struct JsonClient {
    address: String,
    name: String,
    lookup: Option<JsonLookup>,
}

#[derive(Debug, Serialize)]
struct JsonExplanation {
    steps: Vec<JsonStep>,
    unreached: Vec<JsonUnreached>,
    names: Vec<JsonByName>,
}

/// A step: `kind` is `opened`, `absent`, `unreadable`, `rule`, `options`, `left`, `forked`,
/// `broken` or `doubtful`.
#[derive(Debug, Default, Serialize)]
struct JsonStep {
    kind: &'static str,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matches: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    daemon: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exceptions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effects: Option<Vec<JsonEffect>>,
}

#[derive(Debug, Serialize)]
struct JsonUnreached {
    file: String,
    rules: usize,
    first: u32,
}

#[derive(Debug, Serialize)]
struct JsonByName {
    name: &'static str,
    what: &'static str,
    verdict: &'static str,
    rule: Option<JsonPlace>,
}

/// The trace of an answer, and what other names would give.
pub(crate) struct Explained<'a> {
    pub(crate) trace: &'a Trace,
    pub(crate) others: &'a [(NameKind, Verdict)],
}

/// One answer.
pub(crate) fn answer(
    verdict: &Verdict,
    request: &Request,
    lookup: Option<&Lookup>,
    explained: Option<&Explained<'_>>,
    (files, tables, machine): (&TableFiles, &Tables<'_>, &Machine),
) -> JsonAnswer {
    let gates = gates(verdict, files, machine).into_iter();
    JsonAnswer {
        verdict: word_of(verdict.access),
        daemon: visible(request.daemon()),
        client: JsonClient {
            address: visible(request.client().address()),
            name: visible(request.client().name().as_bytes()),
            lookup: lookup.map(JsonLookup::from),
        },
        rule: JsonPlace::of(&verdict.cause, files),
        why: why(verdict, request, files),
        effects: verdict.effects.iter().map(effect).collect(),
        gates: gates.map(|told| JsonGate::of(told, files)).collect(),
        ways: json_ways(verdict, files),
        explanation: explained.map(|explained| JsonExplanation {
            steps: steps(explained.trace, request, files, tables),
            unreached: explained
                .trace
                .unreached(tables)
                .into_iter()
                .map(|unreached| JsonUnreached {
                    file: files.file(unreached.table).shown.clone(),
                    rules: unreached.rules,
                    first: unreached.first,
                })
                .collect(),
            names: explained
                .others
                .iter()
                .map(|(kind, verdict)| JsonByName {
                    name: name_word(*kind),
                    what: name_kind(*kind),
                    verdict: word_of(verdict.access),
                    rule: JsonPlace::of(&verdict.cause, files),
                })
                .collect(),
        }),
    }
}

/// The object as text.
pub(crate) fn print(answers: &Told) -> Result<String, Failure> {
    serde_json::to_string_pretty(answers)
        .map_err(|error| Failure::new(format_args!("cannot write JSON: {error}")))
}

fn name_word(kind: NameKind) -> &'static str {
    match kind {
        NameKind::Unknown => "unknown",
        NameKind::Paranoid => "paranoid",
        NameKind::Dotted => "known",
        NameKind::Dotless => "known-local",
    }
}

fn steps(
    trace: &Trace,
    request: &Request,
    files: &TableFiles,
    tables: &Tables<'_>,
) -> Vec<JsonStep> {
    let mut table = TableName::Allow;
    let mut steps = Vec::with_capacity(trace.steps.len());
    for step in &trace.steps {
        if let Step::Opened(name) | Step::Absent(name) | Step::Unreadable(name) = step {
            table = *name;
        }
        let told = match step {
            Step::Opened(_) => plain("opened"),
            Step::Absent(_) => plain("absent"),
            Step::Unreadable(_) => plain("unreadable"),
            Step::Left(_) => plain("left"),
            Step::Forked(_) => plain("forked"),
            Step::Broken { number, .. } => JsonStep {
                line: Some(*number + 1),
                ..plain("broken")
            },
            Step::Doubtful { number, .. } => JsonStep {
                line: Some(*number),
                ..plain("doubtful")
            },
            Step::Ran { effects, .. } => JsonStep {
                effects: Some(effects.iter().map(effect).collect()),
                ..plain("options")
            },
            Step::Compared(comparison) => compared(comparison, request, tables),
        };
        steps.push(JsonStep {
            file: files.file(table).shown.clone(),
            ..told
        });
    }
    steps
}

fn plain(kind: &'static str) -> JsonStep {
    JsonStep {
        kind,
        ..JsonStep::default()
    }
}

fn compared(comparison: &Comparison, request: &Request, tables: &Tables<'_>) -> JsonStep {
    let line = tree_of(tables, comparison.table).and_then(|tree| tree.line(comparison.line));
    let Some(line) = line else {
        return plain("rule");
    };
    let text = |span| visible(&line.text(span));
    let lists = [Some(&comparison.daemons), comparison.clients.as_ref()];
    let exceptions = lists
        .into_iter()
        .flatten()
        .flat_map(|list| &list.exceptions);
    JsonStep {
        line: Some(comparison.number),
        text: Rule::of(line).map(|rule| visible(&rule.text())),
        matches: Some(comparison.matched().is_some()),
        daemon: comparison.daemons.hit.map(text),
        client: comparison
            .clients
            .as_ref()
            .and_then(|list| list.hit)
            .map(text),
        exceptions: exceptions.map(|span| text(*span)).collect(),
        why: Some(reason(line, comparison, request)),
        ..plain("rule")
    }
}
