//! A machine for the linter: the real list files or none, and commands that all end in one way.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use tcpw::engine::{Account, ListFile, Surroundings};
use tcpw::policy::{DEBIAN_12, Dialect};

pub(super) struct World {
    dialect: &'static Dialect,
    has_files: bool,
    aclexec: Option<bool>,
}

impl World {
    /// The real files, commands that nobody knows the end of, and a build of the library.
    pub(super) const fn of(dialect: &'static Dialect) -> Self {
        Self {
            dialect,
            has_files: true,
            aclexec: None,
        }
    }

    /// No files, and every `aclexec` ends the same way.
    pub(super) const fn where_commands(succeed: bool) -> Self {
        Self {
            dialect: &DEBIAN_12,
            has_files: false,
            aclexec: Some(succeed),
        }
    }
}

impl Surroundings for World {
    fn list_file(&self, path: &[u8]) -> ListFile {
        if !self.has_files {
            return ListFile::Absent;
        }
        std::fs::read(OsStr::from_bytes(path))
            .map_or(ListFile::Absent, |bytes| ListFile::Read(bytes.into()))
    }
    fn in_netgroup(&self, _group: &[u8], _name: &[u8]) -> bool {
        false
    }
    fn has_interface(&self, _name: &[u8]) -> bool {
        false
    }
    fn has_account(&self, _account: Account, _name: &[u8]) -> bool {
        false
    }
    fn aclexec(&self, _command: &[u8]) -> Option<bool> {
        self.aclexec
    }
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }
}
