//! The last line has no newline: the allow table loses it, the deny table denies everybody
//! (F-LINE-12, F-LINE-13).

use crate::engine::TableName;
use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::syntax::{LineKind, Reason};

pub(in crate::lint) fn check(view: LineView<'_, '_>, sink: &mut Sink) {
    if view.line.kind() != LineKind::Malformed(Reason::Unterminated) {
        return;
    }
    sink.report(view.span(), || {
        let text = view.span().of(view.source());
        let is_nothing = text.starts_with(b"#") || !text.contains(&b':');
        let what = match view.table {
            TableName::Allow if is_nothing => "libwrap does not use it",
            TableName::Allow => "libwrap does not use it, and what it says is lost",
            TableName::Deny => {
                "libwrap denies everybody that no rule before it decides, even if it is a comment"
            }
        };
        (
            format!("the last line does not end with a newline: {what}"),
            "end the file with a newline, and no backslash before it".to_owned(),
        )
    });
}
