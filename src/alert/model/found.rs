//! An event as it was found in a drop directory.

use crate::alert::event::Event;
use std::path::PathBuf;

/// An event and the file it came in.
#[derive(Debug)]
pub struct Found {
    /// What the file says.
    pub event: Event,
    /// Its directory and its name, unique for ever: the journal knows it by that.
    pub key: String,
    /// Where it is.
    pub path: PathBuf,
}
