//! A line over the limit, in a build of libwrap that skips its start and reads its end as a line of
//! its own (F-LINE-14 to F-LINE-16).

use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::syntax::{LINE_LIMIT, LineKind, Reason};

rows! {
    /// A line is longer than 2046 bytes, in a build of libwrap that cuts it.
    ///
    /// The first 2047 bytes are skipped, and the rest is read as a line of its own: the end of a
    /// list of clients becomes daemons, the end of a comment may become a rule.
    ///
    /// Repair: by hand
    /// Facts: F-LINE-14 F-LINE-15 F-LINE-16
    CHECK = Row::new("TW115", "long-line-cut", Error, Either, Run::Line(check))
        .only_where(|dialect| dialect.reading.too_long == TooLong::Cut);
}

fn check(view: LineView<'_, '_>, sink: &mut Sink) {
    if view.line.kind() != LineKind::Malformed(Reason::TooLong) {
        return;
    }
    let title = sink.dialect().title;
    sink.report(view.span(), || {
        (
            format!(
                "this line is longer than {LINE_LIMIT} bytes: libwrap of {title} skips its first \
                 {} bytes and reads the rest as a line of its own",
                LINE_LIMIT + 1
            ),
            "split it into several lines; a backslash before the newline does not lift the limit"
                .to_owned(),
        )
    });
}
