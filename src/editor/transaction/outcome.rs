//! What a transaction came to.

use crate::editor::change::worked_out::Note;
use crate::editor::commit::error::EditError;
use crate::editor::commit::preview::DiffLine;
use crate::editor::trial::effect::Effect;
use std::path::PathBuf;

/// What a transaction came to.
#[derive(Debug, Default)]
pub struct TransactionOutcome {
    /// What the operator should know.
    pub notes: Vec<Note>,
    /// What changes in the tables and in the file that goes with them.
    pub diff: Vec<DiffLine>,
    /// Who gains and who loses access, where it was to be found out.
    pub effect: Option<Effect>,
    /// The tables that did not exist, which were taken as empty.
    pub absent: Vec<PathBuf>,
    /// What was written; nothing if there was nothing to change, or nothing was to be written.
    pub committed: Option<Committed>,
}

/// What a transaction wrote.
#[derive(Debug)]
pub struct Committed {
    /// The number of the change in the history; 0 if the tables held it already.
    pub number: u64,
    /// The files that were written, by the paths they were asked for by.
    pub paths: Vec<PathBuf>,
    /// Why a line that another program wrote at the same moment may be missing, if it may.
    pub missed: Option<EditError>,
}

impl TransactionOutcome {
    /// The number of the change; 0 if none was made.
    pub fn number(&self) -> u64 {
        self.committed.as_ref().map_or(0, |done| done.number)
    }

    /// Whether a comment about a rule could not be followed.
    pub fn is_hindered(&self) -> bool {
        let is_stray = |note: &Note| matches!(note, Note::Stray { .. });
        self.notes.iter().any(is_stray)
    }
}
