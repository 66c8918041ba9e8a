//! All networks of a compiled set, one after the other.

use crate::network::Network;
use crate::set::entry::{Entry, Family};
use crate::set::fault::SetFault;
use crate::set::layout::Part;
use crate::set::reader::{NOT_A_NETWORK, Set, leaf_of};
use chrono::{DateTime, Utc};

/// A network of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// The network.
    pub network: Network,
    /// The number of the list that it is from, among [`Set::sources`].
    pub source: u16,
    /// Until when it counts, in seconds since 1970; nothing for ever.
    pub until: Option<i64>,
}

impl Set {
    /// All networks, those of IPv4 first, each family in the order of addresses, a network before
    /// those that it contains. What no longer counts is there too. After a fault there is nothing
    /// more of its family.
    pub fn listed(&self) -> impl Iterator<Item = Result<Listed, SetFault>> {
        let families = [Family::V4, Family::V6].into_iter();
        families.flat_map(|family| {
            let part = self.part(family);
            Entries::new(self, part).map(move |next| {
                let (number, entry) = next?;
                let network = entry.network(family).ok_or(SetFault::Content {
                    block: leaf_of(part, number),
                    what: NOT_A_NETWORK,
                })?;
                Ok(Listed {
                    network,
                    source: entry.source,
                    until: entry.end(),
                })
            })
        })
    }

    /// All networks that still count at `now`, in their order; one may contain the next.
    ///
    /// # Errors
    /// When a block is damaged.
    pub fn networks(&self, now: DateTime<Utc>) -> Result<Vec<Network>, SetFault> {
        let now = now.timestamp();
        let all = [Family::V4, Family::V6].map(|family| self.part(family).count);
        let all = all.into_iter().fold(0, u64::saturating_add);
        let mut found = Vec::with_capacity(usize::try_from(all).unwrap_or_default());
        for listed in self.listed() {
            let listed = listed?;
            if listed.until.is_none_or(|until| now < until) {
                found.push(listed.network);
            }
        }
        Ok(found)
    }
}

/// The entries of one family with their numbers: each block is looked at once.
#[derive(Debug, Clone)]
pub(crate) struct Entries<'s> {
    set: &'s Set,
    part: &'s Part,
    next: u64,
    /// What is left of the leaf that is read.
    rest: &'s [u8],
}

impl<'s> Entries<'s> {
    /// Those of a part of this set.
    pub(crate) fn new(set: &'s Set, part: &'s Part) -> Self {
        Self {
            set,
            part,
            next: 0,
            rest: &[],
        }
    }

    fn end(&mut self) {
        self.next = self.part.count;
    }

    fn read(&mut self) -> Result<Entry, SetFault> {
        let of_leaf = self.part.family.entries_of_leaf();
        let block = self.part.leaves.start.saturating_add(self.next / of_leaf);
        if self.next.is_multiple_of(of_leaf) {
            self.rest = self.set.payload(block)?;
        }
        let entry = Entry::read(self.part.family, self.rest);
        let rest = self.rest.get(self.part.family.entry_bytes()..);
        self.rest = rest.unwrap_or_default();
        entry.ok_or(SetFault::Content {
            block,
            what: NOT_A_NETWORK,
        })
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<(u64, Entry), SetFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.part.count {
            return None;
        }
        let number = self.next;
        let entry = self.read();
        if entry.is_err() {
            self.end();
        } else {
            self.next = self.next.saturating_add(1);
        }
        Some(entry.map(|entry| (number, entry)))
    }
}
