//! The databases and sets that are open: each is opened once, however many addresses are asked about.

use std::path::{Path, PathBuf};

/// The databases and sets that are open.
#[derive(Debug, Default)]
pub struct Sources {
    root: Option<PathBuf>,
}

impl Sources {
    /// No open files yet; paths that a call names are those of the machine below `root`.
    pub fn new(root: Option<&Path>) -> Self {
        Self {
            root: root.map(Path::to_owned),
        }
    }

    /// The directory that paths are found below.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }
}
