//! A file that is written together with the tables, in the same commit: the configuration.

use crate::editor::commit::digest::digest;
use crate::editor::commit::entry::Side;
use crate::editor::commit::error::EditError;
use crate::editor::commit::state::State;
use crate::editor::commit::table::{TableFile, resolve};
use std::path::PathBuf;

/// What the file held, and what it shall hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companion {
    /// Where it is.
    pub path: PathBuf,
    /// Its content when the change was worked out; none if there was no such file.
    pub before: Option<Vec<u8>>,
    /// Its new content.
    pub after: Vec<u8>,
}

impl Companion {
    /// Whether it is new or gets another content.
    pub fn is_changed(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }

    /// Reads the file again, which must still be what it was.
    pub(crate) fn open(&self) -> Result<TableFile, EditError> {
        let file = TableFile::read(&self.path, resolve(&self.path)?)?;
        let now = file.exists().then(|| file.bytes());
        if now == self.before.as_deref() {
            Ok(file)
        } else {
            Err(EditError::ChangedMeanwhile(self.path.clone()))
        }
    }

    /// What is about to be done to it, both contents kept: they are as secret there as here.
    pub(crate) fn keep(&self, file: &TableFile, state: &State) -> Result<Side, EditError> {
        let path = std::path::absolute(&self.path);
        let keep = |bytes: &Vec<u8>| -> Result<String, EditError> {
            let name = digest(bytes);
            state.keep(&name, bytes)?;
            Ok(name)
        };
        Ok(Side {
            path: path.map_err(EditError::at("find the absolute path of", &self.path))?,
            target: file.target().to_owned(),
            before: self.before.as_ref().map(keep).transpose()?,
            after: Some(keep(&self.after)?),
        })
    }
}
