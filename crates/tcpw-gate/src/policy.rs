//! What happens to a client of whom nothing certain can be said.

use std::fmt;

/// What an option says of clients that no condition decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// They are admitted.
    Allow,
    /// They are refused.
    #[default]
    Deny,
}

impl Policy {
    /// Whether it admits.
    pub fn admits(self) -> bool {
        self == Self::Allow
    }

    /// The policy that `word` names; nothing for any other word.
    pub(crate) fn of(word: &[u8]) -> Option<Self> {
        match word {
            b"allow" => Some(Self::Allow),
            b"deny" => Some(Self::Deny),
            _ => None,
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        })
    }
}
