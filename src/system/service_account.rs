//! The user and the group as which alerts are delivered.

use nix::unistd::{Group, User};

/// The name of the user and of the group as which alerts are delivered.
pub const DELIVERY_USER: &str = "tcpw";

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
