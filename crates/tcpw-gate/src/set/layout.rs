//! The format of a compiled set, byte by byte, and where in the file everything stands.
//!
//! All numbers are unsigned and stand with their most significant byte first. The file is a row of
//! blocks of 4096 bytes, counted from 0. The last four bytes of a block are the CRC-32 (that of
//! zlib) of the 4092 bytes before them, followed by the number of the block in eight bytes: a block
//! that is damaged or stands elsewhere is noticed. What a block does not need of its 4092 bytes is 0.
//!
//! | blocks | what |
//! |---|---|
//! | 1 | the header |
//! | as many as they need | the sources |
//! | `n` by 255 | the leaves of IPv4, then its index |
//! | `n` by 146 | the leaves of IPv6, then its index |
//!
//! No place is written down: where each part begins follows from the counts in the header.
//!
//! **The header.**
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 12 | `tcpw-set` and the bytes 13, 10, 26, 10 |
//! | 12 | 4 | the version, 1 |
//! | 16 | 8 | when it was built, in seconds since 1970 |
//! | 24 | 8 | the blocks of the file |
//! | 32 | 8 | the networks of IPv4 |
//! | 40 | 8 | the networks of IPv6 |
//! | 48 | 4 | the sources |
//! | 52 | 4 | the bytes of the sources |
//!
//! **The sources**, one after the other, across the ends of blocks:
//!
//! | bytes | what |
//! |---|---|
//! | 2 | the length of the name |
//! | that many | the name, in UTF-8 |
//! | 8 | the entries that the source had: addresses, networks and ranges |
//! | 8 | the networks of the set that are said to be from it |
//! | 8 | the date of the source, in seconds since 1970; 0 if it has none |
//! | 32 | the SHA-256 of the source |
//!
//! **A leaf** holds 255 entries of IPv4 or 146 of IPv6, the last one what is left. All entries of a
//! family are sorted by the first address, then by the prefix, and no two have both alike:
//!
//! | bytes | what |
//! |---|---|
//! | 4 or 16 | the first address of the network |
//! | 4 | the number of the smallest network that contains it, counted from 1; 0 if there is none |
//! | 5 | until when it counts, in seconds since 1970; 0 for ever |
//! | 2 | the number of its source, counted from 0 |
//! | 1 | the length of the prefix |
//!
//! **The index** of a family has levels. A block of a level holds the first address of the first
//! entry below each of 1023 blocks of the level before it (IPv6: 255); the leaves are the level
//! before the first one, and the last level is one block. A single leaf has no index.
//!
//! **Looking an address up**: the last entry whose first address is not after the address is found
//! through the index. If any network contains the address, then that entry's or one of those that
//! contain it; the first of them that contains the address and still counts is the answer.

use crate::set::entry::Family;

/// The bytes of a block.
pub(crate) const BLOCK: usize = 4096;
/// The bytes of a block before its checksum.
pub(crate) const PAYLOAD: usize = BLOCK - 4;
/// What every set begins with. A program that changes the ends of lines changes it.
pub(crate) const MAGIC: [u8; 12] = *b"tcpw-set\r\n\x1a\n";
/// The version of the format that is written and read.
pub(crate) const VERSION: u32 = 1;
/// The most networks of one family: their numbers have four bytes.
pub(crate) const MOST_NETWORKS: u64 = 0xffff_fffe;

/// [`PAYLOAD`] as a count.
const PAYLOAD_BYTES: u64 = 4092;

/// The checksum of a block, of its payload and its number.
pub(crate) fn checksum(payload: &[u8], number: u64) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(payload);
    hasher.update(&number.to_be_bytes());
    hasher.finalize()
}

/// Blocks that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The number of the first one.
    pub(crate) start: u64,
    /// How many they are.
    pub(crate) blocks: u64,
}

/// Where the networks of a family stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The family.
    pub(crate) family: Family,
    /// How many networks it has.
    pub(crate) count: u64,
    /// The leaves.
    pub(crate) leaves: Span,
    /// The levels of the index, the one above the leaves first.
    pub(crate) levels: Vec<Span>,
}

