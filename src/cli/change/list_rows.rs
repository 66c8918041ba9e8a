//! The rules of `tcpw list` as rows with a header, and as JSON.

use super::remarks::path;
use super::rule_row::RuleRow;
use crate::cli::base::excerpt::width;
use crate::cli::base::times::stamp;
use crate::cli::base::{Context, Failure, Paths, Style};
use crate::cli::machine::follow_state::FollowState;
use crate::editor::{Label, Listed};
use crate::engine::Access;
use crate::escape::visible_short;
use chrono::DateTime;
use serde_json::json;
use tcpw_gate::Call;

/// How much of a list or a reason a row shows.
const SHOWN: usize = 60;
/// How many rules are shown unless all are asked for.
const MOST: usize = 200;
/// As many cells the notes take, unless they are longer.
const NOTES: usize = 32;
const COLUMNS: usize = 5;
const HEADER: [&str; COLUMNS] = ["ACCESS", "CLIENTS", "DAEMONS", "NOTES", "PLACE"];

/// Prints the rules, the header first. Without `is_all`, no more than can be read.
pub(crate) fn show(
    rules: &[Listed],
    known: &FollowState,
    is_all: bool,
    context: &mut Context,
) -> Result<(), Failure> {
    if rules.is_empty() {
        return Ok(());
    }
    let most = if is_all { usize::MAX } else { MOST };
    let paths = context.paths.clone();
    let mut rows = vec![HEADER.map(str::to_owned)];
    for rule in rules.iter().take(most) {
        rows.push(cells(&paths, rule, known));
    }
    let widths: [usize; COLUMNS] = std::array::from_fn(|at| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        let widest = cells.map(|cell| width(cell)).max().unwrap_or(0);
        // A long note moves the place of its own rule alone.
        if HEADER.get(at) == Some(&"NOTES") {
            widest.min(NOTES)
        } else {
            widest
        }
    });
    let all: usize = widths.iter().sum::<usize>() + 2 * (COLUMNS - 1);
    // A narrow terminal gets the notes below each rule.
    let is_narrow = context.out.columns().is_some_and(|columns| all > columns);
    for (number, row) in rows.iter().enumerate() {
        let style = match row.first().map(String::as_str) {
            _ if number == 0 => Style::Strong,
            Some("allow") => Style::Good,
            Some(_) | None => Style::Bad,
        };
        if is_narrow {
            narrow(row, number == 0, style, context)?;
        } else {
            let line = laid_out(row, &widths, style, context);
            context.out.line(line.trim_end())?;
        }
    }
    if rules.len() > most {
        let more = rules.len() - most;
        context
            .out
            .line(format!("and {more} more rules: --all shows them"))?;
    }
    Ok(())
}

/// A row with each cell as wide as its column, the first one painted.
fn laid_out(
    row: &[String; COLUMNS],
    widths: &[usize; COLUMNS],
    style: Style,
    context: &Context,
) -> String {
    let mut line = String::new();
    for (number, (cell, wide)) in row.iter().zip(widths).enumerate() {
        let gap = " ".repeat(wide.saturating_sub(width(cell)));
        let shown = if number == 0 {
            context.out.paint(style, cell)
        } else {
            cell.clone()
        };
        line.push_str(&shown);
        line.push_str(&gap);
        line.push_str("  ");
    }
    line
}

/// A row for a narrow terminal: what stands after the clients goes below.
fn narrow(
    row: &[String; COLUMNS],
    is_header: bool,
    style: Style,
    context: &mut Context,
) -> Result<(), Failure> {
    let [access, clients, daemons, notes, place] = row;
    let access = format!("{access:<6}");
    let painted = context.out.paint(style, &access);
    if is_header {
        return context.out.prose(format!(
            "{painted}  {clients} to {daemons}, {notes}, {place}"
        ));
    }
    context
        .out
        .prose(format!("{painted}  {clients} to {daemons}"))?;
    if !notes.is_empty() {
        context.out.prose(format!("        {notes}"))?;
    }
    context.out.prose(format!("        {place}"))
}

