//! What a transaction is to do: how the change is worked out, and what must hold afterwards.

use crate::editor::change::steps::{Make, Verify};
use crate::editor::change::worked_out::Note;
use crate::editor::client::pattern::Client;
use crate::editor::commit::companion::Companion;
use crate::editor::commit::entry::Reversal;
use crate::editor::commit::planned_list::PlannedList;
use crate::editor::commit::preview::{DiffLine, unified};
use crate::editor::transaction::scope::Scope;
use crate::editor::trial::table_pair::Ground;
use crate::engine::TableName;
use std::cell::RefCell;

/// As many lines of the diff of a file are shown, unless all are asked for.
pub const DIFF_LINES: usize = 1000;

/// Says what the operator should know about tables.
pub type Outlook<'a> = &'a dyn Fn(&Ground<'_>) -> Vec<Note>;

/// One change: how it is worked out, and how the result is checked.
#[derive(Clone, Copy)]
pub struct Intent<'a> {
    pub(super) change: Make<'a>,
    pub(super) verify: Verify<'a>,
    pub(super) scope: Scope<'a>,
    pub(super) about: &'a [Client],
    pub(super) outlook: Option<Outlook<'a>>,
    pub(super) is_guarded: bool,
    pub(super) alone: Option<TableName>,
    pub(super) reversal: Option<Reversal>,
    pub(super) companion: Option<ShownCompanion<'a>>,
    pub(super) lists: Option<&'a RefCell<Vec<PlannedList>>>,
    pub(super) most_lines: usize,
}

impl<'a> Intent<'a> {
    /// A change that `change` works out on the tables as they are, that `verify` checks on the
    /// tables before and after, and that is guarded.
    pub fn new(change: Make<'a>, verify: Verify<'a>, scope: Scope<'a>) -> Self {
        Self {
            change,
            verify,
            scope,
            about: &[],
            outlook: None,
            is_guarded: true,
            alone: None,
            reversal: None,
            companion: None,
            lists: None,
            most_lines: DIFF_LINES,
        }
    }

    /// As many lines of the diff of a file are shown.
    #[must_use]
    pub fn showing(self, most_lines: usize) -> Self {
        Self { most_lines, ..self }
    }

    /// It is about these clients and nobody else, so of large tables only what concerns them is
    /// parsed.
    #[must_use]
    pub fn about(self, clients: &'a [Client]) -> Self {
        Self {
            about: clients,
            ..self
        }
    }

    /// The outcome carries what `outlook` says about the tables as they will be.
    #[must_use]
    pub fn with_outlook(self, outlook: Outlook<'a>) -> Self {
        Self {
            outlook: Some(outlook),
            ..self
        }
    }

    /// Whether the change is refused when somebody who must still get in could not.
    #[must_use]
    pub fn guarded(self, is_guarded: bool) -> Self {
        Self { is_guarded, ..self }
    }

    /// Only this table is at hand, if one is given.
    #[must_use]
    pub fn alone(self, table: Option<TableName>) -> Self {
        Self {
            alone: table,
            ..self
        }
    }

    /// What it does about another change.
    #[must_use]
    pub fn reversing(self, reversal: Reversal) -> Self {
        Self {
            reversal: Some(reversal),
            ..self
        }
    }

    /// The file that is written together with the tables, if there is one.
    pub fn companion(&self) -> Option<ShownCompanion<'a>> {
        self.companion
    }

    /// What it does about another change, if it does anything.
    pub fn reversal(&self) -> Option<Reversal> {
        self.reversal
    }

    /// With the lists that the change finds it needs: they are written before the tables.
    #[must_use]
    pub fn with_lists(self, lists: &'a RefCell<Vec<PlannedList>>) -> Self {
        Self {
            lists: Some(lists),
            ..self
        }
    }

    /// With a file that is written together with the tables.
    #[must_use]
    pub fn with_companion(self, companion: ShownCompanion<'a>) -> Self {
        Self {
            companion: Some(companion),
            ..self
        }
    }
}

/// A file that is written together with the tables, and how it is shown.
#[derive(Debug, Clone, Copy)]
pub struct ShownCompanion<'a> {
    /// What it held and shall hold.
    pub file: &'a Companion,
    /// Both contents without what must not be shown.
    pub shown: [&'a str; 2],
}

impl ShownCompanion<'_> {
    /// What changes in it.
    pub(super) fn preview(&self) -> Vec<DiffLine> {
        let [old, new] = self.shown.map(str::as_bytes);
        unified(&self.file.path, old, new, DIFF_LINES)
    }
}
