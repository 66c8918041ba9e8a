//! Why a compiled set cannot be used.

use thiserror::Error;

/// Why a compiled set cannot be used: a set with any of these is broken, and never "not in it".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SetFault {
    /// The file cannot be opened or mapped, as the system says.
    #[error("it cannot be read: {0}")]
    Read(String),
    /// The file begins otherwise than a set.
    #[error("it is not a compiled set")]
    NotASet,
    /// The file is a set of another version of the format.
    #[error("it is a compiled set of version {0}; this tcpw reads version 1")]
    Version(u32),
    /// The file is longer or shorter than its header says.
    #[error("it has {has} bytes, and its header says otherwise: it was cut or something was added")]
    Length {
        /// The bytes that it has.
        has: u64,
    },
    /// A block has another checksum.
    #[error("it is damaged: block {0} does not have its checksum")]
    Checksum(u64),
    /// A block has its checksum, and says what no set says.
    #[error("it is damaged: block {block} {what}")]
    Content {
        /// The number of the block.
        block: u64,
        /// What is wrong about it, as the end of a sentence.
        what: &'static str,
    },
}
