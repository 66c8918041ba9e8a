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
        "TW325" => {
            let network = word::ipv6_network(text)?;
            let edit = Edit::replace(found.span, network);
            safe("write the network", vec![edit])
        }
        "TW406" => bold("write ALL", found.span, b"ALL".to_vec()),
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
        code => lines::of(code, found.span, line).or_else(|| {
            let new = word::meant(code, text)?;
            bold("write what is meant", found.span, new)
        }),
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
