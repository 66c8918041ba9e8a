//! The accounts of this machine.

use nix::unistd::{Group, User, geteuid};

/// Whether the machine knows a user of this name, from whatever source it is configured to ask.
pub fn has_user(name: &str) -> bool {
    matches!(User::from_name(name), Ok(Some(_)))
}

/// Whether the machine knows a group of this name.
pub fn has_group(name: &str) -> bool {
    matches!(Group::from_name(name), Ok(Some(_)))
}

/// The user with whose rights this process runs.
pub fn own_uid() -> u32 {
    geteuid().as_raw()
}

/// Whether this process has root's rights.
pub fn is_root() -> bool {
    geteuid().is_root()
}
