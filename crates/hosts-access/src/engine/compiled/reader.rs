//! What a compiled table says about a request.

use super::fault::CompiledFault;
use super::identity::TableIdentity;
use super::layout::{Blocks, HEADER_WORDS, MAGIC, MOST, Part, VERSION, low};
use crate::engine::index::buckets::{TAG, bucket, tag};
use crate::engine::index::filing::UsedKeys;
use crate::engine::model::request::Request;
use crate::span::offset;

/// More lines than this are not looked up one by one: the table is read as fast.
const MOST_CANDIDATES: usize = 8192;
/// More bits of a hash than this choose no bucket: there would be more buckets than entries.
const MOST_BITS: u32 = 32;

/// A compiled table: answers from any bytes, and says what is wrong about those that are none.
///
/// It answers for libraries whose patterns are Debian's
/// ([`crate::policy::Dialect::has_debian_patterns`]).
#[derive(Debug)]
pub struct CompiledTable<'b> {
    blocks: Blocks<'b>,
    identity: TableIdentity,
    keys: UsedKeys,
    lines: usize,
    is_broken: bool,
    bits: u32,
    starts_part: Part,
    entries_part: Part,
    lines_part: Part,
}

/// A logical line that may matter to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CandidateLine {
    /// Where it begins in the table.
    pub offset: u32,
    /// Complete lines before it, as libwrap counts them.
    pub lines_before: u32,
}

impl<'b> CompiledTable<'b> {
    /// Reads the header of a compiled table; of all else a request reads what it needs.
    ///
    /// # Errors
    /// When the bytes are no compiled table, or one of another version or length.
    pub fn new(bytes: &'b [u8]) -> Result<Self, CompiledFault> {
        let blocks = Blocks::new(bytes);
        let magic = bytes.first_chunk().map(|magic| u64::from_le_bytes(*magic));
        if magic != Some(MAGIC) {
            return Err(CompiledFault::NotATable);
        }
        let header = Part::header();
        let words: Result<Vec<u64>, _> = (0..HEADER_WORDS)
            .map(|at| blocks.word(header, at))
            .collect();
        let mut words = words?.into_iter().skip(1);
        if words.next() != Some(VERSION) {
            return Err(CompiledFault::Version);
        }
        let wrong = || CompiledFault::Content("its header does not fit together");
        let identity = TableIdentity::of_words(&mut words).ok_or_else(wrong)?;
        let mut number = || words.next().ok_or_else(wrong);
        let seed = [number()?, number()?];
        let (lines, is_broken) = (number()?, number()?);
        let (entries, bits) = (number()?, number()?);
        let keys = UsedKeys::of_words(seed, &mut words).ok_or_else(wrong)?;
        let size = |number: u64| usize::try_from(number).ok().filter(|&size| size <= MOST);
        let lines = size(lines).ok_or_else(wrong)?;
        let entries = size(entries).ok_or_else(wrong)?;
        let bits = u32::try_from(bits).ok().filter(|&bits| bits < MOST_BITS);
        let bits = bits.ok_or_else(wrong)?;
        let buckets = 1_usize << bits;
        let starts_part = header.then((buckets + 1).div_ceil(2));
        let entries_part = starts_part.then(entries);
        let lines_part = entries_part.then(lines);
        if lines_part.file_length() != bytes.len() {
            return Err(blocks.length());
        }
        Ok(Self {
            blocks,
            identity,
            keys,
            lines,
            is_broken: is_broken != 0,
            bits,
            starts_part,
            entries_part,
            lines_part,
        })
    }

    /// The file that it was made of.
    pub fn identity(&self) -> &TableIdentity {
        &self.identity
    }

    /// The seed that it was made with.
    pub fn seed(&self) -> [u64; 2] {
        self.keys.seed()
    }

    /// How many rules the table has that libwrap reads.
    pub fn rules(&self) -> usize {
        self.lines.saturating_sub(usize::from(self.is_broken))
    }

    /// The lines that may match `request`, in the order of the table, and the one that ends the table
    /// if there is one: no other line matches, so that deciding on these decides as all of them do.
    ///
    /// # Errors
    /// When it is damaged, or when they are so many that the table is read as fast.
    pub fn candidates(&self, request: &Request) -> Result<Vec<CandidateLine>, CompiledFault> {
        let mut numbers = Vec::new();
        let mut result = Ok(());
        self.keys.of_request(request, |hash| {
            if result.is_ok() {
                result = self.find(hash, &mut numbers);
            }
        });
        result?;
        numbers.sort_unstable();
        numbers.dedup();
        if self.is_broken {
            numbers.extend(self.lines.checked_sub(1));
        }
        let lines = numbers.into_iter().map(|number| {
            let line = self.blocks.word(self.lines_part, number)?;
            Ok(CandidateLine {
                offset: offset(low(line)),
                lines_before: offset(low(line >> 32)),
            })
        });
        lines.collect()
    }

    /// Adds the numbers of the lines under `hash`.
    fn find(&self, hash: u64, numbers: &mut Vec<usize>) -> Result<(), CompiledFault> {
        let at = bucket(hash, self.bits);
        let from = self.blocks.half(self.starts_part, at)?;
        let to = self.blocks.half(self.starts_part, at.saturating_add(1))?;
        let tag = tag(hash, self.bits);
        let entry = |at| self.blocks.word(self.entries_part, at);
        // The first entry that is not below the tag.
        let (mut first, mut end) = (from, to);
        while first < end {
            let middle = first.midpoint(end);
            if entry(middle)? < tag {
                first = middle + 1;
            } else {
                end = middle;
            }
        }
        for at in first..to {
            let entry = entry(at)?;
            if entry & TAG != tag {
                break;
            }
            if numbers.len() == MOST_CANDIDATES {
                return Err(CompiledFault::TooMany);
            }
            numbers.push(low(entry));
        }
        Ok(())
    }
}
