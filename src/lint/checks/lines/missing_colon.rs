//! A line without a colon is skipped (F-LINE-22).

use crate::lint::finding::About;
use crate::lint::foreign::is_address_like;
use crate::lint::group::Cause;
use crate::lint::sink::Sink;
use crate::lint::view::LineView;
use crate::syntax::{LineKind, Reason};

rows! {
    /// A line has no colon.
    ///
    /// libwrap logs a warning and skips it. In the deny table it refuses nobody.
    ///
    /// Repair: by hand
    /// Facts: F-LINE-22
    CHECK = Row::new("TW105", "missing-colon", Error, Dead, Run::Line(check))
        .ends(Ends::Rule, 1).shown(claims::missed_in_line).may_be_prose();
}

fn check(view: LineView<'_, '_>, sink: &mut Sink) {
    if view.line.kind() != LineKind::Malformed(Reason::MissingColon) {
        return;
    }
    let span = view.span();
    let bytes = span.of(view.source());
    if is_list(bytes) {
        let help = "write `sshd: CLIENT` in each line; is this a list of addresses? Then name its \
                    path in a rule: `sshd: /etc/hosts.list`";
        sink.report_group(
            &CHECK.check,
            span,
            Cause::of_lines(&[]),
            || About::Marked,
            || {
                let what = "no daemon and no colon stand before the address: the line is skipped \
                            and does nothing";
                (what.to_owned(), help.to_owned())
            },
            |places| {
                format!("{places} hold addresses without a daemon: they are skipped and do nothing")
            },
        );
        return;
    }
    sink.report(span, || {
        if bytes.trim_ascii_start().starts_with(b"#") {
            return (
                "the `#` is not in the first column, so this is not a comment but a rule without a \
                 colon, which is skipped"
                    .to_owned(),
                "begin the comment in the first column".to_owned(),
            );
        }
        let colon = if bytes.contains(&b':') {
            "no colon outside of brackets separates daemons from clients"
        } else {
            "no colon separates daemons from clients"
        };
        if memchr::memmem::find(bytes, "：".as_bytes()).is_some() {
            return (
                format!("{colon}: the line is skipped and does nothing"),
                "write the colon in ASCII: `:` and not `：`".to_owned(),
            );
        }
        (
            format!("{colon}: the line is skipped and does nothing"),
            "write `daemon: client`, or begin the line with `#`".to_owned(),
        )
    });
}

/// Whether a line holds addresses only, as a list of them does.
fn is_list(bytes: &[u8]) -> bool {
    let mut words = bytes
        .split(|byte| byte.is_ascii_whitespace() || *byte == b',')
        .filter(|word| !word.is_empty())
        .peekable();
    words.peek().is_some() && words.all(is_address_like)
}
