//! What a compiled table says about a request.

use super::fault::CompiledFault;
use super::identity::TableIdentity;
use super::layout::{Blocks, HEADER_WORDS, MAGIC, MOST, Part, VERSION, low};
use crate::engine::index::buckets::{TAG, bucket, tag};
use crate::engine::index::filing::UsedKeys;
use crate::engine::model::request::{Open, Request};
use crate::span::offset;
use std::iter::Peekable;
use std::vec::IntoIter;

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
    /// if there is one: no other line matches, so that deciding on these decides as all of them do. If
    /// the client has no name yet, those are among them that ask for it.
    ///
    /// # Errors
    /// When it is damaged, or when they are so many that the table is read as fast; the lines say so, too.
    pub fn candidates(&self, request: &Request) -> Result<Candidates<'_, 'b>, CompiledFault> {
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
        let named: Result<Vec<Entries>, _> = self
            .keys
            .of_named(request)
            .take_while(|_| request.is_open(Open::ClientName))
            .map(|hash| self.entries(hash))
            .collect();
        Ok(Candidates {
            form: self,
            numbers: numbers.into_iter().peekable(),
            named: named?,
            taken: 0,
        })
    }

    /// Adds the numbers of the lines under `hash`.
    fn find(&self, hash: u64, numbers: &mut Vec<usize>) -> Result<(), CompiledFault> {
        let mut entries = self.entries(hash)?;
        while let Some(number) = self.first(&entries)? {
            if numbers.len() == MOST_CANDIDATES {
                return Err(CompiledFault::TooMany);
            }
            numbers.push(number);
            entries.at += 1;
        }
        Ok(())
    }

    /// The entries under `hash`, which ascend.
    fn entries(&self, hash: u64) -> Result<Entries, CompiledFault> {
        let at = bucket(hash, self.bits);
        let from = self.blocks.half(self.starts_part, at)?;
        let to = self.blocks.half(self.starts_part, at.saturating_add(1))?;
        let tag = tag(hash, self.bits);
        // The first entry that is not below the tag.
        let (mut first, mut end) = (from, to);
        while first < end {
            let middle = first.midpoint(end);
            if self.blocks.word(self.entries_part, middle)? < tag {
                first = middle + 1;
            } else {
                end = middle;
            }
        }
        Ok(Entries {
            at: first,
            end: to,
            tag,
        })
    }

    /// The number of the line of the first of these entries.
    fn first(&self, entries: &Entries) -> Result<Option<usize>, CompiledFault> {
        if entries.at >= entries.end {
            return Ok(None);
        }
        let entry = self.blocks.word(self.entries_part, entries.at)?;
        Ok((entry & TAG == entries.tag).then(|| low(entry)))
    }

    fn line(&self, number: usize) -> Result<CandidateLine, CompiledFault> {
        let line = self.blocks.word(self.lines_part, number)?;
        Ok(CandidateLine {
            offset: offset(low(line)),
            lines_before: offset(low(line >> 32)),
        })
    }
}

/// Entries of one hash.
#[derive(Debug)]
struct Entries {
    at: usize,
    end: usize,
    tag: u64,
}

/// The lines that may matter to a request, in the order of the table. Those that ask for a name are not
/// counted before they are looked at: the first that does so settles the matter.
#[derive(Debug)]
pub struct Candidates<'f, 'b> {
    form: &'f CompiledTable<'b>,
    numbers: Peekable<IntoIter<usize>>,
    named: Vec<Entries>,
    /// As many were looked at because they ask for a name.
    taken: usize,
}

impl Candidates<'_, '_> {
    /// The number of the next line.
    fn next_number(&mut self) -> Result<Option<usize>, CompiledFault> {
        let mut next = self.numbers.peek().copied();
        for entries in &self.named {
            if let Some(first) = self.form.first(entries)? {
                next = Some(next.map_or(first, |next| next.min(first)));
            }
        }
        let Some(number) = next else {
            return Ok(None);
        };
        let is_listed = self.numbers.next_if_eq(&number).is_some();
        for entries in &mut self.named {
            if self.form.first(entries)? == Some(number) {
                entries.at += 1;
            }
        }
        if !is_listed {
            self.taken += 1;
        }
        if self.taken > MOST_CANDIDATES {
            return Err(CompiledFault::TooMany);
        }
        Ok(Some(number))
    }
}

impl Iterator for Candidates<'_, '_> {
    type Item = Result<CandidateLine, CompiledFault>;

    fn next(&mut self) -> Option<Self::Item> {
        let number = self.next_number().transpose()?;
        Some(number.and_then(|number| self.form.line(number)))
    }
}
