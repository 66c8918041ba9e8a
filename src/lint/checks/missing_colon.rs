//! A line without a colon is skipped (F-LINE-22).

use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::syntax::{LineKind, Reason};

pub(in crate::lint) fn check(view: LineView<'_, '_>, sink: &mut Sink) {
    if view.line.kind() != LineKind::Malformed(Reason::MissingColon) {
        return;
    }
    let span = view.span();
    let bytes = span.of(view.source());
    sink.report(span, || {
        if bytes.trim_ascii_start().starts_with(b"#") {
            return (
                "the `#` is not in the first column, so this is no comment but a rule without \
                 colon, which is skipped"
                    .to_owned(),
                "begin the comment in the first column".to_owned(),
            );
        }
        let colon = if bytes.contains(&b':') {
            "no colon outside of brackets separates daemons from clients"
        } else {
            "no colon separates daemons from clients"
        };
        (
            format!("{colon}: the line is skipped and does nothing"),
            "write `daemon: client`, or begin the line with `#`".to_owned(),
        )
    });
}
