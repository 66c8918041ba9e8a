//! A logical line over libwrap's limit ends the table (F-LINE-14 to F-LINE-16).

use crate::engine::TableName;
use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::policy::Rule;
use crate::syntax::{LINE_LIMIT, LineKind, Reason};

rows! {
    /// A line is longer than 2046 bytes.
    ///
    /// libwrap stops reading the table there. In the allow table this rule and all after it are
    /// lost; in the deny table everybody who gets that far is refused. Continuing the line with a
    /// backslash does not lift the limit.
    ///
    /// Repair: by hand
    /// Facts: F-LINE-14 F-LINE-15 F-LINE-16
    CHECK = Row::new("TW102", "line-too-long", Error, LocksOut, Run::Line(check))
        .only_where(|dialect| dialect.reading.too_long == TooLong::Ends)
        .shown(claims::of_table_end).harm(harms::of_lost_line);
}

fn check(view: LineView<'_, '_>, sink: &mut Sink) {
    if view.line.kind() != LineKind::Malformed(Reason::TooLong) {
        return;
    }
    sink.report(view.span(), || {
        let lines = view.line.tree().lines().skip(view.line.index() + 1);
        let lost = lines.filter_map(Rule::of).count();
        let what = match view.table {
            TableName::Allow => "is not used",
            TableName::Deny => "denies everybody that no rule before it decides",
        };
        (
            format!(
                "this line is longer than {LINE_LIMIT} bytes: it {what}, and nothing after it is \
                 read (rules lost there: {lost})"
            ),
            "split it into several rules; a backslash before the newline does not lift the limit"
                .to_owned(),
        )
    });
}
