//! A byte order mark becomes part of the first word (F-LINE-18).

use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::span::Span;

const MARK: &[u8] = b"\xef\xbb\xbf";

pub(in crate::lint) fn check(view: LineView<'_, '_>, sink: &mut Sink) {
    let span = view.line.span();
    if span.start > 0 || !span.of(view.source()).starts_with(MARK) {
        return;
    }
    sink.report(Span::new(0, 3), || {
        (
            "the file begins with a byte order mark: it is part of the first word, so the first \
             rule never matches, and a comment there is no comment"
                .to_owned(),
            "save the file as UTF-8 without a byte order mark".to_owned(),
        )
    });
}
