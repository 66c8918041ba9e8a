//! The files of this machine, or of the one below `--root`, as the linter sees them.

use super::daemons::{daemons, whom_it_binds};
use super::gate::{Gates, programs};
use super::other_names::other_names;
use crate::cli::base::Paths;
use crate::doctor::Diagnosis;
use crate::lint::{FileKind, GateData, Look, MachineFiles, OtherNames};
use crate::system::read_regular;
use std::cell::OnceCell;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use tcpw_gate::Call;

/// The largest script that is read, in bytes.
const SCRIPT_BYTES: u64 = 64 * 1024;
/// The sticky bit: others cannot replace files in the directory.
const STICKY: u32 = 0o1000;
const WRITE_BY_OTHERS: u32 = 0o022;
const PASS_BY_OTHERS: u32 = 0o001;

/// Looks at files.
#[derive(Debug)]
pub(crate) struct Disk {
    paths: Paths,
    /// Who is root there: below `--root`, whoever owns that directory.
    root: u32,
    gates: Gates,
    /// Whether names are looked up.
    asks_names: bool,
    /// What waits for clients, once somebody had to know.
    running: OnceCell<Vec<Diagnosis>>,
}

impl Disk {
    pub(crate) fn new(paths: &Paths) -> Self {
        let root = paths
            .root
            .as_ref()
            .and_then(|root| std::fs::metadata(root).ok());
        Self {
            paths: paths.clone(),
            root: root.map_or(0, |metadata| metadata.uid()),
            gates: Gates::new(paths),
            asks_names: false,
            running: OnceCell::new(),
        }
    }

    /// The same, and names are looked up if they shall be.
    pub(crate) fn asking_names(self, asks_names: bool) -> Self {
        Self { asks_names, ..self }
    }

    fn real(&self, path: &[u8]) -> PathBuf {
        let path = Path::new(OsStr::from_bytes(path));
        if self.is_outside(path) {
            return path.to_owned();
        }
        self.paths.inside(path)
    }

    /// Whether a path was given by an option, and is taken as it is.
    fn is_outside(&self, path: &Path) -> bool {
        let tables = self.paths.entries();
        path == self.paths.allow
            || path == self.paths.deny
            || tables.iter().any(|table| table == path)
    }

    fn is_weak(&self, metadata: &Metadata) -> bool {
        let is_open = metadata.mode() & WRITE_BY_OTHERS != 0 && metadata.mode() & STICKY == 0;
        metadata.uid() != self.root || is_open
    }

    /// The first directory above `path` of which `is_so` holds, from the top.
    fn parent(&self, path: &Path, is_so: impl Fn(&Metadata) -> bool) -> Option<Vec<u8>> {
        let top = self.paths.root.as_deref().unwrap_or(Path::new("/"));
        let parents: Vec<&Path> = path
            .ancestors()
            .skip(1)
            .take_while(|parent| parent.starts_with(top) && !parent.as_os_str().is_empty())
            .collect();
        let mut downwards = parents.into_iter().rev();
        let found =
            downwards.find(|parent| std::fs::metadata(parent).is_ok_and(|found| is_so(&found)))?;
        Some(found.as_os_str().as_bytes().to_vec())
    }
}

impl MachineFiles for Disk {
    fn look(&self, path: &[u8]) -> Option<Look> {
        let real = self.real(path);
        let (kind, mode, owner) = match std::fs::metadata(&real) {
            Ok(metadata) => {
                let kind = if metadata.is_file() {
                    FileKind::File
                } else if metadata.is_dir() {
                    FileKind::Directory
                } else {
                    FileKind::Special
                };
                let owner = if metadata.uid() == self.root {
                    0
                } else {
                    metadata.uid().max(1)
                };
                (kind, metadata.mode() & 0o7777, owner)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_link = std::fs::symlink_metadata(&real).is_ok();
                let kind = if is_link {
                    FileKind::DanglingLink
                } else {
                    FileKind::Missing
                };
                (kind, 0, 0)
            }
            Err(_) => return None,
        };
        Some(Look {
            kind,
            mode,
            owner,
            weak_parent: self.parent(&real, |directory| self.is_weak(directory)),
            closed_parent: self.parent(&real, |directory| directory.mode() & PASS_BY_OTHERS == 0),
        })
    }

    fn program(&self, name: &[u8]) -> Option<Vec<u8>> {
        let mut places = programs(Path::new(OsStr::from_bytes(name))).into_iter();
        let found = places.find(|place| self.real(place.as_os_str().as_bytes()).is_file())?;
        Some(found.into_os_string().into_encoded_bytes())
    }

    fn text(&self, path: &[u8]) -> Option<Vec<u8>> {
        read_regular(&self.real(path), SCRIPT_BYTES).ok()
    }

    fn gate(&self, call: &Call) -> Option<GateData> {
        Some(self.gates.data(call))
    }

    fn why_nobody_asks(&self, daemon: &[u8]) -> Option<String> {
        let daemon = str::from_utf8(daemon).ok()?;
        let running = || self.running.get_or_init(|| daemons(&self.paths).answers);
        whom_it_binds(&self.paths, daemon, || running().clone())
    }

    fn asks_names(&self) -> bool {
        self.asks_names
    }

    fn other_names(&self, name: &[u8]) -> Option<OtherNames> {
        other_names(str::from_utf8(name).ok()?, &self.paths)
    }
}
