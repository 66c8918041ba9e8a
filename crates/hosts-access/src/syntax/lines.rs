//! Physical lines to logical lines, exactly as libwrap's reader joins them.
//!
//! libwrap reads into a buffer of 2048 bytes with `fgets` and measures what it got with `strlen`.
//! A backslash before the newline deletes both (F-LINE-01); a NUL hides the rest of what that one
//! read brought, its newline included (F-LINE-17); a full buffer ends the table (F-LINE-14).

use crate::span::{Span, index, offset};
use crate::syntax::kinds::{LINE_LIMIT, Run};
use crate::syntax::reading::{Reading, TooLong};
use memchr::memchr;

/// libwrap's buffer: the longest line, its newline and the closing NUL.
const BUFFER: usize = LINE_LIMIT + 2;

/// How a logical line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With a newline.
    Newline,
    /// With the end of the file: libwrap stops here (F-LINE-12, F-LINE-13).
    EndOfFile,
    /// The buffer was full: libwrap stops here (F-LINE-14, F-LINE-15).
    TooLong,
}

/// One logical line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LogicalLine {
    /// All its bytes in the source, newlines included.
    pub(super) span: Span,
    /// Complete physical lines up to and including this one, as libwrap counts them (F-LINE-02).
    pub(super) number: u32,
    pub(super) ending: Ending,
    /// Whether bytes inside were deleted, so that its text is in pieces.
    pub(super) is_joined: bool,
}

/// A run of bytes that libwrap keeps, in a line from which it deletes others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where it is in the source.
    pub(super) source: Span,
    /// Where it is in the text of the logical line.
    pub(super) text: u32,
}

/// Walks over a source, one logical line at a time.
#[derive(Debug)]
pub(super) struct Scanner<'s> {
    source: &'s [u8],
    at: usize,
    number: u32,
    next_nul: usize,
    pieces: Vec<Piece>,
    /// Whether what is left of a line that is too long is a line of its own.
    cuts: bool,
}

impl<'s> Scanner<'s> {
    /// Begins after `number` complete lines.
    pub(super) fn new(source: &'s [u8], number: u32, reading: Reading) -> Self {
        let next_nul = memchr(0, source).unwrap_or(source.len());
        Self {
            source,
            at: 0,
            number,
            next_nul,
            pieces: Vec::new(),
            cuts: reading.too_long == TooLong::Cut,
        }
    }

    /// The pieces of the last line, newline left out; empty unless it was joined.
    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Where the next line starts.
    pub(super) fn at(&self) -> u32 {
        offset(self.at)
    }

    /// Passes over lines that stand here, each of which is a logical line by itself.
    pub(super) fn pass(&mut self, run: &Run) -> Option<LogicalLine> {
        let end = index(run.span.end);
        if offset(self.at) != run.span.start || run.span.is_empty() || end > self.source.len() {
            return None;
        }
        self.at = end;
        self.next_nul = self.find_nul();
        self.number = self.number.saturating_add(run.lines);
        self.pieces.clear();
        Some(LogicalLine {
            span: run.span,
            number: self.number,
            ending: Ending::Newline,
            is_joined: false,
        })
    }

    /// The next logical line; `None` after the last one.
    pub(super) fn next_line(&mut self) -> Option<LogicalLine> {
        self.pieces.clear();
        let rest = self.source.get(self.at..).filter(|rest| !rest.is_empty())?;
        let newline = memchr(b'\n', rest);
        if let Some(length) = newline {
            let splices = length > 0 && rest.get(length - 1) == Some(&b'\\');
            if length <= LINE_LIMIT && !splices && self.next_nul >= self.at + length {
                return Some(self.plain_line(length));
            }
        }
        Some(self.joined_line())
    }

    /// The common case: one physical line of which nothing is deleted.
    fn plain_line(&mut self, length: usize) -> LogicalLine {
        let start = self.at;
        self.at += length + 1;
        self.number = self.number.saturating_add(1);
        LogicalLine {
            span: Span::new(offset(start), offset(self.at)),
            number: self.number,
            ending: Ending::Newline,
            is_joined: false,
        }
    }

    /// Every other case, read by read as libwrap does it.
    fn joined_line(&mut self) -> LogicalLine {
        let start = self.at;
        let mut room = BUFFER;
        let mut text = 0;
        let ending = loop {
            if room <= 1 {
                break Ending::TooLong;
            }
            let from = self.at;
            let read = self.read(room - 1);
            if read.is_empty() {
                break Ending::EndOfFile;
            }
            let kept = read.len() - usize::from(read.ends_with(b"\n"));
            let (kept, is_complete) = match memchr(0, read) {
                Some(nul) => (nul, false),
                None => (kept, kept < read.len()),
            };
            let is_spliced = is_complete && read.get(..kept).is_some_and(|t| t.ends_with(b"\\"));
            let kept = if is_spliced { kept - 1 } else { kept };
            self.keep(from, kept, text);
            text += kept;
            room -= kept;
            self.number = self.number.saturating_add(u32::from(is_complete));
            if is_complete && !is_spliced {
                break Ending::Newline;
            }
        };
        // libwrap counts complete lines only: a first line that is too long has number 0.
        let number = self.number;
        if ending == Ending::TooLong && !self.cuts {
            self.skip_rest_of_line();
        }
        self.next_nul = self.find_nul();
        let span = Span::new(offset(start), offset(self.at));
        let kept: u32 = self.pieces.iter().map(|piece| piece.source.len()).sum();
        let is_joined = kept + u32::from(ending == Ending::Newline) != span.len();
        LogicalLine {
            span,
            number,
            ending,
            is_joined,
        }
    }

