//! What `tcpw doctor` found, for people, for programs and for monitoring.

use crate::cli::base::{Failure, Output, Style};
use crate::doctor::{Diagnosis, Findings, Known, Port, Standing};
use crate::escape::visible;
use crate::values::counted;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'f> {
    pub(super) findings: &'f Findings,
    /// Daemons that rules name and under whose name nobody asks, with the first place.
    pub(super) unasked: &'f [(String, String)],
    /// Daemons of which it cannot be told whether anybody asks under their name, likewise.
    pub(super) open: &'f [(String, String)],
    /// Names that somebody asks with, and that no rule is about.
    pub(super) unnamed: &'f [String],
    /// Whether the evidence is shown.
    pub(super) explain: bool,
}

const HEADERS: [&str; 3] = ["DAEMON", "LIBWRAP", "WAITS AT"];

/// Prints a line for each daemon, with what is wrong below it.
pub(super) fn human(shown: &Shown<'_>, out: &mut Output) -> Result<(), Failure> {
    let rows: Vec<[String; 3]> = shown.findings.answers.iter().map(row).collect();
    let [head, state, waits] = HEADERS;
    let widest = |cells: &mut dyn Iterator<Item = usize>, header: &str| {
        cells.max().unwrap_or(0).max(header.len())
    };
    let first = widest(
        &mut rows.iter().map(|[cell, ..]| cell.chars().count()),
        head,
    );
    let second = widest(
        &mut rows.iter().map(|[_, cell, _]| cell.chars().count()),
        state,
    );
    if !rows.is_empty() {
        let line = format!("{head:first$}  {state:second$}  {waits}");
        out.line(out.paint(Style::Strong, &line))?;
    }
    for (answer, [daemon, words, ports]) in shown.findings.answers.iter().zip(&rows) {
        let words = out.paint(style(answer.standing), &format!("{words:second$}"));
        let line = format!("{daemon:first$}  {words}  {ports}");
        out.line(line.trim_end())?;
        details(answer, shown.explain, out)?;
    }
    for port in &shown.findings.unseen {
        out.line(format!(
            "{}: cannot tell: this user may not see which program waits there",
            words_of(port)
        ))?;
    }
    for port in &shown.findings.unheld {
        out.line(format!(
            "{}: no process that can be seen here holds it: the kernel itself, or a process of \
             another PID namespace",
            words_of(port)
        ))?;
    }
    for (name, place) in shown.open {
        let name = visible(name.as_bytes());
        out.line(format!(
            "{place}: cannot tell whether a program here asks libwrap as {name}"
        ))?;
    }
    for (name, place) in shown.unasked {
        let name = visible(name.as_bytes());
        out.line(format!(
            "{place}: no program here asks libwrap as {name}: this rule binds nobody"
        ))?;
    }
    for name in shown.unnamed {
        let name = visible(name.as_bytes());
        out.line(format!(
            "no rule is about {name}: everybody may connect to it"
        ))?;
    }
    let ports = [&shown.findings.unseen, &shown.findings.unheld];
    if rows.is_empty() && ports.iter().all(|ports| ports.is_empty()) {
        out.line("no program waits for clients")?;
    }
    Ok(())
}

fn row(answer: &Diagnosis) -> [String; 3] {
    let ports: BTreeSet<String> = answer.ports.iter().map(words_of).collect();
    let ports: Vec<String> = ports.into_iter().collect();
    [
        visible(answer.daemon.as_bytes()),
        visible(answer.state().as_bytes()),
        ports.join(", "),
    ]
}

/// `tcp 22`, with a mark for what only this machine itself reaches.
fn words_of(port: &Port) -> String {
    let local = if port.is_local { " (loopback)" } else { "" };
    format!("{} {}{local}", port.protocol, port.number)
}

fn style(standing: Standing) -> Style {
    match standing {
        Standing::Asked => Style::Good,
        Standing::SwitchedOff | Standing::CannotTell => Style::Warn,
        Standing::NotAsked => Style::Dim,
    }
}

