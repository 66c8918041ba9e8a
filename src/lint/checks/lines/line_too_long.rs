//! A logical line over libwrap's limit ends the table (F-LINE-14 to F-LINE-16).

use crate::engine::TableName;
use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::policy::Rule;
use crate::syntax::{LINE_LIMIT, LineKind, Reason};

pub(in crate::lint) fn check(view: LineView<'_, '_>, sink: &mut Sink) {
    if view.line.kind() != LineKind::Malformed(Reason::TooLong) {
        return;
    }
    sink.report(view.span(), || {
        let lines = view.line.tree().lines().skip(view.line.index() + 1);
        let lost = lines.filter_map(Rule::of).count();
        let what = match view.table {
            TableName::Allow => "is not used",
            TableName::Deny => "denies everybody that no rule before it decides",
        };
        (
            format!(
                "this line is longer than {LINE_LIMIT} bytes: it {what}, and nothing behind it is \
                 read (rules lost there: {lost})"
            ),
            "split it into several rules; a backslash before the newline does not lift the limit"
                .to_owned(),
        )
    });
}
