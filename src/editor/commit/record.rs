//! What a commit puts into the history before it changes anything: both contents of each file, and
//! who is about to do what.

use crate::editor::commit::commit_terms::Terms;
use crate::editor::commit::companion::Companion;
use crate::editor::commit::digest::digests;
use crate::editor::commit::entry::{HistoryEntry, Reversal, Side};
use crate::editor::commit::error::EditError;
use crate::editor::commit::state::State;
use crate::editor::commit::table::TableFile;
use std::path::PathBuf;

/// One table in a commit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Content<'c> {
    pub(crate) table: &'c TableFile,
    pub(crate) new: &'c [u8],
    /// How many bytes it keeps at its start and at its end.
    pub(crate) ends: (usize, usize),
}

impl Content<'_> {
    fn keep(self, state: &State) -> Result<Side, EditError> {
        let Self { table, new, ends } = self;
        let path = if table.is_nowhere() {
            Ok(PathBuf::new())
        } else {
            std::path::absolute(table.path())
        };
        let path = path.map_err(EditError::at("find the absolute path of", table.path()))?;
        let [before, after] = digests(table.bytes(), new, ends.0);
        if table.exists() {
            state.keep(&before, table.bytes())?;
            state.keep_change(&after, (&before, table.bytes(), new), ends)?;
        } else if !new.is_empty() {
            state.keep(&after, new)?;
        }
        Ok(Side {
            path,
            target: table.target().to_owned(),
            after: (table.exists() || !new.is_empty()).then_some(after),
            before: table.exists().then_some(before),
        })
    }
}

/// The entry of a commit; both contents of each file are kept.
pub(crate) fn entry(
    state: &State,
    [allow, deny]: [Content<'_>; 2],
    companion: Option<&(TableFile, &Companion)>,
    terms: &Terms,
) -> Result<HistoryEntry, EditError> {
    let companion = companion.map(|(file, content)| content.keep(file, state));
    Ok(HistoryEntry {
        number: state.next_number()?,
        author: terms.author.clone(),
        allow: allow.keep(state)?,
        deny: deny.keep(state)?,
        provisional: terms.provisional.clone(),
        undoes: match terms.reversal {
            Some(Reversal::Undo(number) | Reversal::Rollback(number)) => Some(number),
            Some(Reversal::Redo(_)) | None => None,
        },
        is_rollback: matches!(terms.reversal, Some(Reversal::Rollback(_))),
        redoes: match terms.reversal {
            Some(Reversal::Redo(number)) => Some(number),
            Some(Reversal::Undo(_) | Reversal::Rollback(_)) | None => None,
        },
        companion: companion.transpose()?,
    })
}
