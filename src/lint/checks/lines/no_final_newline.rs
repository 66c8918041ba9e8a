//! The last line has no newline: the allow table loses it, the deny table denies everybody
//! (F-LINE-12, F-LINE-13).

use crate::diagnostic::Fix;
use crate::edit::Edit;
use crate::engine::TableName;
use crate::lint::fix::{Broken, edits};
use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::syntax::{LineKind, Reason};

rows! {
    /// The last line does not end with a newline.
    ///
    /// libwrap does not use an unterminated line. In the allow table the rule is lost and the deny
    /// table decides; in the deny table everybody who gets that far is refused, even if the line is
    /// a comment.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-LINE-07 F-LINE-12 F-LINE-13
    CHECK = Row::new("TW101", "no-final-newline", Error, LocksOut, Run::Line(check))
        .only_where(|dialect| dialect.reading.unterminated_ends).fixed(Repair::Line(fix))
        .shown(claims::of_table_end).harm(harms::of_lost_line);
}

fn check(view: LineView<'_, '_>, sink: &mut Sink) {
    if view.line.kind() != LineKind::Malformed(Reason::Unterminated) {
        return;
    }
    sink.report(view.span(), || {
        let text = view.span().of(view.source());
        let is_nothing = text.starts_with(b"#") || !text.contains(&b':');
        let what = match view.table {
            TableName::Allow if is_nothing => "libwrap does not use it",
            TableName::Allow => "libwrap does not use it, and what it says is lost",
            TableName::Deny => {
                "libwrap denies everybody that no rule before it decides, even if it is a comment"
            }
        };
        let source = view.source();
        let is_other_text = source.contains(&0) || source.ends_with(b"\r");
        let help = if is_other_text || source.ends_with(b"\\") {
            "end the file with a newline, and no backslash before it"
        } else {
            "`tcpw fmt --final-newline` ends it, and says who gains or loses access by that"
        };
        (
            format!("the last line does not end with a newline: {what}"),
            help.to_owned(),
        )
    });
}

fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    let end = Edit::insert(broken.line.span().end, "\n");
    (!broken.source().ends_with(b"\\")).then(|| edits("end the file with a newline", vec![end]))
}
