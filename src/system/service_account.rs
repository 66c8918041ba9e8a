//! The user and the group as which alerts are delivered.

use nix::unistd::{Group, User};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

/// The name of the user and of the group as which alerts are delivered.
pub const DELIVERY_USER: &str = "tcpw";
const GROUP_READS: u32 = 0o040;
const OTHERS_READ: u32 = 0o004;

/// A user and the group of the same name, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceAccount {
    /// The number of the user.
    pub uid: u32,
    /// The number of the group.
    pub gid: u32,
}

/// The user and the group of this name on this machine; nothing if one of them is missing, or if
/// the user is root by another name.
pub fn service_account(name: &str) -> Option<ServiceAccount> {
    let uid = User::from_name(name).ok()??.uid;
    let gid = Group::from_name(name).ok()??.gid;
    (!uid.is_root()).then(|| ServiceAccount {
        uid: uid.as_raw(),
        gid: gid.as_raw(),
    })
}

/// Whether a secret file can be read by others than its owner and those who deliver alerts: by
/// everybody, or by the members of another group than [`DELIVERY_USER`].
pub fn is_exposed(file: &Metadata) -> bool {
    let is_deliverers =
        || service_account(DELIVERY_USER).is_some_and(|found| found.gid == file.gid());
    file.mode() & OTHERS_READ != 0 || file.mode() & GROUP_READS != 0 && !is_deliverers()
}
