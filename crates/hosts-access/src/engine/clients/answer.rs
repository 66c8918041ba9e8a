//! Yes, no, or nobody knows.

use std::ops::Not;

/// The answer to a question about sets of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Certainly so.
    Yes,
    /// Certainly not.
    No,
    /// It depends on the machine (list files, netgroups, interfaces), or on more clients than are
    /// looked at.
    Unknown,
}

impl Answer {
    /// Whether both are so.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
        }
    }

    /// Whether either is so.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        !(!self).and(!other)
    }

    /// Whether one of them is so.
    pub fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::No;
        for answer in answers {
            all = all.or(answer);
            if all == Self::Yes {
                break;
            }
        }
        all
    }
}

impl Not for Answer {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Answer {
    fn from(is_so: bool) -> Self {
        if is_so { Self::Yes } else { Self::No }
    }
}
