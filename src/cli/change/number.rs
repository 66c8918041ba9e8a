//! The number of a change that was made, and how to go back.

use super::words::{THIS_IS, THIS_IS_OF_TABLES};
use crate::cli::base::{Context, Failure};
use crate::editor::Reversal;

/// Says it; `has_companion` means that a file was written together with the tables, which undo
/// leaves as it is.
pub(crate) fn tell_number(
    context: &mut Context,
    number: u64,
    reversal: Option<Reversal>,
    has_companion: bool,
) -> Result<(), Failure> {
    let text = match reversal {
        Some(Reversal::Undo(undone)) => format!("change {number} undoes change {undone}"),
        Some(Reversal::Redo(redone)) => {
            format!("change {number} makes change {redone} again: `tcpw undo` undoes it")
        }
        Some(Reversal::Rollback(_)) => return Ok(()),
        None => {
            let text = if has_companion {
                THIS_IS_OF_TABLES
            } else {
                THIS_IS
            };
            context.out.words(text, &[&number.to_string()])
        }
    };
    context.out.line(text)
}
