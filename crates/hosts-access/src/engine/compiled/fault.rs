//! Why a compiled table cannot answer.

use std::io;
use thiserror::Error;

/// Why a compiled table cannot answer. Whoever meets one reads the table itself: none of them means
/// that no rule matches.
#[derive(Debug, Error)]
pub enum CompiledFault {
    /// The bytes begin otherwise.
    #[error("it is not a compiled table")]
    NotATable,
    /// It is one of another version of the format, or of the patterns of another library.
    #[error("it is a compiled table of another version of tcpw")]
    Version,
    /// It is longer or shorter than its header says.
    #[error("it has {0} bytes, and its header says otherwise: it was cut or something was added")]
    Length(u64),
    /// A block has another checksum.
    #[error("it is damaged: block {0} does not have its checksum")]
    Checksum(u64),
    /// It says what no compiled table says, or what is not so of its table.
    #[error("it is damaged: {0}")]
    Content(&'static str),
    /// So many lines may match that reading the table is as fast.
    #[error("more lines may match than are worth looking up one by one")]
    TooMany,
    /// The table cannot be read, as the system says.
    #[error("the table cannot be read: {0}")]
    Read(#[from] io::Error),
}
