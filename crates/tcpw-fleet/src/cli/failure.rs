//! Why a command could not do its work.

use crate::database::FleetError;
use std::io;

/// The failure of a command.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The reader of the output went away: a quiet end.
    ClosedPipe,
    /// The database could not be reached, or did not take the events: a later try may do better.
    NotSent(String),
    /// Something that a person must hear.
    Told(String),
}

impl From<FleetError> for Failure {
    fn from(error: FleetError) -> Self {
        Self::Told(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ClosedPipe
        } else {
            Self::Told(format!("cannot write the output: {error}"))
        }
    }
}
