//! Which column of a table holds the addresses.

use std::convert::Infallible;
use std::str::FromStr;

/// A column, as `--column` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Column {
    /// By its number, counted from 1.
    Number(usize),
    /// By its name in the first line.
    Name(String),
}

impl FromStr for Column {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let number = text.parse().ok().filter(|number| *number > 0);
        Ok(number.map_or_else(|| Self::Name(text.to_owned()), Self::Number))
    }
}
