//! A NUL hides the rest of its line, its newline included (F-LINE-17).

use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::span::{Span, offset};

pub(in crate::lint) fn check(view: LineView<'_, '_>, sink: &mut Sink) {
    // A line from which nothing was deleted has no NUL, but for one that is not read at all.
    if !view.line.is_joined() {
        return;
    }
    let span = view.span();
    let Some(at) = memchr::memchr(0, span.of(view.source())) else {
        return;
    };
    let at = span.start + offset(at);
    sink.report(Span::new(at, at + 1), || {
        (
            "a NUL byte hides the rest of its line and joins the next line to it".to_owned(),
            "take the NUL out; if there are many, the file is no plain text (UTF-16?)".to_owned(),
        )
    });
}
