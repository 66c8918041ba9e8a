//! A machine on which every command of `aclexec` ends in one way.

use super::surroundings::{Account, ListFile, Surroundings};
use crate::policy::Dialect;

/// A machine as it is, but for the commands of `aclexec`: none is run, and all end alike.
#[derive(Clone, Copy)]
pub struct AssumedCommands<'w> {
    world: &'w dyn Surroundings,
    ends: Option<bool>,
}

impl<'w> AssumedCommands<'w> {
    /// Takes the commands of `world` to succeed, to fail, or, for `None`, to end as nobody knows.
    pub fn new(world: &'w dyn Surroundings, ends: Option<bool>) -> Self {
        Self { world, ends }
    }
}

impl Surroundings for AssumedCommands<'_> {
    fn list_file(&self, path: &[u8]) -> ListFile {
        self.world.list_file(path)
    }
    fn in_netgroup(&self, group: &[u8], name: &[u8]) -> bool {
        self.world.in_netgroup(group, name)
    }
    fn netgroup(&self, group: &[u8]) -> Option<bool> {
        self.world.netgroup(group)
    }
    fn has_interface(&self, name: &[u8]) -> bool {
        self.world.has_interface(name)
    }
    fn has_account(&self, account: Account, name: &[u8]) -> bool {
        self.world.has_account(account, name)
    }
    fn aclexec(&self, _command: &[u8]) -> Option<bool> {
        self.ends
    }
    fn dialect(&self) -> &'static Dialect {
        self.world.dialect()
    }
}
