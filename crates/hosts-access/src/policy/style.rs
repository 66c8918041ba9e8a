//! One style for tables: spacing, separators and continued lines. Only what means nothing to
//! libwrap is changed.

use crate::policy::rule::{Element, List, Rule};
use crate::span::{Span, index};
use crate::syntax::{LINE_LIMIT, Line, TokenKind, Tree};

/// Longer lists go on in the next line, where a word ends before this column. Options stay in one
/// line: whoever removes a line with `sed` must not leave half a rule behind.
pub const WIDTH: usize = 100;
/// Between two words where a rule goes on in the next line.
const BREAK: &[u8] = b" \\\n    ";
/// What libwrap joins: the backslash and the newline are not part of the logical line.
const SPLICE: usize = 2;

/// The table in one style.
pub fn formatted(tree: &Tree<'_>) -> Vec<u8> {
    let source = tree.source();
    let mut out = Vec::with_capacity(source.len());
    let mut done = 0;
    for (span, new) in restyled(tree) {
        out.extend_from_slice(source.get(done..index(span.start)).unwrap_or_default());
        out.extend_from_slice(&new);
        done = index(span.end);
    }
    out.extend_from_slice(source.get(done..).unwrap_or_default());
    out
}

/// The lines of the table that are in another style, each with what it becomes.
pub fn restyled(tree: &Tree<'_>) -> impl Iterator<Item = (Span, Vec<u8>)> {
    let source = tree.source();
    let is_crlf = is_crlf(tree);
    let end: &[u8] = if is_crlf { b"\r\n" } else { b"\n" };
    tree.lines().filter_map(move |line| {
        Rule::of(line).filter(|_| line.is_read())?;
        let mut new = styled(line, !is_crlf)?;
        new.extend_from_slice(end);
        (new != line.span().of(source)).then(|| (line.span(), new))
    })
}

/// Whether all lines of a table end in CR and LF, and there is one. Such a table gets no line that
/// ends otherwise.
pub fn is_crlf(tree: &Tree<'_>) -> bool {
    let mut ended = tree
        .lines()
        .map(|line| line.span().of(tree.source()))
        .filter(|line| line.ends_with(b"\n"))
        .peekable();
    ended.peek().is_some() && ended.all(|line| line.ends_with(b"\r\n"))
}

/// Whether two tables hold the same rules in the same order, word for word, and the same other
/// lines: then every verdict is the same.
pub fn means_the_same(a: &Tree<'_>, b: &Tree<'_>) -> bool {
    a.lines().len() == b.lines().len() && a.lines().zip(b.lines()).all(|(a, b)| is_same_line(a, b))
}

/// Whether two lines hold the same rule, word for word, or the same text.
pub(crate) fn is_same_line(a: Line<'_, '_>, b: Line<'_, '_>) -> bool {
    a.is_read() == b.is_read()
        && match (Rule::of(a), Rule::of(b)) {
            (Some(a), Some(b)) => is_same_rule(a, b),
            (None, None) => a.text(a.span()) == b.text(b.span()),
            (Some(_), None) | (None, Some(_)) => false,
        }
}

fn is_same_rule(a: Rule<'_, '_>, b: Rule<'_, '_>) -> bool {
    let are_same_options = || {
        let (left, right) = (a.options(), b.options());
        let mut options = left.iter().zip(&right);
        left.len() == right.len()
            && options.all(|(a, b)| (&a.name, &a.value) == (&b.name, &b.value))
    };
    is_same_list(a.daemons(), b.daemons())
        && is_same_list(a.clients(), b.clients())
        && (!a.has_options() && !b.has_options() || are_same_options())
}

fn is_same_list(a: List<'_, '_>, b: List<'_, '_>) -> bool {
    let (mut a, mut b) = (a.elements(), b.elements());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(Element::Except { .. }), Some(Element::Except { .. })) => {}
            (Some(Element::Pattern { text: a, .. }), Some(Element::Pattern { text: b, .. }))
                if a == b => {}
            _ => return false,
        }
    }
}

