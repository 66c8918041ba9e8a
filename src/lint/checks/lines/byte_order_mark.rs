//! A byte order mark becomes part of the first word (F-LINE-18).

use crate::diagnostic::Fix;
use crate::lint::check::Harm;
use crate::lint::claims::{Group, Reach, Shown, Step};
use crate::lint::fix::{Broken, replace};
use crate::lint::row::{Repair, Row, Run, row};
use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::span::Span;

row! {
    /// The file begins with a byte order mark.
    ///
    /// The mark becomes part of the first word: a first rule never matches, and a first comment is
    /// no comment.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-LINE-18
    pub(in crate::lint) const CHECK: Row = Row::error("TW107", "byte-order-mark", Harm::Either)
        .run(Run::Line(check))
        .fixed(Repair::Line(fix))
        .shown(shown);
}

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

fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    Some(replace("remove the byte order mark", broken.span, ""))
}

fn shown(shown: &Shown<'_>) -> Vec<Step> {
    vec![
        (
            shown.missed(Reach::MissedByDaemon),
            &[Group::Line, Group::Strangers],
        ),
        (shown.own(), &[Group::Line]),
    ]
}
