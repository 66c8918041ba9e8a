//! The tree of a table: lines, and the tokens that tile them. Flat and small, because tables of a
//! million rules exist.

use crate::span::{Span, index, offset};
use crate::syntax::grammar;
use crate::syntax::grammar::Lexeme;
use crate::syntax::kinds::{LineKind, Reason, Token, TokenKind};
use crate::syntax::lines::{Ending, LogicalLine, Piece};
use crate::syntax::reading::{Reading, TooLong, is_idle};
use crate::syntax::tokens::Tokens;
use std::borrow::Cow;

/// A parsed table. The tokens of its lines tile the source.
#[derive(Debug, Clone)]
pub struct Tree<'s> {
    source: &'s [u8],
    reading: Reading,
    rows: Vec<Row>,
    tokens: Tokens,
    pieces: Vec<Piece>,
    joined: Vec<Joined>,
    unread_from: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    start: u32,
    number: u32,
    first_token: u32,
    kind: LineKind,
    is_joined: bool,
}

/// Where the pieces of a joined line begin.
#[derive(Debug, Clone, Copy)]
struct Joined {
    row: u32,
    first_piece: u32,
}

impl<'s> Tree<'s> {
    /// The bytes this tree was read from.
    pub fn source(&self) -> &'s [u8] {
        self.source
    }

    /// How it was read.
    pub fn reading(&self) -> Reading {
        self.reading
    }

    /// All logical lines, also those that libwrap never reads.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = Line<'_, 's>> + ExactSizeIterator {
        (0..self.rows.len()).map(|row| Line { tree: self, row })
    }

    /// The line at `index`, from 0.
    pub fn line(&self, index: usize) -> Option<Line<'_, 's>> {
        (index < self.rows.len()).then_some(Line {
            tree: self,
            row: index,
        })
    }

    /// The line at which libwrap stops reading, if it does not reach the end: unterminated or too
    /// long. Neither it nor any line after it is used.
    pub fn broken_line(&self) -> Option<Line<'_, 's>> {
        self.unread_from.and_then(|row| self.line(index(row)))
    }

    /// The source again, put together from the tokens.
    pub fn print(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.source.len());
        for line in self.lines() {
            for token in line.tokens() {
                out.extend_from_slice(token.span.of(self.source));
            }
        }
        out
    }

    /// The pieces of a joined line.
    fn pieces_of(&self, row: usize) -> &[Piece] {
        let at = self
            .joined
            .partition_point(|joined| index(joined.row) < row);
        let first = |joined: Option<&Joined>| {
            joined.map_or(self.pieces.len(), |joined| index(joined.first_piece))
        };
        self.pieces
            .get(first(self.joined.get(at))..first(self.joined.get(at + 1)))
            .unwrap_or_default()
    }
}

/// A logical line of a tree.
#[derive(Debug, Clone, Copy)]
pub struct Line<'t, 's> {
    tree: &'t Tree<'s>,
    row: usize,
}

impl<'t, 's> Line<'t, 's> {
    /// Its place among the lines of the tree, from 0.
    pub fn index(self) -> usize {
        self.row
    }

    /// The tree it belongs to.
    pub fn tree(self) -> &'t Tree<'s> {
        self.tree
    }

    /// What it is.
    pub fn kind(self) -> LineKind {
        self.row().kind
    }

    /// All its bytes, newline included.
    pub fn span(self) -> Span {
        let end = self.tree.rows.get(self.row + 1).map(|next| next.start);
        Span::new(
            self.row().start,
            end.unwrap_or(offset(self.tree.source.len())),
        )
    }

    /// The line number libwrap reports: that of the last physical line (F-LINE-02).
    pub fn number(self) -> u32 {
        self.row().number
    }

    /// The number of its last physical line in the file, from 1. libwrap counts complete lines,
    /// and so reports that of the line before for one without a newline or of too many bytes.
    pub fn shown_number(self) -> u32 {
        let is_counted = !matches!(
            self.kind(),
            LineKind::Malformed(Reason::Unterminated | Reason::TooLong)
        );
        self.number() + u32::from(!is_counted)
    }

    /// Whether libwrap uses it, that is, whether it stands before [`Tree::broken_line`].
    pub fn is_read(self) -> bool {
        self.tree
            .unread_from
            .is_none_or(|broken| self.row < index(broken))
    }

