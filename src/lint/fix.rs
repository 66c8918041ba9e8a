//! How a finding is turned into edits: what a fix is told, and what it makes.

use super::machine_files::MachineFiles;
use super::view::RuleView;
use crate::diagnostic::Fix;
use crate::edit::Edit;
use crate::engine::TableName;
use crate::policy::{Dialect, Rule};
use crate::span::{Span, offset};
use crate::syntax::{Line, LineKind};

/// A finding and its line.
pub(super) struct Broken<'t, 's> {
    pub(super) span: Span,
    pub(super) table: TableName,
    pub(super) line: Line<'t, 's>,
    pub(super) dialect: &'static Dialect,
    /// The files that the tables name.
    pub(super) files: &'t dyn MachineFiles,
    /// Whether a text is a code of a check.
    pub(super) is_code: fn(&[u8]) -> bool,
}

impl<'t, 's> Broken<'t, 's> {
    /// The source of the table.
    pub(super) fn source(&self) -> &'s [u8] {
        self.line.tree().source()
    }

    /// What is marked.
    pub(super) fn text(&self) -> &'s [u8] {
        self.span.of(self.source())
    }

    pub(super) fn rule(&self) -> Option<RuleView<'t, 's>> {
        Rule::of(self.line).map(|rule| RuleView::new_in(self.table, rule, self.dialect))
    }

    /// The line and the end of its text before the newline; nothing if it is continued.
    pub(super) fn content(&self) -> Option<(Span, u32)> {
        let span = self.line.span();
        let bytes = span.of(self.source());
        let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        (!self.line.is_joined()).then(|| (span, span.start + offset(text.len())))
    }

    /// Where a line can be added to the table; nowhere if what stands last would swallow it.
    pub(super) fn end_of_table(&self) -> Option<u32> {
        let (tree, source) = (self.line.tree(), self.source());
        let is_open = !source.ends_with(b"\n") || source.ends_with(b"\\\n") || source.contains(&0);
        // What a label without a rule says would be about the new line.
        let is_open = is_open || tree.lines().next_back().is_some_and(is_label);
        let is_read = tree.broken_line().is_none();
        (is_read && !is_open).then(|| offset(source.len()))
    }

    /// Whether the line above is a comment in which tcpw keeps what it knows about this one.
    pub(super) fn is_labelled(&self) -> bool {
        let above = self.line.index().checked_sub(1);
        let above = above.and_then(|at| self.line.tree().line(at));
        above.is_some_and(is_label)
    }
}

fn is_label(line: Line<'_, '_>) -> bool {
    let text = line.span().of(line.tree().source());
    let hashes = text
        .iter()
        .take_while(|byte| b"# \t".contains(byte))
        .count();
    let words = text.get(hashes..).unwrap_or_default();
    line.kind() == LineKind::Comment
        && words
            .strip_prefix(b"tcpw:")
            .is_some_and(|rest| !rest.trim_ascii_start().starts_with(b"ignore="))
}

/// A fix that changes verdicts.
pub(super) fn edits(title: &str, edits: Vec<Edit>) -> Fix {
    Fix {
        title: title.to_owned(),
        edits,
        is_safe: false,
    }
}

/// A fix that changes verdicts, by writing another text.
pub(super) fn replace(title: &str, span: Span, new: impl Into<Vec<u8>>) -> Fix {
    edits(title, vec![Edit::replace(span, new)])
}

/// A fix that changes no verdict.
pub(super) fn safe(title: &str, edit: Edit) -> Fix {
    Fix {
        title: title.to_owned(),
        edits: vec![edit],
        is_safe: true,
    }
}
