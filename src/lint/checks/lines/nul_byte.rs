//! A NUL hides the rest of its line, its newline included (F-LINE-17).

use crate::diagnostic::Fix;
use crate::edit::Edit;
use crate::lint::fix::{Broken, edits};
use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::span::{Span, offset};

rows! {
    /// A line holds a NUL byte.
    ///
    /// NUL hides the rest of its physical line and the newline, so the next line is joined on.
    ///
    /// Repair: by hand
    /// Facts: F-LINE-17
    CHECK = Row::new("TW106", "nul-byte", Error, Either, Run::Line(check))
        .fixed(Repair::Line(fix)).shown(claims::mangled);
}

fn check(view: LineView<'_, '_>, sink: &mut Sink) {
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
            "remove the NUL; if there are many, the file is not plain text (UTF-16?)".to_owned(),
        )
    });
}

fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    let span = broken.line.span();
    let bytes = span.of(broken.source());
    let at = memchr::memchr_iter(0, bytes).map(|at| span.start + offset(at));
    let all: Vec<Edit> = at.map(|at| Edit::delete(Span::new(at, at + 1))).collect();
    (!all.is_empty()).then(|| edits("remove the NUL", all))
}
