//! What the gate knows of this machine: databases, who is kept in, own addresses.

use crate::fault::Fault;
use crate::network::Network;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// What the gate knows of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The databases of countries, in the order in which they are asked.
    pub country: Vec<PathBuf>,
    /// The databases of networks and their owners, in the order in which they are asked.
    pub asn: Vec<PathBuf>,
    /// Who is kept in (`keep_in`).
    pub keep_in: Vec<Network>,
    /// Where this machine's own addresses are found.
    pub own: OwnAddresses,
    /// Why the configuration could not be read: what it would say is then not known.
    pub fault: Option<Fault>,
}

/// Where this machine's own addresses are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnAddresses {
    /// These are all.
    Listed(Vec<IpAddr>),
    /// In the files `fib_trie` and `if_inet6` of this directory, looked up when they matter.
    Kernel(PathBuf),
}

impl Default for OwnAddresses {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl Settings {
    /// The settings of this machine, or of the one whose files are below `root`.
    pub fn read(_root: Option<&Path>) -> Self {
        Self::default()
    }
}
