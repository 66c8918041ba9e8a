//! Sorting more records than memory shall hold: sorted pieces go to a file and are merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;

/// The bytes of memory that the records of a piece take, and of what is read of a piece at a time.
const PIECE: usize = 32 << 20;
const READ: usize = 64 << 10;

/// What can be sorted: it has an order, and a form of always as many bytes.
pub(crate) trait Record: Ord + Copy {
    /// The bytes of its form.
    const BYTES: usize;
    /// Appends its form to `to`.
    fn write(self, to: &mut Vec<u8>);
    /// Reads its form at the start of `bytes`.
    fn read(bytes: &[u8]) -> Option<Self>;
}

/// Takes records and gives them back in their order.
#[derive(Debug)]
pub(crate) struct Sorter<R> {
    records: Vec<R>,
    /// How many records a piece has.
    most: usize,
    pieces: Vec<Piece>,
    file: Option<File>,
}

/// A sorted piece in the file that is not yet read to its end.
#[derive(Debug)]
struct Piece {
    at: u64,
    end: u64,
    buffer: Vec<u8>,
    used: usize,
}

impl<R: Record> Sorter<R> {
    /// A sorter without records.
    pub(crate) fn new() -> Self {
        Self::with_pieces_of(PIECE / size_of::<R>())
    }

    /// A sorter that keeps at most so many records in memory.
    pub(crate) fn with_pieces_of(most: usize) -> Self {
        Self {
            records: Vec::new(),
            most: most.max(1),
            pieces: Vec::new(),
            file: None,
        }
    }

    /// Takes a record. Where there are too many for memory, they go to the file that `scratch`
    /// makes, which is asked once.
    ///
    /// # Errors
    /// When that file cannot be made or written.
    pub(crate) fn push(
        &mut self,
        record: R,
        scratch: &mut dyn FnMut() -> io::Result<File>,
    ) -> io::Result<()> {
        if self.records.len() >= self.most {
            self.set_aside(scratch)?;
        }
        self.records.push(record);
        Ok(())
    }

    fn set_aside(&mut self, scratch: &mut dyn FnMut() -> io::Result<File>) -> io::Result<()> {
        self.records.sort_unstable();
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(scratch()?),
        };
        let at = file.seek(SeekFrom::End(0))?;
        let mut writer = BufWriter::with_capacity(READ, file);
        let mut form = Vec::with_capacity(R::BYTES);
        for record in self.records.drain(..) {
            form.clear();
            record.write(&mut form);
            writer.write_all(&form)?;
        }
        writer.flush()?;
        drop(writer);
        let end = match &mut self.file {
            Some(file) => file.stream_position()?,
            None => at,
        };
        self.pieces.push(Piece {
            at,
            end,
            buffer: Vec::new(),
            used: 0,
        });
        Ok(())
    }

    /// The records in their order.
    ///
    /// # Errors
    /// When what was set aside cannot be read.
    pub(crate) fn sorted(mut self) -> io::Result<Sorted<R>> {
        self.records.sort_unstable();
        let mut sorted = Sorted {
            records: self.records.into_iter(),
            pieces: self.pieces,
            file: self.file,
            next: BinaryHeap::new(),
        };
        for source in 0..=sorted.pieces.len() {
            sorted.refill(source)?;
        }
        Ok(sorted)
    }
}

/// Records in their order. After a fault there is nothing more.
#[derive(Debug)]
pub(crate) struct Sorted<R> {
    /// Those that stayed in memory.
    records: std::vec::IntoIter<R>,
    pieces: Vec<Piece>,
    file: Option<File>,
    /// The first record of each piece, by the number of the piece; after the last one, of memory.
    next: BinaryHeap<Reverse<(R, usize)>>,
}

impl<R: Record> Sorted<R> {
    /// Takes the next record of a piece.
    fn refill(&mut self, source: usize) -> io::Result<()> {
        let record = match (self.pieces.get_mut(source), &self.file) {
            (Some(piece), Some(file)) => piece.next(file)?,
            (Some(_), None) => None,
            (None, _) => self.records.next(),
        };
        self.next
            .extend(record.map(|record| Reverse((record, source))));
        Ok(())
    }
}

impl<R: Record> Iterator for Sorted<R> {
    type Item = io::Result<R>;

    fn next(&mut self) -> Option<io::Result<R>> {
        let Reverse((record, source)) = self.next.pop()?;
        if let Err(error) = self.refill(source) {
            self.next.clear();
            return Some(Err(error));
        }
        Some(Ok(record))
    }
}

impl Piece {
    fn next<R: Record>(&mut self, file: &File) -> io::Result<Option<R>> {
        if self.used >= self.buffer.len() {
            let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
            let whole = READ / R::BYTES * R::BYTES;
            self.buffer.resize(left.min(whole), 0);
            file.read_exact_at(&mut self.buffer, self.at)?;
            let read = u64::try_from(self.buffer.len()).unwrap_or(u64::MAX);
            self.at = self.at.saturating_add(read);
            self.used = 0;
        }
        let record = self.buffer.get(self.used..).and_then(R::read);
        self.used = self.used.saturating_add(R::BYTES);
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Record for u32 {
        const BYTES: usize = 4;

        fn write(self, to: &mut Vec<u8>) {
            to.extend_from_slice(&self.to_be_bytes());
        }

        fn read(bytes: &[u8]) -> Option<Self> {
            bytes.first_chunk().map(|bytes| Self::from_be_bytes(*bytes))
        }
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_sorted(numbers: Vec<u32>, most in 1_usize..40) {
            let mut sorter = Sorter::with_pieces_of(most);
            for &number in &numbers {
                sorter.push(number, &mut tempfile::tempfile).unwrap();
            }
            let sorted: Vec<u32> = sorter.sorted().unwrap().map(Result::unwrap).collect();
            let mut wanted = numbers;
            wanted.sort_unstable();
            prop_assert_eq!(sorted, wanted);
        }
    }

    #[test]
    fn a_scratch_file_that_cannot_be_made_is_said() {
        let mut sorter = Sorter::with_pieces_of(1);
        let mut fails = || Err(io::Error::other("full"));
        sorter.push(1_u32, &mut fails).unwrap();
        assert_eq!(sorter.push(2, &mut fails).unwrap_err().to_string(), "full");
    }
}
