//! `tcpw confirm`: a provisional change is well, and stays.

use super::provisional::take_back_due;
use super::refusal::told;
use super::trial::now;
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{Fate, History, HistoryEntry, Provisional, confirm};
use crate::escape::visible_short;
use crate::system::{ProcessTable, login_start};
use clap::Args;

/// Confirm a change that was made with --confirm-within
///
/// From an ssh login that began after the change: the login itself proves that the tables let you
/// in. From anywhere else with the word that the change printed.
#[derive(Debug, Args)]
pub(crate) struct ConfirmArgs {
    /// The word that the change printed [default: not needed from a new ssh login]
    #[arg(value_name = "WORD")]
    word: Option<String>,
}

pub(crate) fn run(args: &ConfirmArgs, context: &mut Context) -> Result<Exit, Failure> {
    take_back_due(context)?;
    let path = context.paths.history.clone();
    let open = History::new(&path).open_changes().map_err(told)?;
    if open.is_empty() {
        return Err(Failure::new("no change waits to be confirmed")
            .hint("`tcpw history` says what became of the changes"));
    }
    let confirmed = match &args.word {
        Some(word) => by_word(open, word)?,
        None => by_login(open)?,
    };
    for entry in confirmed {
        let number = entry.number;
        match confirm(&path, number).map_err(told)? {
            Fate::Confirmed | Fate::Open => {
                context
                    .out
                    .line(format!("change {number} is confirmed and stays"))?;
            }
            Fate::TakenBack(by) => {
                return Err(Failure::new(format_args!(
                    "change {number} was already rolled back, by {by}"
                ))
                .hint("make it again"));
            }
        }
    }
    Ok(Exit::Done)
}

fn by_word(
    open: Vec<(HistoryEntry, Provisional)>,
    word: &str,
) -> Result<Vec<HistoryEntry>, Failure> {
    let mut found = open;
    found.retain(|(_, provisional)| provisional.is_confirmed_by(word));
    if found.is_empty() {
        let word = visible_short(word.as_bytes(), 40);
        return Err(Failure::new(format_args!(
            "`{word}` does not confirm a change that waits"
        ))
        .hint("give the word that the change printed, or log in again and give none"));
    }
    Ok(found.into_iter().map(|(entry, _)| entry).collect())
}

fn by_login(open: Vec<(HistoryEntry, Provisional)>) -> Result<Vec<HistoryEntry>, Failure> {
    let Some(start) = login_start(&ProcessTable, std::process::id()) else {
        return Err(Failure::new(
            "it is unknown when this login began: this shell was not started by sshd",
        )
        .hint(
            "log in again by ssh and type `tcpw confirm` there, or give the word that the \
                 change printed",
        ));
    };
    let now = now();
    let (newer, older): (Vec<_>, Vec<_>) = open
        .into_iter()
        .partition(|(_, provisional)| provisional.is_before(start, &now));
    if newer.is_empty() {
        let numbers: Vec<String> = older
            .iter()
            .map(|(entry, _)| entry.number.to_string())
            .collect();
        return Err(Failure::new(format_args!(
            "this login began before change {}: it does not prove that you can log in now",
            numbers.join(", ")
        ))
        .hint(
            "keep this session open, log in again, and type `tcpw confirm` there: if you cannot \
             log in, the change is rolled back automatically",
        ));
    }
    Ok(newer.into_iter().map(|(entry, _)| entry).collect())
}
