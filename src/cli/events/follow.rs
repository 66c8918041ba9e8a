//! `tcpw events --follow`: new events as they enter the journal, also one that is replaced.

use super::form::Printer;
use super::found::show;
use crate::alert::{Journal, Search};
use crate::cli::base::{Context, Failure};
use crate::cli::machine::open_journal;
use crate::system::wait_for_hang_up;
use std::path::Path;
use std::time::Duration;

/// How often the journal is asked for its last number, which costs it next to nothing.
const PAUSE: Duration = Duration::from_millis(250);

/// Shows what is there, and what comes, until the reader goes away.
pub(super) fn run(
    path: &Path,
    mut search: Search,
    printer: &mut Printer,
    context: &mut Context,
) -> Result<(), Failure> {
    let mut open: Option<Journal> = None;
    let mut file = None;
    let mut is_told = false;
    loop {
        let found = open_journal::identity(path);
        if open.is_some() && found.is_some() && found != file {
            let name = path.display();
            context.out.note(&format!(
                "the journal {name} was replaced: following the new one"
            ))?;
            open = None;
            search.after = 0;
        }
        if open.is_none() {
            file = found;
            open = open_journal::open(path)?;
            if open.is_none() && !is_told {
                let name = path.display();
                context.out.note(&format!(
                    "no journal yet at {name}: waiting for the first event"
                ))?;
                is_told = true;
            }
        }
        if let Some(journal) = &mut open {
            let last = journal.last_event().map_err(open_journal::told)?;
            if last > search.after {
                show(journal, &search, printer, context)?;
                search.after = last;
            }
            // From now on everything is new.
            search.newest = None;
            printer.end(&mut context.out)?;
        }
        context.out.flush()?;
        if wait_for_hang_up(PAUSE) {
            return Ok(());
        }
    }
}