    /// At most `most` bytes, up to and including a newline: one call of `fgets`.
    fn read(&mut self, most: usize) -> &'s [u8] {
        let rest = self.source.get(self.at..).unwrap_or_default();
        let rest = rest.get(..most).unwrap_or(rest);
        let read = memchr(b'\n', rest)
            .and_then(|at| rest.get(..=at))
            .unwrap_or(rest);
        self.at += read.len();
        read
    }

    fn keep(&mut self, from: usize, length: usize, text: usize) {
        if length > 0 {
            let source = Span::new(offset(from), offset(from + length));
            self.pieces.push(Piece {
                source,
                text: offset(text),
            });
        }
    }

    /// libwrap reads no further; the next line we show begins after the newline.
    fn skip_rest_of_line(&mut self) {
        let rest = self.source.get(self.at..).unwrap_or_default();
        let length = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        self.number = self.number.saturating_add(u32::from(length > 0));
        self.at += length;
    }

    fn find_nul(&self) -> usize {
        if self.next_nul >= self.at {
            return self.next_nul;
        }
        let rest = self.source.get(self.at..).unwrap_or_default();
        memchr(0, rest).map_or(self.source.len(), |nul| self.at + nul)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text, line number and ending of each logical line.
    fn read(source: &[u8]) -> Vec<(Vec<u8>, u32, Ending)> {
        let mut scanner = Scanner::new(source, 0, Reading::DEBIAN);
        let mut lines = Vec::new();
        while let Some(line) = scanner.next_line() {
            let mut text = if line.is_joined {
                Vec::new()
            } else {
                line.span.of(source).to_vec()
            };
            for piece in scanner.pieces() {
                if line.is_joined {
                    text.extend_from_slice(piece.source.of(source));
                }
            }
            if text.last() == Some(&b'\n') {
                text.pop();
            }
            lines.push((text, line.number, line.ending));
        }
        lines
    }

    fn row(text: &str, number: u32, ending: Ending) -> (Vec<u8>, u32, Ending) {
        (text.into(), number, ending)
    }

    #[test]
    fn f_line_01_splices_leave_nothing_behind() {
        assert_eq!(
            read(b"ss\\\nhd: A\\\n  B\n"),
            [row("sshd: A  B", 3, Ending::Newline)]
        );
        assert_eq!(read(b"a\\\\\nb\n"), [row("a\\b", 2, Ending::Newline)]);
    }

    #[test]
    fn f_line_07_a_splice_at_the_end_leaves_the_line_unterminated() {
        assert_eq!(read(b"a\\\n"), [row("a", 1, Ending::EndOfFile)]);
        assert_eq!(read(b"a\\"), [row("a\\", 0, Ending::EndOfFile)]);
        assert_eq!(read(b"\\\n"), [row("", 1, Ending::EndOfFile)]);
    }

    #[test]
    fn f_line_16_continuation_does_not_lift_the_limit() {
        for (first, second, fits) in [(2045, 1, true), (1000, 1046, true), (2045, 2, false)] {
            let mut source = vec![b'a'; first];
            source.extend_from_slice(b"\\\n");
            source.extend(vec![b'b'; second]);
            source.push(b'\n');
            let ending = if fits {
                Ending::Newline
            } else {
                Ending::TooLong
            };
            let lines = read(&source);
            assert_eq!(lines.iter().map(|l| l.2).collect::<Vec<_>>(), [ending]);
        }
    }

    #[test]
    fn f_line_17_nul_hides_the_rest_of_its_line() {
        assert_eq!(read(b"a\0junk\nb\n"), [row("ab", 1, Ending::Newline)]);
        assert_eq!(read(b"\0junk\n"), [row("", 0, Ending::EndOfFile)]);
        assert_eq!(read(b"a\0junk\n"), [row("a", 0, Ending::EndOfFile)]);
    }

    #[test]
    fn behind_a_line_that_is_too_long_the_next_line_is_found() {
        let mut source = vec![b'a'; 5000];
        source.extend_from_slice(b"\nb\n");
        let lines = read(&source);
        assert_eq!(lines.get(1), Some(&row("b", 2, Ending::Newline)));
    }
}
