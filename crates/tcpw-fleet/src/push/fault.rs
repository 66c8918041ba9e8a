//! Why events could not be sent.

use crate::database::FleetError;
use std::path::PathBuf;
use tcpw::alert::JournalError;
use thiserror::Error;

/// What is in the way; the events stay in the journal.
#[derive(Debug, Error)]
pub enum PushError {
    /// The database.
    #[error(transparent)]
    Database(#[from] FleetError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The state of this program.
    #[error("cannot use the state {}: {cause}", .path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
    /// Somebody else goes on sending under this name.
    #[error(
        "another machine sends events as {0} at this moment; give each its own name with tcpw-fleet add-host"
    )]
    Contended(String),
    /// What the database answers is of no known kind.
    #[error("the database answers {0:?}, which this tcpw-fleet does not know")]
    Answer(String),
}

impl PushError {
    /// Whether the database or the way to it is at fault, which may pass.
    pub fn is_of_database(&self) -> bool {
        match self {
            Self::Database(_) | Self::Contended(_) | Self::Answer(_) => true,
            Self::Journal(_) | Self::State { .. } => false,
        }
    }
}
