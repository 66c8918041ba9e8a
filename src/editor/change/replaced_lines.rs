//! What becomes of the lines of a table: some are replaced, some go, and blank lines between them.

use crate::edit::Edit;
use crate::policy::is_crlf;
use crate::span::Span;
use crate::syntax::{LineKind, Tree};

/// As many lines as one edit takes the place of: the beginning of a long change can then be shown.
const STRETCH: usize = 128;

/// What becomes of the lines of a table.
pub(crate) struct Lines<'t> {
    tree: &'t Tree<'t>,
    pub(crate) ends_in_cr: bool,
    /// Lines that are replaced, each once, by a rule or by nothing.
    new: Vec<(usize, Vec<u8>)>,
    /// Lines with which a blank line after them may go.
    pub(crate) loose: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(crate) fn of(tree: &'t Tree<'t>) -> Self {
        Self {
            tree,
            ends_in_cr: is_crlf(tree),
            new: Vec::new(),
            loose: Vec::new(),
        }
    }

    pub(crate) fn replace(&mut self, line: usize, rule: Vec<u8>) {
        self.new.push((line, rule));
    }

    /// The edits, of a limited number of lines each.
    pub(crate) fn edits(mut self) -> Vec<Edit> {
        self.new.sort_unstable_by_key(|(line, _)| *line);
        self.loose.sort_unstable();
        self.take_blanks();
        let mut edits: Vec<Edit> = Vec::new();
        let mut count = 0;
        for (line, rule) in std::mem::take(&mut self.new) {
            let Some(line) = self.tree.line(line) else {
                continue;
            };
            let last = edits.last_mut().filter(|_| count < STRETCH);
            if let Some(last) = last.filter(|last| last.span.end == line.span().start) {
                last.span = Span::new(last.span.start, line.span().end);
                last.replacement.extend_from_slice(&rule);
                count += 1;
            } else {
                edits.push(Edit::replace(line.span(), rule));
                count = 1;
            }
        }
        edits
    }

    /// Blank lines between two rules that go, or are replaced, go too, unless a comment stands above.
    fn take_blanks(&mut self) {
        let mut blanks = Vec::new();
        for pair in self.new.windows(2) {
            let [(one, _), (next, _)] = pair else {
                continue;
            };
            let is_loose = |line: &usize| self.loose.binary_search(line).is_ok();
            let is_blank = |line: usize| {
                let line = self.tree.line(line);
                line.is_some_and(|line| line.kind() == LineKind::Blank)
            };
            if is_loose(one) && is_loose(next) && (one + 1..*next).all(is_blank) {
                blanks.extend((one + 1..*next).map(|line| (line, Vec::new())));
            }
        }
        self.new.append(&mut blanks);
        self.new.sort_unstable_by_key(|(line, _)| *line);
    }
}
