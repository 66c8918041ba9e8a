//! The accounts of this machine.

use nix::unistd::{Group, User, geteuid};
use std::path::Path;
use tcpw_event::regular::read_regular;

/// The groups of this machine.
const GROUPS: &str = "/etc/group";
/// No such file is larger.
const MOST_BYTES: u64 = 16 << 20;

/// Whether the machine knows a user of this name, from whatever source it is configured to ask.
pub fn has_user(name: &str) -> bool {
    matches!(User::from_name(name), Ok(Some(_)))
}

/// Whether the machine knows a group of this name.
pub fn has_group(name: &str) -> bool {
    matches!(Group::from_name(name), Ok(Some(_)))
}

/// The number of a group of this machine, or of the system whose groups are in the file `groups`;
/// nothing if there is no such group.
pub fn group_number(name: &str, groups: &Path) -> Option<u32> {
    if groups == Path::new(GROUPS) {
        return Some(Group::from_name(name).ok()??.gid.as_raw());
    }
    let bytes = read_regular(groups, MOST_BYTES).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split(':').nth(1)?.parse().ok()
}

/// The user with whose rights this process runs.
pub fn own_uid() -> u32 {
    geteuid().as_raw()
}

/// Whether this process has root's rights.
pub fn is_root() -> bool {
    geteuid().is_root()
}
