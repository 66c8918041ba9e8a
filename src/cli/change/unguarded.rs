//! Doors that no table closes: what waits for clients here and does not ask libwrap.

use super::words::OPEN_DOORS;
use crate::cli::base::{Context, Failure};
use crate::cli::machine::daemons::daemons;
use crate::doctor::{Diagnosis, Standing};
use crate::escape::visible;
use std::collections::BTreeSet;

/// As many are named.
const NAMED: usize = 8;

/// Says which programs stay open to everybody, whatever the tables say. Nothing in a rehearsal, nor
/// where other tables than those of the system are changed.
pub(crate) fn warn(context: &mut Context) -> Result<(), Failure> {
    if context.is_rehearsal || !context.paths.are_of_system() {
        return Ok(());
    }
    let found = daemons(&context.paths);
    let open: BTreeSet<String> = found.answers.iter().filter_map(unguarded).collect();
    if open.is_empty() {
        return Ok(());
    }
    let more = open.len().saturating_sub(NAMED);
    let mut shown: Vec<String> = open.into_iter().take(NAMED).collect();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    let note = context.out.words(OPEN_DOORS, &[&shown.join(", ")]);
    context.out.note(&note)
}

/// A program that others can reach and that does not ask, with its ports.
fn unguarded(answer: &Diagnosis) -> Option<String> {
    let is_open = matches!(answer.standing, Standing::SwitchedOff | Standing::NotAsked);
    let ports: BTreeSet<String> = answer
        .ports
        .iter()
        .filter(|port| !port.is_local)
        .map(|port| format!("{} {}", port.protocol, port.number))
        .collect();
    if !is_open || ports.is_empty() {
        return None;
    }
    let ports: Vec<String> = ports.into_iter().collect();
    let daemon = visible(answer.daemon.as_bytes());
    Some(format!("{daemon} at {}", ports.join(" and ")))
}
