//! The edits that repair a finding, by code.

use super::{lines, word};
use crate::diagnostic::{Diagnostic, Fix};
use crate::edit::Edit;
use crate::span::{Span, index};
use crate::syntax::Line;

/// The repair of a finding in `line`, where there is one that needs no thinking.
pub(super) fn of(found: &Diagnostic, line: Line<'_, '_>) -> Option<Fix> {
    let source = line.tree().source();
    let text = found.span.of(source);
    let is_plain = !line.is_joined();
    match found.code {
        // What stands twice, or is idle, can go.
        "TW702" | "TW706" if is_plain => safe("take the rule out", vec![Edit::delete(line.span())]),
        "TW120" if is_plain && !text.contains(&b' ') => lines::without_code(found.span, line),
        "TW212" => safe("take EXCEPT out", vec![Edit::delete(found.span)]),
        "TW213" => bold("take one EXCEPT out", found.span, b"EXCEPT".to_vec()),
        "TW101" => {
            let end = line.span().end;
            let is_open = source.ends_with(b"\\");
            (!is_open).then(|| {
                fix(
                    "end the file with a newline",
                    vec![Edit::insert(end, "\n")],
                    false,
                )
            })
        }
        "TW103" => {
            let blanks = Span::new(found.span.start + 1, found.span.end);
            bold("end the line with the backslash", blanks, Vec::new())
        }
        "TW106" => lines::without_nul(line),
        "TW109" | "TW110" | "TW504" => lines::with_comment_above(found.span, line),
        "TW111" => lines::as_utf8(line),
        "TW112" => lines::with_newlines(line),
        "TW203" => lines::with_option(found.span, line),
        "TW311" => lines::with_exception(found.span, line),
        "TW506" => lines::without_value(found.span, line),
        "TW703" => lines::moved_behind_all(line),
        "TW711" => lines::with_default(line),
        "TW104" => bold("take the backslash out", found.span, Vec::new()),
        "TW107" => bold("take the byte order mark out", found.span, Vec::new()),
        "TW108" => {
            let indent = Span::new(line.span().start, found.span.start);
            bold("move the # to the first column", indent, Vec::new())
        }
        "TW502" => bold("take the colon out", found.span, Vec::new()),
        "TW503" => {
            let colon = found.span.start;
            let is_colon = source.get(index(colon)) == Some(&b':');
            is_colon.then(|| fix("escape the colon", vec![Edit::insert(colon, "\\")], false))
        }
        "TW601" => {
            let edit = Edit::insert(found.span.end, " &");
            Some(fix("run it in the background", vec![edit], false))
        }
        "TW602" => {
            let edit = Edit::insert(found.span.start, "%");
            Some(fix("write two percent signs", vec![edit], false))
        }
        _ => word::meant(found.code, text)
            .and_then(|new| bold("write what is meant", found.span, new)),
    }
}

pub(super) fn fix(title: &str, edits: Vec<Edit>, is_safe: bool) -> Fix {
    Fix {
        title: title.to_owned(),
        edits,
        is_safe,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "an arm of a match of options")]
pub(super) fn safe(title: &str, edits: Vec<Edit>) -> Option<Fix> {
    Some(fix(title, edits, true))
}

#[expect(clippy::unnecessary_wraps, reason = "an arm of a match of options")]
pub(super) fn bold(title: &str, span: Span, new: Vec<u8>) -> Option<Fix> {
    Some(fix(title, vec![Edit::replace(span, new)], false))
}
