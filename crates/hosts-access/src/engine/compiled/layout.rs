//! The format of a compiled table, byte by byte, and the blocks of which it is made.
//!
//! All numbers are unsigned, have eight bytes and stand with their least significant byte first. The
//! file is a row of blocks of 512 bytes, counted from 0: 63 numbers, and as the 64th the SipHash-1-3 of
//! the 504 bytes before it under the key of [`BLOCK_KEY`] and the number of the block. A block that is
//! damaged or stands elsewhere is noticed when it is looked at, and none of it is believed. What a part
//! does not need of its last block is 0.
//!
//! | blocks | what |
//! |---|---|
//! | 4 | the header |
//! | `n` by 126 | where each bucket begins among the entries, four bytes each, and where the last one ends |
//! | `n` by 63 | the entries |
//! | `n` by 63 | the lines |
//!
//! **The header**, in numbers:
//!
//! | at | numbers | what |
//! |---|---|---|
//! | 0 | 1 | `tcpw-tbl` |
//! | 1 | 1 | the version, 2, and in the upper half whose patterns: 1, those of Debian |
//! | 2 | 7 | the table it was made of: size, time of modification and of change in seconds and nanoseconds, inode, device |
//! | 9 | 2 | the seed of the hashes |
//! | 11 | 1 | the lines |
//! | 12 | 1 | 1 if the last line is one that ends the table, else 0 |
//! | 13 | 1 | the entries |
//! | 14 | 1 | the bits of a hash that choose a bucket |
//! | 15 | 2 by 113 | which kinds of keys there are for all daemons, then for single ones: 24 sets of 128 bits, lower half first, that say which lengths each of the 12 kinds has; how many masks with gaps there are; 64 masks |
//!
//! **An entry** has in its upper half 32 bits of the hash of a key, those after the bits that choose the
//! bucket, and in its lower half the number of a line. The entries of a bucket ascend.
//!
//! **A line** has in its lower half where it begins in the table, and in its upper half how many
//! complete lines libwrap has counted before it. Only rules are there, and a line that ends the table.

use super::fault::CompiledFault;
use super::identity::IDENTITY_WORDS;
use crate::engine::index::filing::KEYS_WORDS;
use crate::engine::index::sip::sip13;
use std::cell::Cell;

/// What every compiled table begins with: `tcpw-tbl`.
pub(super) const MAGIC: u64 = u64::from_le_bytes(*b"tcpw-tbl");
/// The version of the format, and whose patterns it knows.
pub(super) const VERSION: u64 = 2 | 1 << 32;
/// The numbers of the header.
pub(super) const HEADER_WORDS: usize = 2 + IDENTITY_WORDS + 2 + 4 + KEYS_WORDS;
/// The most entries and lines: they are counted in four bytes.
pub(super) const MOST: usize = 0xffff_fffe;

/// The bytes of a block.
const BLOCK: usize = 512;
/// The numbers of a block before its checksum.
const PAYLOAD: usize = BLOCK / 8 - 1;
/// The first half of the key of the checksums.
const BLOCK_KEY: u64 = u64::from_le_bytes(*b"hosts.as");

/// Where a part of the file begins, in blocks, and how many numbers it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    block: usize,
    words: usize,
}

impl Part {
    /// The header.
    pub(super) fn header() -> Self {
        Self {
            block: 0,
            words: HEADER_WORDS,
        }
    }

    /// A part that begins after this one.
    pub(super) fn then(self, words: usize) -> Self {
        Self {
            block: self.end(),
            words,
        }
    }

    /// The number of the block after it.
    fn end(self) -> usize {
        self.block.saturating_add(self.words.div_ceil(PAYLOAD))
    }

    /// The bytes of a file that ends with it.
    pub(super) fn file_length(self) -> usize {
        self.end().saturating_mul(BLOCK)
    }
}

/// Writes numbers into blocks.
#[derive(Debug, Default)]
pub(super) struct BlockWriter {
    bytes: Vec<u8>,
    /// Numbers in the last block.
    filled: usize,
}

impl BlockWriter {
    /// One that has room for so many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            filled: 0,
        }
    }

    /// Writes a part of the file; what it does not need of its last block is 0.
    pub(super) fn part(&mut self, words: impl IntoIterator<Item = u64>) {
        for word in words {
            self.push(word);
        }
        while self.filled > 0 {
            self.push(0);
        }
    }

    fn push(&mut self, word: u64) {
        self.bytes.extend_from_slice(&word.to_le_bytes());
        self.filled += 1;
        if self.filled == PAYLOAD {
            let start = self.bytes.len() - PAYLOAD * 8;
            let sum = checksum(self.bytes.get(start..).unwrap_or_default(), start / BLOCK);
            self.bytes.extend_from_slice(&sum.to_le_bytes());
            self.filled = 0;
        }
    }

    /// The file.
    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads numbers from blocks, each of which is proved before it is believed.
#[derive(Debug)]
pub(super) struct Blocks<'b> {
    bytes: &'b [u8],
    /// The block that was proved last.
    proved: Cell<Option<usize>>,
}

impl<'b> Blocks<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            proved: Cell::new(None),
        }
    }

    /// The number at `at` of a part.
    pub(super) fn word(&self, part: Part, at: usize) -> Result<u64, CompiledFault> {
        if at >= part.words {
            return Err(CompiledFault::Content("a place is outside of its part"));
        }
        let number = part.block.saturating_add(at / PAYLOAD);
        let start = number.saturating_mul(BLOCK);
        let block = self
            .bytes
            .get(start..)
            .and_then(<[u8]>::first_chunk::<BLOCK>);
        let block = block.ok_or_else(|| self.length())?;
        let (payload, sum) = block.split_at(PAYLOAD * 8);
        if self.proved.get() != Some(number) {
            if checksum(payload, number).to_le_bytes() != sum {
                return Err(CompiledFault::Checksum(count(number)));
            }
            self.proved.set(Some(number));
        }
        let (words, _) = payload.as_chunks::<8>();
        let word = words.get(at % PAYLOAD);
        word.map(|word| u64::from_le_bytes(*word))
            .ok_or(CompiledFault::Content("a place is outside of its block"))
    }

    /// The number of four bytes at `at` of a part.
    pub(super) fn half(&self, part: Part, at: usize) -> Result<usize, CompiledFault> {
        let word = self.word(part, at / 2)?;
        Ok(low(if at.is_multiple_of(2) {
            word
        } else {
            word >> 32
        }))
    }

    /// What is wrong about the length of the file.
    pub(super) fn length(&self) -> CompiledFault {
        CompiledFault::Length(count(self.bytes.len()))
    }
}

/// The lower half of a number.
pub(super) fn low(word: u64) -> usize {
    usize::try_from(word & 0xffff_ffff).unwrap_or(usize::MAX)
}

/// Two numbers in one, the first in its lower half.
pub(super) fn pair(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// A number of things as it is written.
pub(super) fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Gives every block its checksum.
#[cfg(test)]
pub(super) fn seal(bytes: &mut [u8]) {
    for (number, block) in bytes.chunks_exact_mut(BLOCK).enumerate() {
        let (payload, sum) = block.split_at_mut(PAYLOAD * 8);
        sum.copy_from_slice(&checksum(payload, number).to_le_bytes());
    }
}

fn checksum(payload: &[u8], number: usize) -> u64 {
    sip13([BLOCK_KEY, count(number)], payload)
}
