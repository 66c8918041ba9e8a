//! The journal as the spool: opened again where it changes while it is read at rest.

use super::fault::PushError;
use std::path::{Path, PathBuf};
use tcpw::alert::{JournalError, JournalReader};

/// A journal that somebody begins to write is opened again so many times.
const OPENED: usize = 5;

/// The journal of this host.
pub(super) struct Spool {
    path: PathBuf,
    reader: Option<JournalReader>,
}

impl Spool {
    /// Opens it; one that is absent has nothing.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self, PushError> {
        Ok(Self {
            path: path.to_owned(),
            reader: JournalReader::open(path)?,
        })
    }

    /// What `read` gives; what `nothing` is where there is not a journal.
    ///
    /// # Errors
    /// When it cannot be read, or somebody begins to write it again and again.
    pub(super) fn read<T>(
        &mut self,
        nothing: T,
        read: impl Fn(&mut JournalReader) -> Result<T, JournalError>,
    ) -> Result<T, PushError> {
        let mut tries = 0;
        loop {
            let Some(reader) = &mut self.reader else {
                return Ok(nothing);
            };
            match read(reader) {
                Ok(found) => return Ok(found),
                Err(error) if tries == OPENED => return Err(error.into()),
                Err(_) => {
                    tries += 1;
                    self.reader = JournalReader::open(&self.path)?;
                }
            }
        }
    }
}
