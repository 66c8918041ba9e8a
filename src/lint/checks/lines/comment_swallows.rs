//! A comment that ends in a backslash takes the next line with it (F-LINE-05).

use crate::lint::finding::About;
use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::lint::words::quote;
use crate::span::{Span, offset};
use crate::syntax::LineKind;

rows! {
    /// A comment ends in a backslash and swallows the next line.
    ///
    /// Lines are joined before comments are recognised, so the rule after the comment is part of
    /// it.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-LINE-05
    CHECK = Row::new("TW104", "comment-swallows-rule", Error, Missed, Run::Line(check))
        .fixed(Repair::Replace("remove the backslash", "")).shown(claims::not_read);
}

fn check(view: LineView<'_, '_>, sink: &mut Sink) {
    if view.line.kind() != LineKind::Comment || !view.line.is_joined() {
        return;
    }
    let span = view.span();
    let bytes = span.of(view.source());
    let Some(splice) = memchr::memmem::find(bytes, b"\\\n") else {
        return;
    };
    let swallowed = bytes.get(splice + 2..).unwrap_or_default();
    if swallowed.first() == Some(&b'#') || !swallowed.contains(&b':') {
        return;
    }
    let at = span.start + offset(splice);
    let about = || About::Rule(swallowed.to_vec());
    sink.report_about(Span::new(at, at + 1), about, || {
        let first = swallowed.split(|&byte| byte == b'\n').next();
        let rule = quote(first.unwrap_or_default().trim_ascii());
        (
            format!(
                "the comment goes on after its last backslash: {rule} is part of it and does \
                     nothing"
            ),
            "remove the backslash at the end of the comment".to_owned(),
        )
    });
}
