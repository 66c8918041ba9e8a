//! Replacements of byte ranges, and their application to a file in one pass.

use crate::span::{Span, index};
use thiserror::Error;

/// Replace the bytes of `span` by `replacement`; an empty span inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is removed.
    pub span: Span,
    /// What is put there.
    pub replacement: Vec<u8>,
}

impl Edit {
    /// Puts `text` before the byte at `at`.
    pub fn insert(at: u32, text: impl Into<Vec<u8>>) -> Self {
        Self {
            span: Span::empty(at),
            replacement: text.into(),
        }
    }

    /// Takes `span` out.
    pub fn delete(span: Span) -> Self {
        Self {
            span,
            replacement: Vec::new(),
        }
    }

    /// Puts `text` in place of `span`.
    pub fn replace(span: Span, text: impl Into<Vec<u8>>) -> Self {
        Self {
            span,
            replacement: text.into(),
        }
    }
}

/// Why a set of edits cannot be applied.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ApplyError {
    /// Two edits touch the same bytes.
    #[error("two edits overlap at byte {0}")]
    Overlap(u32),
    /// An edit lies outside the file.
    #[error("an edit ends at byte {0}, after the end of the file")]
    Outside(u32),
}

/// `source` with all `edits` made; insertions at one place keep their order.
///
/// # Errors
/// When two edits overlap or one lies outside `source`; nothing is applied then.
pub fn apply(source: &[u8], edits: &[Edit]) -> Result<Vec<u8>, ApplyError> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let more: usize = edits.iter().map(|edit| edit.replacement.len()).sum();
    let mut out = Vec::with_capacity(source.len() + more);
    let mut done = 0;
    for edit in sorted {
        if edit.span.start < done {
            return Err(ApplyError::Overlap(edit.span.start));
        }
        let kept = source.get(index(done)..index(edit.span.start));
        let gone = source.get(index(edit.span.start)..index(edit.span.end));
        let (Some(kept), Some(_)) = (kept, gone) else {
            return Err(ApplyError::Outside(edit.span.end));
        };
        out.extend_from_slice(kept);
        out.extend_from_slice(&edit.replacement);
        done = edit.span.end;
    }
    out.extend_from_slice(source.get(index(done)..).unwrap_or_default());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_applied_in_file_order() {
        let edits = [
            Edit::replace(Span::new(4, 5), "X"),
            Edit::insert(0, "<"),
            Edit::delete(Span::new(1, 3)),
            Edit::insert(5, ">"),
        ];
        assert_eq!(apply(b"abcde", &edits).unwrap(), b"<adX>");
    }

    #[test]
    fn overlap_and_outside_are_refused() {
        let overlap = [Edit::delete(Span::new(0, 3)), Edit::delete(Span::new(2, 4))];
        assert_eq!(apply(b"abcde", &overlap), Err(ApplyError::Overlap(2)));
        assert_eq!(
            apply(b"ab", &[Edit::insert(3, "x")]),
            Err(ApplyError::Outside(3))
        );
    }
}
