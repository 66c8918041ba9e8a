//! The last line has no newline, in a build of libwrap that skips this line and goes on
//! (F-LINE-12, F-LINE-13).

use crate::lint::finding::About;
use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::syntax::{LineKind, Reason};

rows! {
    /// The last line does not end with a newline, in a build of libwrap that skips this line.
    ///
    /// The rule does nothing: what it grants is not granted, and what it denies gets in. Debian's
    /// libwrap takes it otherwise (TW101).
    ///
    /// Repair: by hand
    /// Facts: F-LINE-07 F-LINE-12 F-LINE-13
    CHECK = Row::new("TW113", "skipped-last-line", Error, Missed, Run::Line(check))
        .only_where(|dialect| !dialect.reading.unterminated_ends);
}

fn check(view: LineView<'_, '_>, sink: &mut Sink) {
    if view.line.kind() != LineKind::Malformed(Reason::Unterminated) {
        return;
    }
    let text = view.line.text(view.line.span());
    // Nothing is lost with a comment or a blank line.
    if text.first() == Some(&b'#') || !text.contains(&b':') {
        return;
    }
    let title = sink.dialect().title;
    let about = || About::Rule([&*text, b"\n"].concat());
    sink.report_about(view.span(), about, || {
        (
            format!(
                "the last line does not end with a newline: libwrap of {title} skips it, and the \
                 rule does nothing"
            ),
            "end the file with a newline, and no backslash before it".to_owned(),
        )
    });
}
