//! A byte order mark becomes part of the first word (F-LINE-18).

use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::span::Span;

rows! {
    /// The file begins with a byte order mark.
    ///
    /// The mark becomes part of the first word: a first rule never matches, and a first comment is
    /// not a comment.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-LINE-18
    CHECK = Row::new("TW107", "byte-order-mark", Error, Either, Run::Line(check))
        .fixed(Repair::Replace("remove the byte order mark", ""))
        .shown(|shown| {
            vec![
                (shown.missed(Reach::MissedByDaemon), &[Group::Line, Group::Strangers]),
                (shown.own(), &[Group::Line]),
            ]
        });
}

const MARK: &[u8] = b"\xef\xbb\xbf";

fn check(view: LineView<'_, '_>, sink: &mut Sink) {
    let span = view.line.span();
    if span.start > 0 || !span.of(view.source()).starts_with(MARK) {
        return;
    }
    sink.report(Span::new(0, 3), || {
        (
            "the file begins with a byte order mark: it is part of the first word, so the first \
             rule never matches, and a comment there is not a comment"
                .to_owned(),
            "save the file as UTF-8 without a byte order mark".to_owned(),
        )
    });
}
