//! What a search in the journal finds, printed.

use super::form::Printer;
use crate::alert::{FoundEvent, Journal, Search};
use crate::cli::base::{Context, Failure};
use crate::cli::machine::open_journal;

/// Prints what is found; gives the number of the last event.
pub(super) fn show(
    journal: &mut Journal,
    search: &Search,
    printer: &mut Printer,
    context: &mut Context,
) -> Result<i64, Failure> {
    let mut last = search.after;
    let mut result = Ok(());
    let found = journal.search(search, &mut |found: FoundEvent| {
        last = last.max(found.entry.id);
        result = printer.print(&found, &mut context.out);
        result.is_ok()
    });
    result?;
    found.map_err(open_journal::told)?;
    Ok(last)
}
