//! The databases and sets that are open: each is opened once, however many addresses are asked about.

use crate::database::Database;
use crate::set::{Set, SetFault};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tcpw_event::in_root::place_below;

/// The databases and sets that are open, or why they could not be opened.
#[derive(Debug, Default)]
pub struct Sources {
    root: Option<PathBuf>,
    databases: BTreeMap<PathBuf, Result<Database, String>>,
    sets: BTreeMap<PathBuf, Result<Set, SetFault>>,
}

impl Sources {
    /// No open files yet; paths are those of the machine below `root`.
    pub fn new(root: Option<&Path>) -> Self {
        Self {
            root: root.map(Path::to_owned),
            ..Self::default()
        }
    }

    /// From now on the set at `path` is the one with these bytes, whatever is there: one that is not
    /// written yet.
    pub fn hold(&mut self, path: &Path, bytes: impl FnOnce() -> Vec<u8>) {
        let entry = self.sets.entry(path.to_owned());
        entry.or_insert_with(|| Set::of_bytes(bytes()));
    }

    /// The database at `path`.
    pub(crate) fn database(&mut self, path: &Path) -> Result<&Database, String> {
        let root = self.root.as_deref();
        let entry = self.databases.entry(path.to_owned());
        let found = entry.or_insert_with(|| {
            let place = place_below(root, path).map_err(|error| error.to_string())?;
            Database::open(&place, path)
        });
        found.as_ref().map_err(Clone::clone)
    }

    /// The set at `path`.
    pub(crate) fn set(&mut self, path: &Path) -> Result<&Set, SetFault> {
        let root = self.root.as_deref();
        let entry = self.sets.entry(path.to_owned());
        let found = entry.or_insert_with(|| {
            let place =
                place_below(root, path).map_err(|error| SetFault::Read(error.to_string()))?;
            Set::open(&place)
        });
        found.as_ref().map_err(Clone::clone)
    }
}
