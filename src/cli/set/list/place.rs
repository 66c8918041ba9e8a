//! Where in a list something stands.

use std::fmt;

/// Where in a list an entry stands, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// On this line.
    Line(u64),
    /// This element of an array.
    Element(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, ":{number}"),
            Self::Element(number) => write!(f, ": element {number}"),
        }
    }
}