fn cells(paths: &Paths, rule: &Listed, known: &FollowState) -> [String; COLUMNS] {
    [
        verb(rule.access).to_owned(),
        short(&rule.clients),
        short(&rule.daemons),
        notes(rule, known),
        format!("{}:{}", path(paths, &rule.place), rule.place.number),
    ]
}

fn short(text: &str) -> String {
    visible_short(text.as_bytes(), SHOWN)
}

/// What else is known about a rule.
fn notes(rule: &Listed, known: &FollowState) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(rule.condition.as_deref().map(condition));
    words.extend(rule.has_alert.then(|| "raises an alert".to_owned()));
    if let Some(label) = &rule.label {
        let Label {
            since,
            until,
            by,
            follow: _,
            reason,
        } = label;
        let values = [
            ("since", since),
            ("until", until),
            ("by", by),
            ("because", reason),
        ];
        for (word, value) in values {
            let value = value.as_ref();
            words.extend(value.map(|value| format!("{word} {}", short(value))));
        }
    }
    words.extend(followed_name(rule).map(|name| follows(name, known)));
    if let Some(writer) = rule.writer.filter(|writer| *writer != "tcpw") {
        words.push(format!("written by {writer}"));
    }
    words.join("  ")
}

/// On what a rule with `aclexec` hangs.
fn condition(command: &str) -> String {
    match Call::of_command(command.as_bytes()) {
        Some(Ok(call)) => format!("whom the gate admits: {}", short(&call.words())),
        Some(Err(_)) | None => format!("if `{}` succeeds", short(command)),
    }
}

/// The name that a rule follows.
fn followed_name(rule: &Listed) -> Option<&str> {
    rule.label.as_ref()?.follow.as_deref()
}

/// That a rule follows a name, and how that goes.
fn follows(name: &str, known: &FollowState) -> String {
    let shown = short(name);
    let Some(known) = known.names.get(name) else {
        return format!("follows {shown}, not resolved since");
    };
    let last = known.succeeded.map(time);
    let mut text = match (&last, known.failing_since) {
        (Some(last), None) => format!("follows {shown}, resolved {last}"),
        (Some(last), Some(_)) => format!("follows {shown}, resolved {last} and not since"),
        (None, _) => format!("follows {shown}, not resolved since"),
    };
    if known.authentic && known.failing_since.is_none() {
        text.push_str(", DNSSEC checked by the resolver");
    }
    if let Some(trouble) = &known.trouble {
        text = format!("{text}: {}", short(trouble));
    }
    text
}

/// A time of the state as labels have them.
fn time(seconds: i64) -> String {
    stamp(DateTime::from_timestamp(seconds, 0).unwrap_or_default())
}

fn verb(access: Access) -> &'static str {
    match access {
        Access::Granted => "allow",
        Access::Denied => "deny",
        Access::Undecided => "undecided",
    }
}

/// A rule for programs: what `tcpw apply` reads of it, and what is known besides.
pub(crate) fn object(rule: &Listed, known: &FollowState, paths: &Paths) -> Result<String, Failure> {
    let mut object = serde_json::to_value(RuleRow::of(rule)).map_err(Failure::new)?;
    if let Some(fields) = object.as_object_mut() {
        let place = [
            ("access", json!(verb(rule.access))),
            ("writer", json!(rule.writer)),
            ("file", json!(path(paths, &rule.place).to_string())),
            ("line", json!(rule.place.number)),
        ];
        fields.extend(place.map(|(key, value)| (key.to_owned(), value)));
        // Only where there is something to say: what others read of other rules stays what it was.
        match followed_name(rule) {
            Some(name) => fields.insert("resolved".to_owned(), resolved(name, known)),
            None => fields.remove("follow"),
        };
    }
    Ok(object.to_string())
}

/// How it goes with the name that a rule follows.
fn resolved(name: &str, known: &FollowState) -> serde_json::Value {
    let known = known.names.get(name);
    json!({
        "last_success": known.and_then(|known| known.succeeded).map(time),
        "last_attempt": known.map(|known| time(known.asked)),
        "failing_since": known.and_then(|known| known.failing_since).map(time),
        "ttl": known.and_then(|known| known.ttl),
        "authentic": known.is_some_and(|known| known.authentic),
        "trouble": known.and_then(|known| known.trouble.as_ref()),
    })
}
