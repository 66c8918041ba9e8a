//! Under which terms a change is made: by whom, what others may do meanwhile, and for how long.

use crate::editor::commit::companion::Companion;
use crate::editor::commit::entry::{Author, Reversal};
use crate::editor::commit::error::EditError;
use crate::editor::commit::planned_list::PlannedList;
use crate::editor::commit::provisional::Provisional;
use crate::editor::commit::table::TableFile;
use crate::system::Moment;

/// What others may do to the tables between reading and writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::editor) enum Others {
    /// Nothing: the commit fails, so that the change can be worked out again.
    Obstruct,
    /// They may append lines, which are carried over.
    MayAppend,
}

/// Who commits, and on what terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::editor) struct Terms {
    /// Who makes it.
    pub author: Author,
    /// What others may do meanwhile.
    pub others: Others,
    /// Until when it has to be confirmed; nothing if it is for good.
    pub provisional: Option<Provisional>,
    /// What it does about another change, if it does so.
    pub reversal: Option<Reversal>,
    /// The file that is written together with the tables, if there is one.
    pub companion: Option<Companion>,
    /// The lists that the new tables name, which are written before them.
    pub lists: Vec<PlannedList>,
}

impl Terms {
    /// Whether the time is over in which it had to be confirmed.
    pub(in crate::editor) fn is_overdue(&self) -> bool {
        let now = Moment::at(self.author.time);
        let terms = self.provisional.as_ref();
        terms.is_some_and(|terms| terms.is_due(&now))
    }

    /// The file that is written together with the tables as it is now, if it is to change.
    pub(crate) fn open_companion(&self) -> Result<Option<(TableFile, &Companion)>, EditError> {
        let companion = self.companion.as_ref().filter(|file| file.is_changed());
        companion.map(|file| Ok((file.open()?, file))).transpose()
    }
}
