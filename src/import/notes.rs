//! What there is to say about places of a source.

use std::fmt;

/// Where in a file something stands, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourcePlace {
    /// The file as a whole.
    Whole,
    /// This line.
    Line(u64),
    /// This element of a set or row of a database.
    Element(u64),
    /// The rule with this handle.
    Handle(u64),
}

impl fmt::Display for SourcePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Line(number) => write!(f, ":{number}"),
            Self::Element(number) => write!(f, ": element {number}"),
            Self::Handle(number) => write!(f, ": rule with handle {number}"),
        }
    }
}

/// Lines about places, of which the first ones are kept and all are counted.
#[derive(Debug, Default)]
pub struct Notes {
    lines: Vec<String>,
    count: u64,
    most: usize,
}

impl Notes {
    /// Keeps at most so many.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }

    /// Takes what is to be said about a place.
    pub(crate) fn add(&mut self, file: &str, place: &SourcePlace, what: &str) {
        self.count += 1;
        if self.lines.len() < self.most {
            self.lines.push(format!("{file}{place}: {what}"));
        }
    }

    /// The first ones.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }
}