fn details(answer: &Diagnosis, explain: bool, out: &mut Output) -> Result<(), Failure> {
    for problem in &answer.problems {
        let word = out.paint(Style::Bad, "problem");
        out.line(format!("  {word}: {}", visible(problem.as_bytes())))?;
    }
    let is_open = answer.standing == Standing::CannotTell;
    if explain || is_open {
        for text in answer.evidence.iter().chain(&answer.notes) {
            out.line(format!("  {}", visible(text.as_bytes())))?;
        }
    }
    if explain {
        if is_open && !answer.names.is_empty() {
            let names = visible(answer.names.join(", ").as_bytes());
            out.line(format!("  if it asks, then as {names}"))?;
        }
        if let Some(known) = answer.known {
            out.line(format!("  {}", known_by(known)))?;
        }
    }
    Ok(())
}

fn known_by(known: Known) -> &'static str {
    match known {
        Known::Tested => "how it asks is tested with the real program",
        Known::Documents => "how it asks is known by documents, not tested",
    }
}

/// How many of each, and what is wrong with them, in one line.
pub(super) fn sum(shown: &Shown<'_>) -> String {
    let answers = &shown.findings.answers;
    let count = |standing| {
        let all = answers.iter().filter(|answer| answer.standing == standing);
        all.count()
    };
    let mut parts = vec![
        format!("{} asked", counted(count(Standing::Asked), "daemon")),
        format!("{} switched off", count(Standing::SwitchedOff)),
        format!("{} not asked", count(Standing::NotAsked)),
        format!("{} cannot tell", count(Standing::CannotTell)),
    ];
    for answer in answers {
        let daemon = visible(answer.daemon.as_bytes());
        let problems = answer.problems.iter();
        parts.extend(problems.map(|problem| format!("{daemon}: {}", visible(problem.as_bytes()))));
    }
    let hidden = shown.findings.unseen.iter();
    parts.extend(hidden.map(|port| format!("{} is hidden from this user", words_of(port))));
    let unheld = shown.findings.unheld.iter();
    parts.extend(unheld.map(|port| format!("no process holds {}", words_of(port))));
    for (name, place) in shown.open {
        let name = visible(name.as_bytes());
        parts.push(format!(
            "{place}: whether anybody asks as {name} cannot be told"
        ));
    }
    for (name, place) in shown.unasked {
        parts.push(format!(
            "{place}: nobody asks as {}",
            visible(name.as_bytes())
        ));
    }
    for name in shown.unnamed {
        parts.push(format!("no rule is about {}", visible(name.as_bytes())));
    }
    parts.join("; ")
}

/// One object for programs.
pub(super) fn json(shown: &Shown<'_>) -> String {
    let daemons: Vec<Value> = shown.findings.answers.iter().map(object).collect();
    let unseen: Vec<Value> = shown.findings.unseen.iter().map(port_object).collect();
    let unheld: Vec<Value> = shown.findings.unheld.iter().map(port_object).collect();
    let placed = |rules: &[(String, String)]| -> Vec<Value> {
        let rules = rules.iter();
        rules
            .map(|(name, place)| json!({"daemon": name, "place": place}))
            .collect()
    };
    json!({
        "daemons": daemons,
        "hidden_ports": unseen,
        "ports_of_no_process": unheld,
        "rules_for_nobody": placed(shown.unasked),
        "rules_in_doubt": placed(shown.open),
        "asked_without_rule": shown.unnamed,
    })
    .to_string()
}

fn port_object(port: &Port) -> Value {
    json!({"protocol": port.protocol, "port": port.number, "loopback": port.is_local})
}

fn object(answer: &Diagnosis) -> Value {
    let standing = match answer.standing {
        Standing::Asked => "asked",
        Standing::SwitchedOff => "switched off",
        Standing::NotAsked => "not asked",
        Standing::CannotTell => "cannot tell",
    };
    let known = answer.known.map(|known| match known {
        Known::Tested => "tested",
        Known::Documents => "documents",
    });
    let ports: Vec<Value> = answer.ports.iter().map(port_object).collect();
    json!({
        "daemon": answer.daemon,
        "program": answer.program.display().to_string(),
        "process": answer.process,
        "ports": ports,
        "state": standing,
        "names": answer.names,
        "known_by": known,
        "evidence": answer.evidence,
        "problems": answer.problems,
        "notes": answer.notes,
    })
}
