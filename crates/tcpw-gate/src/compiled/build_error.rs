//! Why a table is not compiled.

use std::io;
use std::path::PathBuf;
use tcpw_event::trust::Distrust;
use thiserror::Error;

/// Why a table is not compiled. The table is as it was, and so is what was compiled before.
#[derive(Debug, Error)]
pub enum BuildError {
    /// There is no such table.
    #[error("there is no such table")]
    NoTable,
    /// The table cannot be read.
    #[error("the table cannot be read: {0}")]
    Table(#[source] io::Error),
    /// Its path is too long to be the name of a file, or it has more patterns than can be counted.
    #[error("it is too large: {0}")]
    TooLarge(&'static str),
    /// The table is written all the time.
    #[error("the table was changed again and again meanwhile")]
    Restless,
    /// The table was changed after the present time, as its file system has it.
    #[error(
        "the table was changed in the future: the clock of this machine or of its file system is wrong"
    )]
    Future,
    /// Others can change the directory.
    #[error("{0}")]
    Distrusted(#[from] Distrust),
    /// A file cannot be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}
