//! The front door: both tables read at once, asked, and compared.

use crate::engine::{
    Bare, Differences, Request, Surroundings, Table, Tables, Verdict, decide, differences,
};
use crate::syntax::{Tree, parse};

/// The two tables of a machine, `hosts.allow` and `hosts.deny`, read as Debian's libwrap reads them.
///
/// Reading never fails: what libwrap would not understand does in the verdict what it does there.
#[derive(Debug)]
pub struct AccessTables<'s> {
    allow: Tree<'s>,
    deny: Tree<'s>,
}

impl<'s> AccessTables<'s> {
    /// Reads the bytes of both files; an absent file is an empty one. Each may have at most 4 GiB.
    pub fn parse(allow: &'s [u8], deny: &'s [u8]) -> Self {
        Self {
            allow: parse(allow),
            deny: parse(deny),
        }
    }

    /// The tree of the allow table.
    pub fn allow(&self) -> &Tree<'s> {
        &self.allow
    }

    /// The tree of the deny table.
    pub fn deny(&self) -> &Tree<'s> {
        &self.deny
    }

    /// Both, as the functions of [`engine`](crate::engine) take them.
    pub fn tables(&self) -> Tables<'_> {
        Tables {
            allow: Table::Read(&self.allow),
            deny: Table::Read(&self.deny),
        }
    }

    /// What libwrap decides about `request` on a machine without list files, netgroups and accounts;
    /// [`decide`] takes any other machine. It reads every rule up to the one that matches.
    pub fn decide(&self, request: &Request) -> Verdict {
        self.decide_on(request, &Bare)
    }

    /// What libwrap decides about `request` on the machine that `world` stands for.
    pub fn decide_on(&self, request: &Request, world: &dyn Surroundings) -> Verdict {
        decide(&self.tables(), request, world)
    }

    /// Who gains or loses access when `new` takes the place of these tables: computed on sets of
    /// clients, not tried on some. What cannot be computed is said in the notes.
    pub fn differences(&self, new: &AccessTables<'_>) -> Differences {
        differences(&self.tables(), &new.tables(), &[], &Bare)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Access, Change, Host, HostName};

    #[test]
    fn two_tables_are_asked_and_compared() {
        let old = AccessTables::parse(b"sshd: 192.0.2.7\n", b"ALL: ALL\n");
        let request = |address| Request::new("sshd", Host::new(address, HostName::unknown()));
        assert_eq!(old.decide(&request("192.0.2.7")).access, Access::Granted);
        assert_eq!(old.decide(&request("192.0.2.8")).access, Access::Denied);
        let new = AccessTables::parse(b"sshd: 192.0.2.8\n", b"ALL: ALL\n");
        let mut changes: Vec<_> = old
            .differences(&new)
            .claims
            .into_iter()
            .map(|claim| (claim.example.address, claim.change))
            .collect();
        changes.sort();
        let expected = [("192.0.2.7", Change::Loses), ("192.0.2.8", Change::Gains)];
        assert_eq!(
            changes,
            expected.map(|(address, change)| (address.to_owned(), change))
        );
        assert!(old.differences(&old).claims.is_empty());
    }
}
