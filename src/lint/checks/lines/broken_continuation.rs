//! A backslash, then a space or a carriage return, then the newline: no continuation (F-LINE-03).

use crate::lint::fix::replace;
use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::span::{Span, offset};
use crate::syntax::{LineKind, Reason};

rows! {
    /// A space, a tab or a carriage return stands between a backslash and the newline.
    ///
    /// Then the line is not continued: the backslash becomes a word and the next line stands alone,
    /// so exceptions written there are lost.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-LINE-03
    CHECK = Row::new("TW103", "broken-continuation", Error, Either, Run::Line(check))
        .fixed(Repair::Line(|broken| {
            let spaces = Span::new(broken.span.start + 1, broken.span.end);
            Some(replace("end the line with the backslash", spaces, ""))
        })).shown(claims::mangled);
}

fn check(view: LineView<'_, '_>, sink: &mut Sink) {
    let kind = view.line.kind();
    if !matches!(
        kind,
        LineKind::Rule | LineKind::Malformed(Reason::MissingColon)
    ) {
        return;
    }
    let span = view.span();
    let bytes = span.of(view.source());
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    let Some(last) = bytes.iter().rposition(|byte| !is_space(byte)) else {
        return;
    };
    if bytes.get(last) != Some(&b'\\') || last + 1 == bytes.len() {
        return;
    }
    sink.report(Span::new(span.start + offset(last), span.end), || {
        let what = if bytes.ends_with(b"\r") {
            "a carriage return"
        } else {
            "a space or tab"
        };
        (
            format!(
                "{what} stands between the backslash and the newline: the line is not continued, \
                 the backslash becomes a word and the next line stands alone"
            ),
            "end the line with the backslash itself".to_owned(),
        )
    });
}
