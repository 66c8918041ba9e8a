//! Where tables are used: the machine, and the files there.

use super::words::quote;
use crate::engine::{Bare, Surroundings};
use tcpw_gate::Call;

/// Where tables are used.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// What verdicts depend on; the build of libwrap too.
    pub world: &'a dyn Surroundings,
    /// The files that the tables name.
    pub files: &'a dyn MachineFiles,
    /// The paths of the allow table and the deny table, if they are those of the machine.
    pub tables: [Option<&'a [u8]>; 2],
}

impl Site<'static> {
    /// Nowhere in particular: no files are looked at, and nothing is said about them.
    pub const NOWHERE: Self = Self {
        world: &Bare,
        files: &Bare,
        tables: [None, None],
    };
}

/// The files and daemons of the machine, as far as they matter to tables.
pub trait MachineFiles {
    /// What is at `path`; nothing if it is not to be looked at.
    fn look(&self, path: &[u8]) -> Option<Look>;
    /// A program of this name on the usual path of a daemon.
    fn program(&self, name: &[u8]) -> Option<Vec<u8>>;
    /// The bytes of a file, if it is no larger than a script.
    fn text(&self, path: &[u8]) -> Option<Vec<u8>>;
    /// What is here of what a call of the gate needs; nothing if it is not to be looked at.
    fn gate(&self, call: &Call) -> Option<GateData>;
    /// Why nobody asks libwrap as `daemon`, although a program of that name is here; nothing if
    /// somebody does, or nobody can tell.
    fn why_nobody_asks(&self, daemon: &[u8]) -> Option<String>;
    /// Whether names are to be looked up.
    fn asks_names(&self) -> bool {
        false
    }
    /// What the addresses of a host name are called, if that is known and none of them is called so.
    fn other_names(&self, _name: &[u8]) -> Option<OtherNames> {
        None
    }
}

/// A host name whose addresses are called otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherNames {
    /// One of its addresses.
    pub address: String,
    /// What they are called, as a sentence.
    pub why: String,
}

/// What a machine has of what a call of the gate needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GateData {
    /// What is missing or damaged, in words.
    pub broken: Option<String>,
    /// The databases that are old or do not say how old they are, and which of the two.
    pub stale: Vec<String>,
    /// Countries of the call in which no network is.
    pub nowhere: Vec<String>,
}

/// What is at a path, links followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// What it is.
    pub kind: FileKind,
    /// Its permission bits.
    pub mode: u32,
    /// The uid of its owner.
    pub owner: u32,
    /// The first directory on the way that others than root can change.
    pub weak_parent: Option<Vec<u8>>,
    /// The first directory on the way that others than its owner and group cannot pass.
    pub closed_parent: Option<Vec<u8>>,
}

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Nothing.
    Missing,
    /// A link to nothing.
    DanglingLink,
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A device, a pipe or a socket.
    Special,
}

impl Look {
    /// What keeps a user who is neither its owner nor in its group from using it: a mode without
    /// `bit`, or a directory that such a user cannot pass.
    pub fn obstacle(&self, path: &[u8], bit: u32) -> Option<String> {
        if let Some(directory) = &self.closed_parent {
            return Some(format!("the directory {} is closed", quote(directory)));
        }
        (self.mode & bit == 0).then(|| format!("{} has mode {:03o}", quote(path), self.mode))
    }

    /// Whether others than root can change it.
    pub fn is_weak(&self) -> bool {
        self.owner != 0 || self.mode & 0o022 != 0
    }
}

impl MachineFiles for Bare {
    fn look(&self, _path: &[u8]) -> Option<Look> {
        None
    }
    fn program(&self, _name: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn text(&self, _path: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn gate(&self, _call: &Call) -> Option<GateData> {
        None
    }
    fn why_nobody_asks(&self, _daemon: &[u8]) -> Option<String> {
        None
    }
}
