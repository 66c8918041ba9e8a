//! How much a comparison may take: tables can be written for which it takes the cube of their rules.

use std::cell::Cell;

/// What is left of it, in steps: patterns that are looked at for a kind of clients.
#[derive(Debug)]
pub(super) struct Budget {
    left: Cell<u64>,
}

impl Budget {
    pub(super) fn new(steps: u64) -> Self {
        Self {
            left: Cell::new(steps),
        }
    }

    /// As many steps as it takes.
    pub(super) fn unlimited() -> Self {
        Self::new(u64::MAX)
    }

    /// Takes so many steps.
    pub(super) fn take(&self, steps: usize) {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        if self.left.get() != u64::MAX {
            self.left.set(self.left.get().saturating_sub(steps));
        }
    }

    /// Whether nothing is left.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }
}
