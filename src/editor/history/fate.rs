//! What became of a change that had to be confirmed.

use crate::editor::commit::entry::HistoryEntry;
use crate::editor::commit::error::EditError;
use crate::editor::commit::provisional::{Fate, Provisional};
use crate::editor::commit::state::{History, State};
use std::path::Path;

impl History {
    /// What became of a change that had to be confirmed; nothing if it had not.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn fate(&self, entry: &HistoryEntry) -> Result<Option<Fate>, EditError> {
        if entry.provisional.is_none() {
            return Ok(None);
        }
        if self.is_confirmed(entry.number) {
            return Ok(Some(Fate::Confirmed));
        }
        for number in self.numbers()? {
            if number > entry.number && self.entry(number)?.undoes == Some(entry.number) {
                return Ok(Some(Fate::TakenBack(number)));
            }
        }
        Ok(Some(Fate::Open))
    }

    /// The change that is called by this [`Provisional::mark`].
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn marked(&self, mark: &str) -> Result<Option<HistoryEntry>, EditError> {
        for number in self.numbers()?.into_iter().rev() {
            let entry = self.entry(number)?;
            let terms = entry.provisional.as_ref();
            if terms.is_some_and(|terms| terms.mark() == mark) {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// The changes that can still be confirmed.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn open_changes(&self) -> Result<Vec<(HistoryEntry, Provisional)>, EditError> {
        let mut open = Vec::new();
        for number in self.numbers()? {
            let entry = self.entry(number)?;
            if let Some(undone) = entry.undoes {
                open.retain(|(entry, _): &(HistoryEntry, Provisional)| entry.number != undone);
            }
            if let Some(provisional) = entry.provisional.clone()
                && !self.is_confirmed(number)
            {
                open.push((entry, provisional));
            }
        }
        Ok(open)
    }
}

/// Confirms a change of the history at `path`, if it is still open.
///
/// # Errors
/// When the history cannot be locked or written.
pub fn confirm(path: &Path, number: u64) -> Result<Fate, EditError> {
    let state = State::open(path)?;
    let entry = state.history().entry(number)?;
    let fate = state.history().fate(&entry)?.unwrap_or(Fate::Confirmed);
    if fate == Fate::Open {
        state.confirm(number)?;
        return Ok(Fate::Confirmed);
    }
    Ok(fate)
}
