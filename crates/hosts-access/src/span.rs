//! Places in a file: half-open byte ranges, and the lines and columns shown to people.

/// A half-open range of byte offsets, `start..end`, in one file of at most 4 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset just after the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The empty range at `at`.
    pub fn empty(at: u32) -> Self {
        Self { start: at, end: at }
    }

    /// Length in bytes.
    pub fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether no byte lies in the range.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The bytes of `source` in this range; empty where the range lies outside of it.
    pub fn of(self, source: &[u8]) -> &[u8] {
        source
            .get(index(self.start)..index(self.end))
            .unwrap_or_default()
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn cover(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// A file offset as an index into memory.
pub fn index(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// An index into memory as a file offset; what does not fit saturates (files are capped at 4 GiB).
pub fn offset(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// A place as people count it: line and column from 1, the column in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Physical line, from 1.
    pub line: u32,
    /// Byte column, from 1.
    pub column: u32,
}

/// Offsets of all line starts, so that a position costs a binary search.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
    length: u32,
}

impl LineIndex {
    /// Reads `source` once.
    pub fn new(source: &[u8]) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', source).map(|at| offset(at + 1)));
        Self {
            starts,
            length: offset(source.len()),
        }
    }

    /// Line and column of the byte at `at`.
    pub fn position(&self, at: u32) -> Position {
        let line = self.starts.partition_point(|&start| start <= at).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        Position {
            line: offset(line),
            column: at.saturating_sub(start).saturating_add(1),
        }
    }

    /// The bytes of physical line `line` (from 1), without its newline.
    pub fn line_span(&self, line: u32) -> Span {
        let row = index(line).saturating_sub(1);
        let start = self.starts.get(row).copied().unwrap_or(self.length);
        let end = self
            .starts
            .get(row + 1)
            .map_or(self.length, |next| next - 1);
        Span { start, end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_one_and_lines_leave_out_the_newline() {
        let source = b"ab\n\ncd";
        let lines = LineIndex::new(source);
        let places: Vec<_> = (0..6)
            .map(|at| lines.position(at))
            .map(|p| (p.line, p.column))
            .collect();
        assert_eq!(places, [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (3, 2)]);
        assert_eq!(lines.line_span(1).of(source), b"ab");
        assert_eq!(lines.line_span(2).of(source), b"");
        assert_eq!(lines.line_span(3).of(source), b"cd");
        assert_eq!(lines.line_span(9).of(source), b"");
    }
}
