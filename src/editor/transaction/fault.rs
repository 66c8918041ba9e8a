//! Why a transaction came to nothing. Nothing is written then.

use crate::edit::ApplyError;
use crate::editor::change::worked_out::Refusal;
use crate::editor::commit::error::EditError;
use crate::editor::transaction::guard::Lockout;
use crate::editor::trial::effect::Part;

/// Why a transaction came to nothing; `E` is what the guard fails with.
#[derive(Debug)]
pub enum TransactionFault<E> {
    /// The files could not be read or written.
    Disk(EditError),
    /// The change cannot be made, or does not do what was asked for.
    Refused(Refusal),
    /// Somebody who must still get in could not.
    LockedOut(Box<Lockout>),
    /// Somebody gains or loses access of whom nothing was asked.
    Unasked {
        /// Who, and what.
        others: Vec<Part>,
        /// What the operator can do.
        recourse: Recourse,
    },
    /// The time to confirm it was over before it could be written.
    Overdue,
    /// The edits do not fit the table: a defect.
    Misplanned(ApplyError),
    /// The large tables could not be looked at again as they are planned: a defect.
    Unreadable,
    /// The guard cannot say who must still get in, or nobody hears what it reports.
    Guard(E),
}

impl<E> From<EditError> for TransactionFault<E> {
    fn from(error: EditError) -> Self {
        Self::Disk(error)
    }
}

impl<E> From<Refusal> for TransactionFault<E> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<E> From<ApplyError> for TransactionFault<E> {
    fn from(error: ApplyError) -> Self {
        Self::Misplanned(error)
    }
}

/// What the operator can do where a change reaches others than those it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recourse {
    /// Repeat the command with `--force`.
    Force,
    /// Make the change by hand: the command has no `--force`.
    ByHand,
    /// Refuse everybody first: an alert is for clients that are refused.
    DenyFirst,
}
