//! Writing blocks, each with its checksum.

use crate::set::layout::{BLOCK, PAYLOAD, checksum};
use std::io::{self, Write};

/// Writes blocks one after the other.
#[derive(Debug)]
pub(crate) struct BlockWriter<W> {
    to: W,
    next: u64,
}

impl<W: Write> BlockWriter<W> {
    /// A writer whose next block has this number.
    pub(crate) fn new(to: W, next: u64) -> Self {
        Self { to, next }
    }

    /// Writes a block, filled up with 0. What is too long for a block is a fault of the caller.
    pub(crate) fn write(&mut self, payload: &[u8]) -> io::Result<()> {
        if payload.len() > PAYLOAD {
            return Err(io::Error::other("this is more than a block holds"));
        }
        let mut block = Vec::with_capacity(BLOCK);
        block.extend_from_slice(payload);
        block.resize(PAYLOAD, 0);
        let sum = checksum(&block, self.next);
        block.extend_from_slice(&sum.to_be_bytes());
        self.next += 1;
        self.to.write_all(&block)
    }

    /// The number of the next block.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Where the blocks went.
    pub(crate) fn into_inner(self) -> W {
        self.to
    }
}
