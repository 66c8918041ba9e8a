//! A line over the limit, in a build of libwrap that never comes back from it (F-LINE-14 to
//! F-LINE-16).

use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::syntax::{LINE_LIMIT, LineKind, Reason};

rows! {
    /// A line is longer than 2046 bytes, in a build of libwrap that hangs at it.
    ///
    /// The daemon that asks is busy for ever, even if the line is a comment. Whoever is decided by
    /// an earlier line still gets an answer; nobody else does.
    ///
    /// Repair: by hand
    /// Facts: F-LINE-14 F-LINE-15 F-LINE-16
    CHECK = Row::new("TW114", "line-hangs", Error, LocksOut, Run::Line(check))
        .only_where(|dialect| dialect.reading.too_long == TooLong::Hangs);
}

fn check(view: LineView<'_, '_>, sink: &mut Sink) {
    if view.line.kind() != LineKind::Malformed(Reason::TooLong) {
        return;
    }
    let title = sink.dialect().title;
    sink.report(view.span(), || {
        (
            format!(
                "this line is longer than {LINE_LIMIT} bytes: libwrap of {title} hangs at it with \
                 all of a processor, and nobody whom no line before it decides gets an answer"
            ),
            "split it into several lines; a backslash before the newline does not lift the limit"
                .to_owned(),
        )
    });
}
