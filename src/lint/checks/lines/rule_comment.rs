//! Comments in which tcpw keeps what it knows about a rule, where they are about none: no rule runs
//! out by them.

use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::metadata::{Why, strays};
use crate::span::{Span, offset};

/// The code of a comment that cannot be understood.
const UNREADABLE: &str = "TW122";
/// The code of a comment that says when a rule runs out, but not which.
const UNNAMED: &str = "TW123";

pub(in crate::lint) fn check(policy: &Policy<'_>, sink: &mut Sink) {
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        for stray in strays(tree) {
            let whole = stray.line.span();
            let length = whole.of(tree.source()).trim_ascii_end().len();
            let span = Span::new(whole.start, whole.start + offset(length));
            let words = || (stray.why.to_string(), stray.why.remedy());
            match stray.why {
                Why::Unreadable(_) => sink.report_as(UNREADABLE, span, words),
                Why::Unnamed(_) if stray.ends_rule => sink.report_as(UNNAMED, span, words),
                Why::Orphan | Why::Unnamed(_) => sink.report(span, words),
            }
        }
    }
}
