//! For how long events are collected at a time, and what is put off until after the messages.

use crate::alert::inbox::directory::DropDirectory;
use std::rc::Rc;
use std::time::Duration;

/// For how long events are collected before anything else is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Haste {
    /// Once through all, for somebody who waits for it.
    Whole,
    /// Until something of root's was found, or some time has passed.
    Round,
    /// A slice, while something else goes on.
    Slice,
}

impl Haste {
    /// After how long it ends.
    pub(crate) fn most(self) -> Duration {
        match self {
            Self::Whole => Duration::from_secs(10),
            Self::Round => Duration::from_millis(500),
            Self::Slice => Duration::ZERO,
        }
    }

    /// A slice takes all of root's that a round would.
    pub(crate) fn of_root(self) -> Self {
        match self {
            Self::Whole => Self::Whole,
            Self::Round | Self::Slice => Self::Round,
        }
    }
}

/// Files that were deleted: their names may be forgotten when no power cut can bring them back.
#[derive(Debug, Default)]
pub(crate) struct Gone {
    /// The journal knows them by these.
    pub(crate) keys: Vec<String>,
    /// Where they were.
    pub(crate) directories: Vec<Rc<DropDirectory>>,
}