    /// Whether libwrap deletes bytes inside of it: splices or what a NUL hides.
    pub fn is_joined(self) -> bool {
        self.row().is_joined
    }

    /// Its tokens, which tile [`Line::span`].
    pub fn tokens(self) -> impl Iterator<Item = Token> + 't {
        let tree = self.tree;
        let (start, end) = (self.span().start, self.span().end);
        let first = index(self.row().first_token);
        let next = tree.rows.get(self.row + 1);
        let behind = next.map_or(tree.tokens.len(), |next| index(next.first_token));
        // A token ends where the next one starts.
        let mut ahead = tree.tokens.get(first).filter(|_| first < behind);
        (first..behind).filter_map(move |at| {
            let (kind, distance) = ahead?;
            ahead = tree.tokens.get(at + 1).filter(|_| at + 1 < behind);
            let token_end = ahead.map_or(end, |(_, distance)| start + distance);
            Some(Token {
                kind,
                span: Span::new(start + distance, token_end),
            })
        })
    }

    /// The bytes in `span` that libwrap keeps: the source without splices and hidden bytes.
    pub fn text(self, span: Span) -> Cow<'s, [u8]> {
        if !self.is_joined() {
            return Cow::Borrowed(span.of(self.tree.source));
        }
        let pieces = self.tree.pieces_of(self.row);
        let first = pieces.partition_point(|piece| piece.source.end <= span.start);
        let mut text = Vec::new();
        for piece in pieces.get(first..).unwrap_or_default() {
            if piece.source.start >= span.end {
                break;
            }
            let kept = Span::new(
                piece.source.start.max(span.start),
                piece.source.end.min(span.end),
            );
            text.extend_from_slice(kept.of(self.tree.source));
        }
        Cow::Owned(text)
    }

    fn row(self) -> &'t Row {
        const NONE: &Row = &Row {
            start: 0,
            number: 0,
            first_token: 0,
            kind: LineKind::Blank,
            is_joined: false,
        };
        self.tree.rows.get(self.row).unwrap_or(NONE)
    }
}

/// Builds a tree line by line.
#[derive(Debug)]
pub(super) struct Builder<'s> {
    tree: Tree<'s>,
    text: Vec<u8>,
}

