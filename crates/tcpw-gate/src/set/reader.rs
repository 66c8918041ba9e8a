//! Reading a compiled set: a question looks at a few blocks, each of which proves itself.

use crate::map::Map;
use crate::network::Network;
use crate::set::entry::{Entry, Family};
use crate::set::fault::SetFault;
use crate::set::header::SetHeader;
use crate::set::layout::{BLOCK, Layout, PAYLOAD, Part, checksum};
use crate::set::source::SetSource;
use chrono::{DateTime, Utc};
use std::net::IpAddr;
use std::path::Path;

/// What is wrong with a block whose entry has bits after its prefix, or too long a prefix.
pub(crate) const NOT_A_NETWORK: &str = "holds an entry that is not a network";

/// A compiled set.
#[derive(Debug)]
pub struct Set {
    bytes: Bytes,
    header: SetHeader,
    layout: Layout,
}

/// Where the bytes of a set are.
#[derive(Debug)]
enum Bytes {
    Mapped(Map),
    Owned(Vec<u8>),
}

/// The network of a set that an address is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The network.
    pub network: Network,
    /// The name of the list that it is from.
    pub source: String,
    /// Until when it counts; nothing for ever.
    pub until: Option<DateTime<Utc>>,
}

impl Set {
    /// Maps a set; of its blocks only the first one is looked at.
    ///
    /// # Errors
    /// When the file cannot be mapped, is not a set of this version, has another length than it says,
    /// or begins with a damaged block.
    pub fn open(path: &Path) -> Result<Self, SetFault> {
        let map = Map::open(path).map_err(|error| SetFault::Read(error.to_string()))?;
        Self::of(Bytes::Mapped(map))
    }

    /// A set that is in memory.
    ///
    /// # Errors
    /// As [`Set::open`].
    pub fn of_bytes(bytes: Vec<u8>) -> Result<Self, SetFault> {
        Self::of(Bytes::Owned(bytes))
    }

    fn of(bytes: Bytes) -> Result<Self, SetFault> {
        let all = bytes.all();
        SetHeader::check_kind(all)?;
        let length = u64::try_from(all.len()).unwrap_or(u64::MAX);
        let wrong_length = || SetFault::Length { has: length };
        let first = all.first_chunk::<BLOCK>().ok_or_else(wrong_length)?;
        let (header, layout) = SetHeader::read(verified(first, 0)?)?;
        let block = u64::try_from(BLOCK).unwrap_or(u64::MAX);
        if layout.blocks.checked_mul(block) != Some(length) {
            return Err(wrong_length());
        }
        Ok(Self {
            bytes,
            header,
            layout,
        })
    }

    /// What its first block says.
    pub fn header(&self) -> &SetHeader {
        &self.header
    }

