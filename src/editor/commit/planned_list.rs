//! Lists of clients that are written before the tables that name them.

use crate::editor::commit::digest::digest;
use crate::editor::commit::error::EditError;
use crate::editor::commit::replace::{Staged, remove};
use crate::editor::commit::table::{TableFile, resolve};
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The directory of lists, beside the tables.
pub const LISTS: &str = "tcpw.d";
/// How the names of lists of words end.
pub(crate) const LIST_END: &str = ".list";
/// How the names of compiled sets end.
pub(crate) const SET_END: &str = ".set";
/// As many hexadecimal digits of what is in a list are its name.
pub(crate) const DIGITS: usize = 20;
/// Daemons read lists as any user, and only the owner writes them.
const DIRECTORY_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o644;
/// What everybody must be able to do with the directory, and with a file.
const SEARCHED: u32 = 0o555;
const READ: u32 = 0o444;

/// Where lists of clients are put, if addresses go into such.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPlace {
    /// The directory as rules name it.
    pub named: String,
    /// Where that directory is.
    pub found: PathBuf,
}

impl ListPlace {
    /// A list with this content, of so many networks; `end` is how its name ends.
    pub(crate) fn list(&self, bytes: Vec<u8>, end: &str, networks: usize) -> PlannedList {
        let digest = digest(&bytes);
        let name = format!("{}{end}", digest.get(..DIGITS).unwrap_or(&digest));
        PlannedList {
            path: self.found.join(&name),
            name: format!("{}/{name}", self.named),
            networks,
            bytes,
        }
    }
}

/// A list file that a change needs. Its name says what is in it, so that no list ever changes: the
/// tables of the history find the lists that they name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedList {
    /// The path by which rules name it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// How many networks are in it.
    pub networks: usize,
    /// Its words, one a line, or the bytes of a compiled set.
    pub bytes: Vec<u8>,
}

impl PlannedList {
    /// The directory that the machine of its rules is below, if it is not this machine.
    pub(crate) fn root(&self) -> Option<&Path> {
        let path = self.path.to_str()?;
        let root = path.strip_suffix(self.name.as_str())?;
        (!root.is_empty()).then(|| Path::new(root))
    }

    /// Writes it, so that it outlasts a power cut; whether it was not there yet.
    fn write(&self) -> Result<bool, EditError> {
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        make_directory(directory)?;
        let file = TableFile::read(&self.path, resolve(&self.path)?)?;
        if !file.exists() {
            Staged::write(&file, &self.bytes)?.create()?;
            Staged::sync_directory(&file)?;
            return Ok(true);
        }
        if file.bytes() != self.bytes {
            let what = std::io::Error::other("it does not hold what its name says");
            return Err(EditError::at("use the list", &self.path)(what));
        }
        let at = |step| EditError::at(step, &self.path);
        let mode = fs::metadata(&self.path).map_err(at("read"))?.permissions();
        if mode.mode() & READ != READ {
            fs::set_permissions(&self.path, Permissions::from_mode(FILE_MODE))
                .map_err(at("set the mode of"))?;
        }
        Ok(false)
    }

    /// Removes it again, because the tables that would name it were not written.
    fn withdraw(&self) {
        // A list that no rule names does nothing, so one that stays does no harm.
        let file = resolve(&self.path).and_then(|target| TableFile::read(&self.path, target));
        drop(file.and_then(|file| remove(&file)));
    }
}

/// The lists that were not there before they were written.
#[derive(Debug, Default)]
pub(crate) struct WrittenLists<'l>(Vec<&'l PlannedList>);

impl<'l> WrittenLists<'l> {
    /// Writes all, or none.
    pub(crate) fn write(lists: &'l [PlannedList]) -> Result<Self, EditError> {
        let mut written = Self::default();
        for list in lists {
            match list.write() {
                Ok(true) => written.0.push(list),
                Ok(false) => {}
                Err(error) => return written.kept_for(Err(error)),
            }
        }
        Ok(written)
    }

    /// What came of the tables that name them: the lists stay if a table may name one.
    pub(crate) fn kept_for<T>(&self, tables: Result<T, EditError>) -> Result<T, EditError> {
        let may_be_named = |error: &EditError| matches!(error, EditError::HalfDone { .. });
        if tables.as_ref().is_err_and(|error| !may_be_named(error)) {
            self.0.iter().for_each(|list| list.withdraw());
        }
        tables
    }
}

/// Makes the directory of the lists; one that is there must be for everybody to read.
fn make_directory(path: &Path) -> Result<(), EditError> {
    let at = |step| EditError::at(step, path);
    match DirBuilder::new().mode(DIRECTORY_MODE).create(path) {
        Ok(()) => {
            // Whatever the umask is.
            fs::set_permissions(path, Permissions::from_mode(DIRECTORY_MODE))
                .map_err(at("set the mode of"))?;
            let parent = path.parent().unwrap_or(Path::new("/"));
            File::open(parent)
                .and_then(|parent| parent.sync_all())
                .map_err(EditError::at("sync the directory", parent))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let is = fs::metadata(path).map_err(at("read"))?;
            if !is.is_dir() {
                return Err(at("create the directory")(error));
            }
            if is.permissions().mode() & SEARCHED == SEARCHED {
                Ok(())
            } else {
                Err(EditError::NotForAll(path.to_owned()))
            }
        }
        Err(error) => Err(at("create the directory")(error)),
    }
}
