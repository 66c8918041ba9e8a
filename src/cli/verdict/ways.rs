//! A verdict for both ends of a command of `aclexec`, in words and as JSON.

use super::json_parts::{JsonEffect, JsonPlace, effect};
use super::verdict_text::located_by;
use super::words::{describe, word_of};
use crate::cli::machine::surroundings::Machine;
use crate::cli::machine::tables::TableFiles;
use crate::engine::{Cause, Matched, Verdict, Way};
use serde::Serialize;

/// One line for each way on which the search can go on, and indented below it what further rules
/// run then.
pub(crate) fn ways(verdict: &Verdict, files: &TableFiles, machine: &Machine) -> Vec<String> {
    let is_single = verdict.ways.iter().all(|way| way.ends.len() == 1);
    let mut lines = Vec::new();
    for way in &verdict.ways {
        let word = word_of(way.access);
        let condition = condition(&way.ends, is_single, files);
        lines.push(format!("if {condition}: {word}{}", by(&way.cause, files)));
        let effects = way.effects.iter();
        lines.extend(effects.map(|effect| format!("  {}", describe(effect, machine))));
    }
    lines
}

/// How the commands end on one way.
fn condition(ends: &[(Matched, bool)], is_single: bool, files: &TableFiles) -> String {
    let verb = |succeeds: bool| if succeeds { "succeeds" } else { "fails" };
    let parts = ends.iter().enumerate().map(|(at, (rule, succeeds))| {
        let verb = verb(*succeeds);
        let place = place(rule, files);
        match (at, is_single) {
            (0, true) => format!("the command {verb}"),
            (0, false) => format!("the command of {place} {verb}"),
            _ => format!("that of {place} {verb}"),
        }
    });
    parts.collect::<Vec<_>>().join(" and ")
}

fn place(rule: &Matched, files: &TableFiles) -> String {
    format!("{}:{}", files.file(rule.table).shown, rule.number)
}

/// What decides on one way.
fn by(cause: &Cause, files: &TableFiles) -> String {
    match (cause, located_by(cause)) {
        (Cause::Undecided(undecided), _) => format!(", because {}", undecided.what),
        (Cause::Unreadable(table), _) => {
            let shown = &files.file(*table).shown;
            format!(", because {shown} cannot be read")
        }
        (_, Some((table, number))) => format!(" by {}:{number}", files.file(table).shown),
        (_, None) => ", because no other rule applies".to_owned(),
    }
}

/// One way: the commands of which it depends, and what follows.
#[derive(Debug, Serialize)]
pub(crate) struct JsonWay {
    commands: Vec<JsonEnd>,
    verdict: &'static str,
    rule: Option<JsonPlace>,
    effects: Vec<JsonEffect>,
}

/// How the command of one rule ends.
#[derive(Debug, Serialize)]
struct JsonEnd {
    file: String,
    line: u32,
    succeeds: bool,
}

/// All ways of a verdict.
pub(crate) fn json_ways(verdict: &Verdict, files: &TableFiles) -> Vec<JsonWay> {
    let end = |(rule, succeeds): &(Matched, bool)| JsonEnd {
        file: files.file(rule.table).shown.clone(),
        line: rule.number,
        succeeds: *succeeds,
    };
    let way = |way: &Way| JsonWay {
        commands: way.ends.iter().map(end).collect(),
        verdict: word_of(way.access),
        rule: JsonPlace::of(&way.cause, files),
        effects: way.effects.iter().map(effect).collect(),
    };
    verdict.ways.iter().map(way).collect()
}
