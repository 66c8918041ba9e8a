//! Which changes of the history are in force, and which are undone.

use crate::editor::commit::entry::HistoryEntry;
use crate::editor::commit::error::EditError;
use crate::editor::commit::state::History;
use std::collections::BTreeMap;

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeState {
    /// It is in force.
    Done,
    /// It was undone by this change, and can be made again.
    Undone(u64),
    /// It was undone by this change for good: it had not been confirmed.
    Dropped(u64),
    /// It undid another one.
    Undid(u64),
    /// It changed no table.
    Beside,
}

/// The changes of the history, as undo and redo see them.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    /// Those in force, the newest last.
    done: Vec<u64>,
    /// Those that can be made again, the one that was undone last at the end.
    undone: Vec<u64>,
    states: BTreeMap<u64, ChangeState>,
}

impl History {
    /// Reads the changes, oldest first.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn timeline(&self) -> Result<Timeline, EditError> {
        let mut timeline = Timeline::default();
        for number in self.numbers()? {
            let entry = self.entry(number)?;
            let is_open = |undone: u64| {
                self.entry(undone)
                    .is_ok_and(|entry| entry.provisional.is_some() && !self.is_confirmed(undone))
            };
            let is_final = entry.is_rollback || entry.undoes.is_some_and(is_open);
            timeline.add(&entry, is_final);
        }
        Ok(timeline)
    }
}

impl Timeline {
    /// The change that an undo undoes.
    pub fn last_done(&self) -> Option<u64> {
        self.done.last().copied()
    }

    /// The change that a redo makes again.
    pub fn last_undone(&self) -> Option<u64> {
        self.undone.last().copied()
    }

    /// What became of a change.
    pub fn state(&self, number: u64) -> Option<ChangeState> {
        self.states.get(&number).copied()
    }

    /// `is_final` says that what the entry undoes cannot be made again.
    fn add(&mut self, entry: &HistoryEntry, is_final: bool) {
        let number = entry.number;
        if !entry
            .sides()
            .into_iter()
            .any(crate::editor::Side::is_changed)
        {
            self.states.insert(number, ChangeState::Beside);
            return;
        }
        let Some(undone) = entry.undoes else {
            match entry.redoes {
                // From here on the new entry stands for the change.
                Some(redone) => self.undone.retain(|&is| is != redone),
                None => self.undone.clear(),
            }
            self.done.push(number);
            self.states.insert(number, ChangeState::Done);
            return;
        };
        if let Some(ChangeState::Undid(first)) = self.state(undone) {
            // Early versions made a change again by undoing its undo.
            self.undone.retain(|&is| is != first);
            self.done.push(number);
            self.states.insert(number, ChangeState::Done);
            return;
        }
        self.done.retain(|&is| is != undone);
        if !is_final {
            self.undone.push(undone);
        }
        let state = if is_final {
            ChangeState::Dropped
        } else {
            ChangeState::Undone
        };
        self.states.insert(undone, state(number));
        self.states.insert(number, ChangeState::Undid(undone));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::commit::entry::{Author, Side};
    use std::path::PathBuf;

    fn entry(number: u64, undoes: Option<u64>, redoes: Option<u64>) -> HistoryEntry {
        let side = |after: &str| Side {
            path: PathBuf::from("/t"),
            target: PathBuf::from("/t"),
            before: None,
            after: Some(after.to_owned()),
        };
        HistoryEntry {
            number,
            author: Author {
                time: 0,
                user: String::new(),
                command: Vec::new(),
            },
            allow: side("x"),
            deny: side("y"),
            provisional: None,
            undoes,
            is_rollback: false,
            redoes,
            companion: None,
        }
    }

    #[test]
    fn undo_goes_one_change_further_back_each_time() {
        let mut timeline = Timeline::default();
        for number in 1..=3 {
            timeline.add(&entry(number, None, None), false);
        }
        for (number, undoes) in [(4, 3), (5, 2)] {
            assert_eq!(timeline.last_done(), Some(undoes));
            timeline.add(&entry(number, Some(undoes), None), false);
        }
        assert_eq!(timeline.state(3), Some(ChangeState::Undone(4)));
        assert_eq!(timeline.last_undone(), Some(2));
        timeline.add(&entry(6, None, Some(2)), false);
        assert_eq!(
            (timeline.last_done(), timeline.last_undone()),
            (Some(6), Some(3))
        );
        timeline.add(&entry(7, Some(6), None), false);
        assert_eq!(
            (timeline.last_done(), timeline.last_undone()),
            (Some(1), Some(6))
        );
        // A new change is where redo ends.
        timeline.add(&entry(8, None, None), false);
        assert_eq!(
            (timeline.last_done(), timeline.last_undone()),
            (Some(8), None)
        );
    }

    #[test]
    fn what_was_rolled_back_is_neither_undone_nor_made_again() {
        let mut timeline = Timeline::default();
        timeline.add(&entry(1, None, None), false);
        timeline.add(&entry(2, None, None), false);
        timeline.add(&entry(3, Some(2), None), true);
        assert_eq!(timeline.state(2), Some(ChangeState::Dropped(3)));
        assert_eq!(
            (timeline.last_done(), timeline.last_undone()),
            (Some(1), None)
        );
    }
}
