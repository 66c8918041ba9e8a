//! `tcpw history`: every change, with time, user and command line.

use super::provisional;
use super::refusal::told;
use crate::cli::base::times::clock;
use crate::cli::base::{Context, Exit, Failure, ListFormat};
use crate::editor::{ChangeState, Fate, History, HistoryEntry};
use crate::escape::{visible, visible_short};
use crate::system::local_time;
use chrono::{DateTime, SecondsFormat};
use clap::Args;
use serde_json::json;

/// As much of a command line as a row shows.
const SHOWN: usize = 100;

/// List the changes made with tcpw
///
/// The newest last; times are local. The newest 100 are kept, and at most
/// 256 MiB of tables.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// A table for people, or JSON with one object per line
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: ListFormat,
}

pub(crate) fn run(args: &HistoryArgs, context: &mut Context) -> Result<Exit, Failure> {
    if args.format == ListFormat::Table {
        provisional::take_back_due(context)?;
    }
    let history = History::new(&context.paths.history);
    let numbers = history.numbers().map_err(told)?;
    if numbers.is_empty() && args.format == ListFormat::Table {
        context.out.line("no changes yet")?;
    }
    let timeline = history.timeline().map_err(told)?;
    for number in numbers {
        let entry = history.entry(number).map_err(told)?;
        match args.format {
            ListFormat::Table => {
                let mut fate = fate(&history, &entry)?;
                if fate.is_empty() {
                    fate = part(&entry, timeline.state(number));
                }
                context.out.line(row(&entry, &fate))?;
            }
            ListFormat::Json => context.out.data(object(&entry, &fate(&history, &entry)?))?,
        }
    }
    Ok(Exit::Done)
}

/// What became of a change that had to be confirmed, in words; nothing if it had not.
fn fate(history: &History, entry: &HistoryEntry) -> Result<String, Failure> {
    let due = entry.provisional.as_ref().map_or(0, |terms| terms.due);
    Ok(match history.fate(entry).map_err(told)? {
        None => String::new(),
        Some(Fate::Open) => format!("rolled back at {} unless confirmed", clock(due)),
        Some(Fate::Confirmed) => "confirmed".to_owned(),
        Some(Fate::TakenBack(by)) => format!("rolled back by {by}"),
    })
}

/// What a change has to do with others, in words; nothing if it has nothing.
fn part(entry: &HistoryEntry, state: Option<ChangeState>) -> String {
    match (state, entry.redoes) {
        (Some(ChangeState::Undone(by) | ChangeState::Dropped(by)), _) => format!("undone by {by}"),
        (Some(ChangeState::Undid(undone)), _) => format!("undoes {undone}"),
        (_, Some(redone)) => format!("makes {redone} again"),
        (Some(ChangeState::Done | ChangeState::Beside) | None, None) => String::new(),
    }
}

fn row(entry: &HistoryEntry, fate: &str) -> String {
    let files: Vec<String> = changed(entry);
    let fate = if fate.is_empty() {
        String::new()
    } else {
        format!("  ({fate})")
    };
    format!(
        "{:>4}  {}  {}  {}  `{}`{fate}",
        entry.number,
        time(entry),
        visible_short(entry.author.user.as_bytes(), SHOWN),
        files.join(" "),
        visible_short(command(entry).as_bytes(), SHOWN)
    )
}

fn object(entry: &HistoryEntry, fate: &str) -> String {
    let time = DateTime::from_timestamp(entry.author.time, 0).unwrap_or_default();
    let tables: Vec<_> = entry
        .sides()
        .into_iter()
        .filter(|side| side.is_changed())
        .map(|side| {
            json!({
                "path": side.path.to_string_lossy(),
                "before": side.before,
                "after": side.after,
            })
        })
        .collect();
    json!({
        "number": entry.number,
        "time": time.to_rfc3339_opts(SecondsFormat::Secs, true),
        "user": entry.author.user,
        "command": entry.author.command,
        "tables": tables,
        "provisional": (!fate.is_empty()).then_some(fate),
        "undoes": entry.undoes,
        "redoes": entry.redoes,
    })
    .to_string()
}

/// The files an entry changed.
pub(crate) fn changed(entry: &HistoryEntry) -> Vec<String> {
    let sides = entry.sides().into_iter().chain(&entry.companion);
    sides
        .filter(|side| side.is_changed())
        .map(|side| visible(side.path.as_os_str().as_encoded_bytes()))
        .collect()
}

/// When it was, here.
pub(crate) fn time(entry: &HistoryEntry) -> String {
    let time = DateTime::from_timestamp(entry.author.time, 0).unwrap_or_default();
    local_time(time).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// The command line: the program by its name, and words with spaces in quotes.
pub(crate) fn command(entry: &HistoryEntry) -> String {
    let mut words = entry.author.command.iter();
    let program = words
        .next()
        .map_or("tcpw", |word| word.rsplit('/').next().unwrap_or_default());
    let is_plain = |word: &str| {
        !word.is_empty()
            && !word.contains(|c: char| c.is_whitespace() || "'\"\\$`|&;<>()#*?".contains(c))
    };
    words.fold(program.to_owned(), |line, word| {
        if is_plain(word) {
            format!("{line} {word}")
        } else {
            format!("{line} '{}'", word.replace('\'', "'\\''"))
        }
    })
}
