//! Why a command could not do its work: what happened, and what to do about it.

use std::fmt::Display;
use std::io;

/// The failure of a command.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The reader of our output went away: a quiet end.
    ClosedPipe,
    /// Something that a person must hear.
    Told {
        /// What happened: file, step, cause.
        what: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

impl Failure {
    /// A failure without a remedy of its own; prefer [`Failure::hint`] after it.
    pub(crate) fn new(what: impl Display) -> Self {
        Self::Told {
            what: what.to_string(),
            hint: None,
        }
    }

    /// Adds the remedy.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Display) -> Self {
        match self {
            Self::ClosedPipe => self,
            Self::Told { what, .. } => Self::Told {
                what,
                hint: Some(hint.to_string()),
            },
        }
    }
}

impl From<io::Error> for Failure {
    /// Only for writing to standard output; everything else names its file and step.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ClosedPipe
        } else {
            Self::new(format_args!("cannot write to standard output: {error}"))
        }
    }
}