impl<'s> Builder<'s> {
    pub(super) fn new(source: &'s [u8], reading: Reading) -> Self {
        let tree = Tree {
            source,
            reading,
            rows: Vec::new(),
            tokens: Tokens::default(),
            pieces: Vec::new(),
            joined: Vec::new(),
            unread_from: None,
        };
        Self {
            tree,
            text: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Tree<'s> {
        self.tree
    }

    /// Adds one logical line with its tokens.
    pub(super) fn line(&mut self, line: &LogicalLine, pieces: &[Piece]) {
        let first_token = offset(self.tree.tokens.len());
        let kind = if line.is_joined {
            let row = offset(self.tree.rows.len());
            self.tree.joined.push(Joined {
                row,
                first_piece: offset(self.tree.pieces.len()),
            });
            self.tree.pieces.extend_from_slice(pieces);
            self.joined_line(line, pieces)
        } else {
            self.plain_line(line)
        };
        let reading = self.tree.reading;
        let ends = match kind {
            LineKind::Malformed(Reason::Unterminated) => reading.unterminated_ends,
            LineKind::Malformed(Reason::TooLong) => reading.too_long != TooLong::Cut,
            LineKind::Blank
            | LineKind::Comment
            | LineKind::Rule
            | LineKind::Malformed(Reason::MissingColon) => false,
        };
        if ends {
            self.tree
                .unread_from
                .get_or_insert(offset(self.tree.rows.len()));
        }
        self.tree.rows.push(Row {
            start: line.span.start,
            number: line.number,
            first_token,
            kind,
            is_joined: line.is_joined,
        });
    }

    /// Adds lines that are left out, as one blank line.
    pub(super) fn passed(&mut self, line: &LogicalLine) {
        let first_token = offset(self.tree.tokens.len());
        self.tree.tokens.push(TokenKind::Separator, 0);
        self.tree.rows.push(Row {
            start: line.span.start,
            number: line.number,
            first_token,
            kind: LineKind::Blank,
            is_joined: false,
        });
    }

    fn plain_line(&mut self, line: &LogicalLine) -> LineKind {
        let newline = u32::from(line.ending == Ending::Newline);
        let span = Span::new(line.span.start, line.span.end - newline);
        let text = span.of(self.tree.source);
        let (tokens, reading) = (&mut self.tree.tokens, self.tree.reading);
        let mut distance = 0;
        let kind = classify(line.ending, text, reading, &mut |(kind, text): Lexeme<
            '_,
        >| {
            if !text.is_empty() {
                tokens.push(kind, distance);
                distance += offset(text.len());
            }
        });
        if newline > 0 {
            tokens.push(TokenKind::Newline, span.len());
        }
        kind
    }

    fn joined_line(&mut self, line: &LogicalLine, pieces: &[Piece]) -> LineKind {
        self.text.clear();
        for piece in pieces {
            self.text
                .extend_from_slice(piece.source.of(self.tree.source));
        }
        let reading = self.tree.reading;
        let mut placer = Placer::new(self.tree.source, &mut self.tree.tokens, line.span, pieces);
        let mut place = |(kind, text): Lexeme<'_>| placer.place(kind, text.len());
        let kind = classify(line.ending, &self.text, reading, &mut place);
        placer.finish(line.ending == Ending::Newline);
        kind
    }
}

/// The kind of a line, from how it ended or else from its text.
fn classify<'i>(
    ending: Ending,
    text: &'i [u8],
    reading: Reading,
    sink: &mut impl FnMut(Lexeme<'i>),
) -> LineKind {
    let reason = match ending {
        Ending::Newline => {
            let (kept, comment) = text.split_at(reading.before_comment(text));
            if comment.is_empty() {
                return grammar::line(text, reading.brackets, sink);
            }
            let kind = grammar::line(kept, reading.brackets, sink);
            sink((TokenKind::Comment, comment));
            return if is_idle(kept) {
                LineKind::Comment
            } else {
                kind
            };
        }
        // Nothing but splices and hidden bytes: libwrap reports the end of the file (F-LINE-07).
        Ending::EndOfFile if text.is_empty() => return LineKind::Blank,
        Ending::EndOfFile => Reason::Unterminated,
        Ending::TooLong => Reason::TooLong,
    };
    sink((TokenKind::Garbage, text));
    LineKind::Malformed(reason)
}

/// Puts the tokens of a joined line back into the source, with the deleted bytes between them.
struct Placer<'a> {
    source: &'a [u8],
    tokens: &'a mut Tokens,
    line: Span,
    pieces: &'a [Piece],
    /// Bytes of the line's text that have a place.
    text: u32,
    /// Where the next token starts in the source.
    at: u32,
}

impl<'a> Placer<'a> {
    fn new(source: &'a [u8], tokens: &'a mut Tokens, line: Span, pieces: &'a [Piece]) -> Self {
        Self {
            source,
            tokens,
            line,
            pieces,
            text: 0,
            at: line.start,
        }
    }

    /// Places the next `length` bytes of the line's text.
    fn place(&mut self, kind: TokenKind, length: usize) {
        if length == 0 {
            return;
        }
        let last = self.text + offset(length) - 1;
        let (Some(start), Some(end)) = (self.source_of(self.text), self.source_of(last)) else {
            return;
        };
        self.fill_to(start);
        self.tokens.push(kind, start - self.line.start);
        self.at = end + 1;
        self.text = last + 1;
    }

    /// Accounts for the bytes after the last token.
    fn finish(&mut self, has_newline: bool) {
        let end = self.line.end - u32::from(has_newline);
        self.fill_to(end);
        if has_newline {
            self.tokens.push(TokenKind::Newline, end - self.line.start);
        }
    }

    fn fill_to(&mut self, end: u32) {
        if self.at < end {
            let is_hidden = self.source.get(index(self.at)) == Some(&0);
            let kind = if is_hidden {
                TokenKind::Hidden
            } else {
                TokenKind::Splice
            };
            self.tokens.push(kind, self.at - self.line.start);
            self.at = end;
        }
    }

    fn source_of(&mut self, text: u32) -> Option<u32> {
        let at = self
            .pieces
            .partition_point(|piece| piece.text <= text)
            .checked_sub(1)?;
        let piece = self.pieces.get(at)?;
        Some(piece.source.start + (text - piece.text))
    }
}
