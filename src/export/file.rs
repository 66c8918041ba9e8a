//! A file of an export that has several.

/// One of the files, by its path below the folder that the program reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedFile {
    /// The path, of plain characters only: `policies/tcpw.xml`.
    pub path: String,
    /// What is in it.
    pub text: String,
}
