//! Where in a table something stands, and what libwrap makes of that line.

use crate::engine::TableName;
use crate::policy::Rule;
use crate::span::{index, offset};
use crate::syntax::{Line, LineKind, TokenKind, Tree};

/// As many bytes of a line are kept.
const KEPT: usize = 120;

/// What a line is to libwrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineNature {
    /// A rule.
    Rule,
    /// A comment.
    Comment,
    /// No rule: it has no colon outside of brackets, or is blank, and is skipped.
    Skipped,
    /// The line at which libwrap stops reading: without a newline, or too long.
    Broken,
    /// It stands after such a line and is never read, or in bytes that libwrap deletes.
    Unread,
}

/// A place in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinePlace {
    /// The table.
    pub table: TableName,
    /// The physical line, from 1.
    pub line: usize,
    /// The column in bytes, from 1.
    pub column: usize,
    /// The physical line, or its beginning if it is long, as bytes.
    pub text: Vec<u8>,
    /// How many bytes the physical line has.
    pub length: usize,
    /// What libwrap makes of it.
    pub nature: LineNature,
}

/// The place at an offset.
pub(super) fn place_at(table: TableName, tree: &Tree<'_>, at: usize) -> LinePlace {
    let source = tree.source();
    let head = source.get(..at).unwrap_or(source);
    let start = memchr::memrchr(b'\n', head).map_or(0, |newline| newline + 1);
    let rest = source.get(start..).unwrap_or_default();
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let text = rest.get(..end.min(KEPT)).unwrap_or_default();
    LinePlace {
        table,
        line: memchr::memchr_iter(b'\n', head).count() + 1,
        column: head.len() - start + 1,
        text: text.to_vec(),
        length: end,
        nature: logical(tree, at).map_or(LineNature::Unread, |line| nature(line, at)),
    }
}

/// The place of a rule.
pub(super) fn place_of(table: TableName, line: Line<'_, '_>) -> LinePlace {
    let start = Rule::of(line).map_or(line.span().start, |rule| rule.daemons().span().start);
    place_at(table, line.tree(), index(start))
}

/// The place of the line that libwrap reports under a number (F-LINE-02).
pub(super) fn place_of_number(table: TableName, tree: &Tree<'_>, number: u32) -> Option<LinePlace> {
    let from = first(tree, |line| line.number() >= number);
    let lines = (from..).map_while(|row| tree.line(row));
    let mut same = lines.take_while(|line| line.number() == number);
    same.find(|line| line.kind() == LineKind::Rule)
        .map(|line| place_of(table, line))
}

/// The logical line that holds an offset.
fn logical<'t, 's>(tree: &'t Tree<'s>, at: usize) -> Option<Line<'t, 's>> {
    tree.line(first(tree, |line| index(line.span().end) > at))
}

/// The first line of which something holds that holds of all after it.
fn first(tree: &Tree<'_>, holds: impl Fn(Line<'_, '_>) -> bool) -> usize {
    let (mut low, mut high) = (0, tree.lines().len());
    while low < high {
        let middle = low + (high - low) / 2;
        if tree.line(middle).is_some_and(&holds) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

fn nature(line: Line<'_, '_>, at: usize) -> LineNature {
    if is_broken(line) {
        return LineNature::Broken;
    }
    if !line.is_read() {
        return LineNature::Unread;
    }
    let at = offset(at);
    let mut tokens = line.tokens();
    let token = tokens.find(|token| token.span.start <= at && at < token.span.end);
    let is = |kind| token.is_some_and(|token| token.kind == kind);
    match line.kind() {
        LineKind::Comment => LineNature::Comment,
        LineKind::Blank | LineKind::Malformed(_) => LineNature::Skipped,
        LineKind::Rule if is(TokenKind::Comment) => LineNature::Comment,
        LineKind::Rule if is(TokenKind::Hidden) => LineNature::Unread,
        LineKind::Rule => LineNature::Rule,
    }
}

fn is_broken(line: Line<'_, '_>) -> bool {
    let broken = line.tree().broken_line();
    broken.is_some_and(|broken| broken.index() == line.index())
}