/// A rule in one style, without its newline; nothing if it must stay as it is. A line that ends in
/// a backslash and CR LF does not go on (F-LINE-03), so some rules `may_fold` and others not.
fn styled(line: Line<'_, '_>, may_fold: bool) -> Option<Vec<u8>> {
    let flat = Flat::of(line)?;
    // A `#` must not come to the first column (F-LINE-08), nor a backslash that a space kept from
    // the newline to its end (F-LINE-03).
    if flat.text.starts_with(b"#") || flat.text.ends_with(b"\\") {
        return None;
    }
    let (folded, joined) = flat.folded();
    if may_fold && joined < LINE_LIMIT {
        return Some(folded);
    }
    (flat.text.len() <= LINE_LIMIT).then_some(flat.text)
}

/// A rule in one line, and the spaces at which it can be broken.
#[derive(Default)]
struct Flat {
    text: Vec<u8>,
    blanks: Vec<usize>,
    /// Where the lists end and the options start, if there are any: options are not broken.
    lists: Option<usize>,
}

impl Flat {
    /// Nothing if a NUL hides a part of the line.
    fn of(line: Line<'_, '_>) -> Option<Self> {
        if line.span().of(line.tree().source()).contains(&0) {
            return None;
        }
        let mut flat = Self::default();
        let mut colons = 0;
        for token in line.tokens() {
            match token.kind {
                TokenKind::Separator | TokenKind::White => flat.blank(colons < 2),
                TokenKind::Colon => {
                    flat.trim();
                    if colons == 1 {
                        flat.lists = Some(flat.text.len());
                    }
                    // `daemons: clients : option : option`
                    if colons > 0 && !flat.text.ends_with(b":") {
                        flat.blank(false);
                    }
                    flat.text.extend_from_slice(b": ");
                    colons += 1;
                }
                // After a keyword a second `=` would belong to the value (F-OPT-06).
                TokenKind::Assign
                | TokenKind::Item
                | TokenKind::Except
                | TokenKind::OptionName
                | TokenKind::OptionValue
                | TokenKind::Garbage
                | TokenKind::Comment => flat.text.extend_from_slice(&line.text(token.span)),
                TokenKind::Newline | TokenKind::Splice | TokenKind::Hidden => {}
            }
        }
        flat.trim();
        Some(flat)
    }

    /// One space between two words, however many there were; the line `may_break` at it.
    fn blank(&mut self, may_break: bool) {
        if !self.text.is_empty() && !self.text.ends_with(b" ") {
            if may_break {
                self.blanks.push(self.text.len());
            }
            self.text.push(b' ');
        }
    }

    fn trim(&mut self) {
        let end = self.text.trim_ascii_end().len();
        self.text.truncate(end);
        self.blanks.retain(|&blank| blank < end);
    }

    /// Broken where it is too long, and the length of what libwrap makes of it.
    fn folded(&self) -> (Vec<u8>, usize) {
        let mut folded = Vec::with_capacity(self.text.len());
        let (mut done, mut start, mut splices) = (0, 0, 0);
        let whole = self.lists.unwrap_or(self.text.len());
        let ends = self.blanks.iter().skip(1).chain([&whole]);
        for (&blank, &end) in self.blanks.iter().zip(ends) {
            let column = folded.len() - start + (end - done);
            // The last word needs no room for a backslash.
            let room = if end == whole { WIDTH } else { WIDTH - SPLICE };
            if column <= room {
                continue;
            }
            folded.extend_from_slice(self.text.get(done..blank).unwrap_or_default());
            folded.extend_from_slice(BREAK);
            start = folded.len() - (BREAK.len() - 3);
            done = blank + 1;
            splices += 1;
        }
        folded.extend_from_slice(self.text.get(done..).unwrap_or_default());
        let joined = folded.len() - SPLICE * splices;
        (folded, joined)
    }
}
