//! Reading the two tables from disk.

use super::Context;
use super::failure::Failure;
use crate::engine::{Table, Tables};
use crate::escape::visible;
use crate::syntax::{Tree, parse};
use std::io;
use std::path::{Path, PathBuf};

/// Offsets in a table are 32 bits wide.
const SIZE_LIMIT: u64 = 1 << 32;

/// The bytes of one table; none if there is no such file.
#[derive(Debug)]
pub(crate) struct TableFile {
    pub(crate) path: PathBuf,
    /// The path as it is shown.
    pub(crate) shown: String,
    pub(crate) bytes: Option<Vec<u8>>,
}

impl TableFile {
    /// A table that was read already.
    pub(crate) fn new(path: PathBuf, bytes: Option<Vec<u8>>) -> Self {
        let shown = visible(path.as_os_str().as_encoded_bytes());
        Self { path, shown, bytes }
    }

    /// Reads a table. An absent file is an empty table, as for libwrap.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = match read(path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(cannot_read(path, &error)),
        };
        Ok(Self::new(path.to_owned(), bytes))
    }

    fn table<'t>(&self, tree: &'t Tree<'t>) -> Table<'t> {
        if self.bytes.is_some() {
            Table::Read(tree)
        } else {
            Table::Absent
        }
    }

    /// Its bytes; none for an absent file.
    pub(crate) fn source(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or_default()
    }
}

/// Both tables.
#[derive(Debug)]
pub(crate) struct TableFiles {
    pub(crate) allow: TableFile,
    pub(crate) deny: TableFile,
}

impl TableFiles {
    /// Reads both tables and says which is missing.
    pub(crate) fn read(context: &mut Context) -> Result<Self, Failure> {
        let allow = TableFile::read(&context.paths.allow)?;
        let deny = TableFile::read(&context.paths.deny)?;
        for table in [&allow, &deny] {
            if table.bytes.is_none() {
                let path = table.path.display();
                context
                    .out
                    .note(&format!("{path} does not exist: taken as an empty table"))?;
            }
        }
        Ok(Self { allow, deny })
    }

    /// The two tables for the engine, from their trees.
    pub(crate) fn tables<'t>(&self, allow: &'t Tree<'t>, deny: &'t Tree<'t>) -> Tables<'t> {
        Tables {
            allow: self.allow.table(allow),
            deny: self.deny.table(deny),
        }
    }

    /// Parses both tables and calls `then` with them: the trees borrow the bytes.
    pub(crate) fn parsed<T>(&self, then: impl FnOnce(&Tables<'_>) -> T) -> T {
        let (allow, deny) = (parse(self.allow.source()), parse(self.deny.source()));
        then(&self.tables(&allow, &deny))
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if metadata.len() >= SIZE_LIMIT {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    std::fs::read(path)
}

fn cannot_read(path: &Path, error: &io::Error) -> Failure {
    let hint = if error.kind() == io::ErrorKind::IsADirectory {
        "libwrap takes a directory for an empty table; put a file in its place"
    } else if error.kind() == io::ErrorKind::FileTooLarge {
        "tables of 4 GiB and more are not supported"
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        "run it as root, or name other tables with --allow-file and --deny-file"
    } else {
        "check the path, or name other tables with --allow-file and --deny-file"
    };
    Failure::new(format_args!(
        "cannot read the table {}: {error}",
        path.display()
    ))
    .hint(hint)
}