    /// The lists it was built from.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn sources(&self) -> Result<Vec<SetSource>, SetFault> {
        let span = self.layout.sources;
        let length = usize::try_from(self.header.source_bytes).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        for number in span.start..span.start.saturating_add(span.blocks) {
            bytes.extend_from_slice(self.payload(number)?);
        }
        bytes.truncate(length);
        SetSource::read_all(&bytes, self.header.sources)
    }

    /// The smallest network that an address is in and that still counts at `now`; nothing if there is
    /// none.
    ///
    /// # Errors
    /// When a block that has to be looked at is damaged.
    pub fn find(&self, address: IpAddr, now: DateTime<Utc>) -> Result<Option<Found>, SetFault> {
        let (family, key) = Family::of(address);
        let part = self.layout.part(family);
        let Some(mut number) = self.last_not_after(part, key)? else {
            return Ok(None);
        };
        let mut entry = self.entry(part, number)?;
        loop {
            if entry.contains(family, key) && entry.counts(now.timestamp()) {
                return self.found(part, number, &entry).map(Some);
            }
            let Some(parent) = entry.parent else {
                return Ok(None);
            };
            let outer = self.parent(part, (number, &entry), parent)?;
            (number, entry) = (parent, outer);
        }
    }

    /// The part of a family.
    pub(crate) fn part(&self, family: Family) -> &Part {
        self.layout.part(family)
    }

    /// How many blocks the file has.
    pub(crate) fn blocks(&self) -> u64 {
        self.layout.blocks
    }

    /// A block without its checksum, which is right.
    pub(crate) fn payload(&self, number: u64) -> Result<&[u8], SetFault> {
        let missing = || SetFault::Content {
            block: number,
            what: "is not there",
        };
        let at = usize::try_from(number)
            .ok()
            .and_then(|at| at.checked_mul(BLOCK));
        let rest = at
            .and_then(|at| self.bytes.all().get(at..))
            .ok_or_else(missing)?;
        verified(rest.first_chunk().ok_or_else(missing)?, number)
    }

    /// The entry with this number.
    fn entry(&self, part: &Part, number: u64) -> Result<Entry, SetFault> {
        let of_leaf = part.family.entries_of_leaf();
        let block = leaf_of(part, number);
        let payload = self.payload(block)?;
        let at = usize::try_from(number % of_leaf).unwrap_or(usize::MAX);
        let bytes = payload.get(at.saturating_mul(part.family.entry_bytes())..);
        bytes
            .and_then(|bytes| Entry::read(part.family, bytes))
            .ok_or(SetFault::Content {
                block,
                what: NOT_A_NETWORK,
            })
    }

    /// The entry `parent`, if it can be the one that contains the entry `inner`.
    fn parent(
        &self,
        part: &Part,
        (number, inner): (u64, &Entry),
        parent: u64,
    ) -> Result<Entry, SetFault> {
        let wrong = || SetFault::Content {
            block: leaf_of(part, number),
            what: "holds an entry in a network that does not contain it",
        };
        if parent >= number {
            return Err(wrong());
        }
        let outer = self.entry(part, parent)?;
        let contains = outer.prefix < inner.prefix && outer.contains(part.family, inner.first);
        if contains { Ok(outer) } else { Err(wrong()) }
    }

    /// An entry as others see it.
    fn found(&self, part: &Part, number: u64, entry: &Entry) -> Result<Found, SetFault> {
        let wrong = |what| SetFault::Content {
            block: leaf_of(part, number),
            what,
        };
        let network = entry
            .network(part.family)
            .ok_or_else(|| wrong(NOT_A_NETWORK))?;
        let source = self.sources()?.into_iter().nth(usize::from(entry.source));
        let source = source.ok_or_else(|| wrong("names a source that is not there"))?;
        Ok(Found {
            network,
            source: source.name,
            until: entry.end().and_then(|end| DateTime::from_timestamp(end, 0)),
        })
    }

    /// The number of the last entry whose first address is not after `key`; nothing if there is none.
    fn last_not_after(&self, part: &Part, key: u128) -> Result<Option<u64>, SetFault> {
        let mut child = 0_u64;
        let mut is_top = true;
        for step in part.steps() {
            let block = step.span.start.saturating_add(child);
            let first = child.saturating_mul(step.records_of_block);
            let rest = step.records.saturating_sub(first);
            let there = rest.min(step.records_of_block);
            let payload = self.payload(block)?;
            let before = count_not_after(payload, step.record_bytes, there, part.family, key);
            match before.checked_sub(1) {
                Some(last) => child = first.saturating_add(last),
                None if is_top => return Ok(None),
                None => {
                    return Err(SetFault::Content {
                        block,
                        what: "begins otherwise than the index says",
                    });
                }
            }
            is_top = false;
        }
        Ok((part.count > 0).then_some(child))
    }
}

impl Bytes {
    fn all(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map.as_ref(),
            Self::Owned(bytes) => bytes,
        }
    }
}

/// The block that holds an entry.
pub(crate) fn leaf_of(part: &Part, number: u64) -> u64 {
    let leaf = number / part.family.entries_of_leaf();
    part.leaves.start.saturating_add(leaf)
}

/// A block without its checksum, if that is right.
fn verified(block: &[u8; BLOCK], number: u64) -> Result<&[u8], SetFault> {
    let damaged = || SetFault::Checksum(number);
    let (payload, sum) = block.split_last_chunk().ok_or_else(damaged)?;
    if payload.len() == PAYLOAD && u32::from_be_bytes(*sum) == checksum(payload, number) {
        Ok(payload)
    } else {
        Err(damaged())
    }
}

/// How many of `count` records of `size` bytes begin with an address that is not after `key`.
fn count_not_after(payload: &[u8], size: usize, count: u64, family: Family, key: u128) -> u64 {
    let is_not_after = |at: u64| {
        let at = usize::try_from(at).ok().and_then(|at| at.checked_mul(size));
        let bytes = at.and_then(|at| payload.get(at..));
        let number = bytes.and_then(|bytes| family.read_number(bytes));
        number.is_some_and(|number| number <= key)
    };
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_not_after(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
