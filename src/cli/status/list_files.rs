//! The machine as verdicts see it, with a note of each list file that is there and may not be read:
//! whoever takes it for an empty one says something untrue.

use crate::cli::base::Paths;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::engine::{Account, Admitted, ListFile, Surroundings};
use crate::policy::Dialect;
use crate::system::open_regular;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The machine, and what of it could not be read.
pub(super) struct WatchedMachine {
    machine: Machine,
    paths: Paths,
    unread: RefCell<BTreeMap<PathBuf, io::Error>>,
}

impl WatchedMachine {
    /// This machine; no command is run on it.
    pub(super) fn new(paths: &Paths) -> Self {
        Self {
            machine: Machine::new(paths, Aclexec::Ask),
            paths: paths.clone(),
            unread: RefCell::default(),
        }
    }

    /// The list files that could not be read so far, and why.
    pub(super) fn take_unread(&self) -> BTreeMap<PathBuf, io::Error> {
        self.unread.take()
    }
}

impl Surroundings for WatchedMachine {
    fn list_file(&self, path: &[u8]) -> ListFile {
        let found = self.machine.list_file(path);
        if found == ListFile::Absent {
            let real = self.paths.inside(Path::new(OsStr::from_bytes(path)));
            // libwrap runs as root and would read it.
            if let Err(cause) = open_regular(&real)
                && cause.kind() == io::ErrorKind::PermissionDenied
            {
                self.unread.borrow_mut().insert(real, cause);
            }
        }
        found
    }

    fn in_netgroup(&self, group: &[u8], name: &[u8]) -> bool {
        self.machine.in_netgroup(group, name)
    }

    fn netgroup(&self, group: &[u8]) -> Option<bool> {
        self.machine.netgroup(group)
    }

    fn has_interface(&self, name: &[u8]) -> bool {
        self.machine.has_interface(name)
    }

    fn has_account(&self, account: Account, name: &[u8]) -> bool {
        self.machine.has_account(account, name)
    }

    fn aclexec(&self, command: &[u8]) -> Option<bool> {
        self.machine.aclexec(command)
    }

    fn aclexec_clients(&self, template: &[u8]) -> Option<Rc<Admitted>> {
        self.machine.aclexec_clients(template)
    }

    fn dialect(&self) -> &'static Dialect {
        self.machine.dialect()
    }
}
