//! What a verdict depends on outside of the two tables.

use super::request::Open;
use crate::policy::{DEBIAN_12, Dialect};
use std::net::IpAddr;
use std::rc::Rc;

/// The machine, as far as libwrap asks it.
pub trait Surroundings {
    /// The content of a list file that a pattern names (F-FILE-01, F-FILE-07).
    fn list_file(&self, path: &[u8]) -> ListFile;
    /// Whether `name` is in the netgroup (F-NETGR-02).
    fn in_netgroup(&self, group: &[u8], name: &[u8]) -> bool;
    /// Whether the database of netgroups has this one (F-NETGR-01); `None` if nobody knows.
    fn netgroup(&self, _group: &[u8]) -> Option<bool> {
        None
    }
    /// Whether there is a network interface of this name (F-V6-09).
    fn has_interface(&self, name: &[u8]) -> bool;
    /// Whether there is such an account (F-OPT-13).
    fn has_account(&self, account: Account, name: &[u8]) -> bool;
    /// Whether the command of an `aclexec` succeeds; `None` if nobody knows.
    fn aclexec(&self, command: &[u8]) -> Option<bool>;
    /// Whom the command of an `aclexec` admits, as it stands in the rule, if it looks at the
    /// client's address and at nothing else about the client; `None` if that is not so, or if
    /// nobody knows. It agrees with [`Surroundings::aclexec`] about every address.
    fn aclexec_clients(&self, _template: &[u8]) -> Option<Rc<Admitted>> {
        None
    }
    /// What a request left open and a rule asks for; `None` if it cannot be found out here: then
    /// the verdict is undecided.
    fn find_out(&self, _open: Open) -> Option<Vec<u8>> {
        None
    }
    /// What was found out about it before.
    fn found(&self, _open: Open) -> Option<Vec<u8>> {
        None
    }
    /// A rule of a table that is not read as a whole is looked at next: the one whose number, as libwrap
    /// counts, is this.
    fn looking_at(&self, _number: u32) {}
    /// A letter after a `%` stands for nothing and vanishes (F-PCT-02).
    fn unknown_letter(&self, _letter: u8) {}
    /// Which build of the library it has.
    fn dialect(&self) -> &'static Dialect {
        &DEBIAN_12
    }
}

/// A list file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListFile {
    /// There is none, or it is something that libwrap cannot read either, such as a directory: no match.
    Absent,
    /// It is there and cannot be read here, for this reason; libwrap may read it, so nobody knows whom it
    /// matches.
    Unread(String),
    /// Its bytes.
    Read(Rc<Vec<u8>>),
}

/// The clients for whom a command of `aclexec` succeeds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Admitted {
    /// Their addresses from the first to the last of each range, both of one family; ranges may be
    /// in any order. IPv4 in IPv6 is IPv4.
    pub ranges: Vec<(IpAddr, IpAddr)>,
    /// Whether those whose address is not known are among them.
    pub unknown: bool,
}

/// A kind of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Account {
    /// A user.
    User,
    /// A group.
    Group,
}

/// A machine on which there is nothing: no list files, netgroups, interfaces or accounts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bare;

impl Surroundings for Bare {
    fn list_file(&self, _path: &[u8]) -> ListFile {
        ListFile::Absent
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
        None
    }
}
