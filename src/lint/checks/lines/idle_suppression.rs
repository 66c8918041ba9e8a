//! A comment that suppresses findings where there are none.

use crate::diagnostic::Fix;
use crate::edit::Edit;
use crate::lint::fix::{Broken, safe};
use crate::lint::sink::Sink;
use crate::lint::suppress::Idle;
use crate::span::{Span, index};

rows! {
    /// A comment that suppresses findings suppresses none.
    ///
    /// It would hide a mistake that somebody makes later.
    ///
    /// Repair: --fix
    /// Facts: none
    CHECK = Row::new("TW120", "idle-suppression", Warning, Style, Run::Elsewhere)
        .fixed(Repair::Line(fix));
}

/// Runs after all other checks; `is_code` tells whether a text is a code.
pub(in crate::lint) fn check(sink: &mut Sink, is_code: fn(&[u8]) -> bool) {
    for (table, span, why) in sink.idle_suppressions(is_code) {
        sink.turn_to(table);
        sink.report_as(&CHECK.check, span, || {
            let (what, help) = match why {
                Idle::Unreadable => (
                    "this comment begins like one for tcpw, but names no code to ignore",
                    "write `# tcpw: ignore=TW301 REASON`, with commas between several codes",
                ),
                Idle::UnknownCode => (
                    "there is no such code, so nothing is suppressed",
                    "`tcpw lint --list` lists all codes",
                ),
                Idle::NothingFound => (
                    "the line below has no such finding: this suppresses nothing",
                    "remove it, or put it directly above the line that is meant",
                ),
            };
            (what.to_owned(), help.to_owned())
        });
    }
}

/// A suppression without one of its codes, or nothing if it was the only one.
fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    if broken.line.is_joined() {
        return None;
    }
    let source = broken.source();
    let text = broken.span.of(source);
    // A code that does not exist may be another one misspelt.
    if text.contains(&b' ') || !(broken.is_code)(text) {
        return None;
    }
    let at = |place: u32| source.get(index(place));
    let gone = if at(broken.span.start.wrapping_sub(1)) == Some(&b',') {
        Span::new(broken.span.start - 1, broken.span.end)
    } else if at(broken.span.end) == Some(&b',') {
        Span::new(broken.span.start, broken.span.end + 1)
    } else {
        // What else the comment says is somebody's reason.
        let rest = Span::new(broken.span.end, broken.line.span().end).of(source);
        let is_bare = rest.trim_ascii().is_empty();
        return is_bare.then(|| safe("remove the comment", Edit::delete(broken.line.span())));
    };
    Some(safe("remove the code", Edit::delete(gone)))
}
