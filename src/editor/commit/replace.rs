//! Replacing a table: a temporary file in the same directory, synced, renamed over the old one.

use crate::editor::commit::error::EditError;
use crate::editor::commit::table::TableFile;
use std::ffi::OsString;
use std::fs::{File, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use xattr::FileExt as _;

/// The mode of a table that did not exist: daemons read it as any user.
const FRESH_MODE: u32 = 0o644;

/// The new content of a table, on disk beside it and with its owner, mode and attributes.
#[derive(Debug)]
pub(crate) struct Staged<'t> {
    table: &'t TableFile,
    bytes: &'t [u8],
    file: NamedTempFile,
}

impl<'t> Staged<'t> {
    /// Writes `bytes` beside `table`; nothing is left of it if it is dropped.
    pub(crate) fn write(table: &'t TableFile, bytes: &'t [u8]) -> Result<Self, EditError> {
        let directory = directory(table);
        let step = "create a temporary file in";
        remove_leftover(table);
        let mut file = tempfile::Builder::new()
            .prefix(&beside(table))
            .rand_bytes(0)
            .tempfile_in(directory)
            .map_err(|error| EditError::at(step, directory)(unwrapped(error)))?;
        let path = table.path();
        file.write_all(bytes)
            .map_err(|error| EditError::at("write the new content of", path)(unwrapped(error)))?;
        if table.exists() {
            keep_attributes(table, file.as_file())?;
        } else {
            file.as_file()
                .set_permissions(Permissions::from_mode(FRESH_MODE))
                .map_err(EditError::at("set the mode of", path))?;
        }
        file.as_file()
            .sync_all()
            .map_err(EditError::at("sync the new content of", path))?;
        Ok(Self { table, bytes, file })
    }

    /// The table it is for.
    pub(crate) fn table(&self) -> &'t TableFile {
        self.table
    }

    /// The new content.
    pub(crate) fn bytes(&self) -> &'t [u8] {
        self.bytes
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Puts it in the place of a table that does not exist.
    pub(crate) fn create(self) -> Result<(), EditError> {
        match self.file.persist_noclobber(self.table.target()) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                Err(EditError::ChangedMeanwhile(self.table.path().to_owned()))
            }
            Err(error) => Err(EditError::at("create", self.table.path())(error.error)),
        }
    }

    /// Renames it over the table, whatever that is now.
    pub(crate) fn persist(self) -> Result<(), EditError> {
        self.file
            .persist(self.table.target())
            .map_err(|error| EditError::at("replace", self.table.path())(error.error))?;
        Ok(())
    }

    /// Makes a rename last.
    pub(crate) fn sync_directory(table: &TableFile) -> Result<(), EditError> {
        let directory = directory(table);
        File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(EditError::at("sync the directory", directory))
    }
}

/// Removes the new content that a tcpw left which was cut short. Only under the table's lock.
pub(crate) fn remove_leftover(table: &TableFile) {
    // If it cannot be removed, creating it will say why.
    drop(std::fs::remove_file(leftover(table)));
}

/// What a tcpw that was cut short may have left beside the table: its new content, or the old one
/// that was replaced.
pub(crate) fn leftover(table: &TableFile) -> PathBuf {
    directory(table).join(beside(table))
}

/// The name of the new content: always the same, so that what is left over is known.
fn beside(table: &TableFile) -> OsString {
    let mut name = OsString::from(".");
    name.push(table.target().file_name().unwrap_or_default());
    name.push(".tcpw.new");
    name
}

/// Takes away a table that was created by a change whose second half failed.
pub(crate) fn remove(table: &TableFile) -> Result<(), EditError> {
    std::fs::remove_file(table.target()).map_err(EditError::at("remove", table.path()))
}

fn directory(table: &TableFile) -> &Path {
    table.target().parent().unwrap_or(Path::new("/"))
}

/// The system's own error: the temporary file's name says nothing to anybody.
fn unwrapped(error: std::io::Error) -> std::io::Error {
    use std::error::Error as _;
    let code = error
        .source()
        .and_then(|source| source.downcast_ref::<std::io::Error>())
        .and_then(std::io::Error::raw_os_error);
    match code.or(error.raw_os_error()) {
        Some(code) => std::io::Error::from_raw_os_error(code),
        None => error,
    }
}

/// Owner before mode, because a change of owner clears bits of the mode; then what
/// extended attributes hold: access lists and the `SELinux` label.
fn keep_attributes(table: &TableFile, file: &File) -> Result<(), EditError> {
    let path = table.path();
    let old = File::open(table.target()).map_err(EditError::at("read", path))?;
    let is = old.metadata().map_err(EditError::at("read", path))?;
    let has = file.metadata().map_err(EditError::at("read", path))?;
    if (is.uid(), is.gid()) != (has.uid(), has.gid()) {
        fchown(file, Some(is.uid()), Some(is.gid()))
            .map_err(EditError::at("keep the owner of", path))?;
    }
    file.set_permissions(Permissions::from_mode(is.mode() & 0o7777))
        .map_err(EditError::at("keep the mode of", path))?;
    let step = "keep the extended attributes of";
    let names: Vec<OsString> = match old.list_xattr() {
        Ok(names) => names.collect(),
        // A file system without attributes has none to keep.
        Err(error) if error.raw_os_error() == Some(nix::libc::EOPNOTSUPP) => Vec::new(),
        Err(error) => return Err(EditError::at(step, path)(error)),
    };
    for name in names {
        let value = old.get_xattr(&name).map_err(EditError::at(step, path))?;
        let there = file.get_xattr(&name).map_err(EditError::at(step, path))?;
        if let Some(value) = value
            && there.as_ref() != Some(&value)
        {
            file.set_xattr(&name, &value)
                .map_err(EditError::at(step, path))?;
        }
    }
    Ok(())
}