impl Part {
    /// The part of `count` networks that begins with block `start`; nothing if they are too many.
    fn new(family: Family, count: u64, start: u64) -> Option<Self> {
        if count > MOST_NETWORKS {
            return None;
        }
        let leaves = Span {
            start,
            blocks: count.div_ceil(family.entries_of_leaf()),
        };
        let mut levels = Vec::new();
        let mut below = leaves;
        while below.blocks > 1 {
            below = Span {
                start: below.start.checked_add(below.blocks)?,
                blocks: below.blocks.div_ceil(family.keys_of_index()),
            };
            levels.push(below);
        }
        Some(Self {
            family,
            count,
            leaves,
            levels,
        })
    }

    /// The number of the first block after it.
    fn end(&self) -> Option<u64> {
        let last = self.levels.last().unwrap_or(&self.leaves);
        last.start.checked_add(last.blocks)
    }

    /// What leads from the top of the index to an entry, the leaves last; nothing in an empty part.
    pub(crate) fn steps(&self) -> impl Iterator<Item = Step> {
        let family = self.family;
        let above = (0..self.levels.len()).rev().filter_map(move |at| {
            let below = at
                .checked_sub(1)
                .map_or(Some(&self.leaves), |at| self.levels.get(at));
            Some(Step {
                span: *self.levels.get(at)?,
                records: below?.blocks,
                records_of_block: family.keys_of_index(),
                record_bytes: family.address_bytes(),
            })
        });
        let leaves = Step {
            span: self.leaves,
            records: self.count,
            records_of_block: family.entries_of_leaf(),
            record_bytes: family.entry_bytes(),
        };
        above.chain((self.count > 0).then_some(leaves))
    }
}

/// One level on the way from the top of an index to an entry: each of its records is one of a block
/// of the next level, or an entry, and begins with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// Its blocks.
    pub(crate) span: Span,
    /// Its records.
    pub(crate) records: u64,
    /// How many of them a block holds.
    pub(crate) records_of_block: u64,
    /// The bytes of a record.
    pub(crate) record_bytes: usize,
}

/// Where everything stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The sources.
    pub(crate) sources: Span,
    /// The networks of IPv4.
    pub(crate) v4: Part,
    /// The networks of IPv6.
    pub(crate) v6: Part,
    /// The blocks of the file.
    pub(crate) blocks: u64,
}

impl Layout {
    /// The layout of a file with so many bytes of sources, and networks of each family; nothing if
    /// they are too many.
    pub(crate) fn new(source_bytes: u32, v4: u64, v6: u64) -> Option<Self> {
        let sources = Span {
            start: 1,
            blocks: u64::from(source_bytes).div_ceil(PAYLOAD_BYTES),
        };
        let v4 = Part::new(Family::V4, v4, sources.start.checked_add(sources.blocks)?)?;
        let v6 = Part::new(Family::V6, v6, v4.end()?)?;
        let blocks = v6.end()?;
        Some(Self {
            sources,
            v4,
            v6,
            blocks,
        })
    }

    /// The part of a family.
    pub(crate) fn part(&self, family: Family) -> &Part {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_in_one_block() {
        let part = |count| Part::new(Family::V4, count, 7).unwrap();
        assert_eq!(part(0).end(), Some(7));
        assert_eq!((part(255).levels.len(), part(255).end()), (0, Some(8)));
        assert_eq!((part(256).levels.len(), part(256).end()), (1, Some(10)));
        let large = part(10_000_000);
        let blocks: Vec<u64> = large.levels.iter().map(|level| level.blocks).collect();
        assert_eq!((large.leaves.blocks, blocks), (39_216, vec![39, 1]));
        let steps: Vec<u64> = large.steps().map(|step| step.records).collect();
        assert_eq!(steps, [39, 39_216, 10_000_000]);
        assert!(Part::new(Family::V6, MOST_NETWORKS, u64::MAX).is_none());
        assert!(Part::new(Family::V6, u64::MAX, 1).is_none());
    }
}
