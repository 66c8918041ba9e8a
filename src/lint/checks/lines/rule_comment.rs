//! Comments in which tcpw keeps what it knows about a rule, where they are about none: no rule runs
//! out by them.

use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::metadata::{Why, strays};
use crate::span::{Span, offset};

rows! {
    /// A comment of tcpw is about a rule that is not below it.
    ///
    /// The rule was removed or changed, for example with sed. The comment says nothing about the
    /// rule that stands there now, and no rule runs out by it.
    ///
    /// Repair: by hand
    /// Facts: none
    CHECK = Row::new("TW121", "orphan-comment", Warning, Dead, Run::Policy(check))
        .shown(claims::nothing);

    /// A comment of tcpw about a rule cannot be read.
    ///
    /// A time without its zone, a word that tcpw does not know or one that is there twice: nobody
    /// can tell when the rule runs out, so it stays.
    ///
    /// Repair: by hand
    /// Facts: none
    UNREADABLE = Row::new("TW122", "unreadable-comment", Error, Either, Run::Elsewhere)
        .shown(claims::nothing);

    /// A comment says when a rule runs out, but not which.
    ///
    /// tcpw writes the identity of the rule into the comment, as `rule=` and twelve digits. Without
    /// it nothing tells whether the rule below is the one that was meant, so it stays, unless a
    /// change in the history wrote both at once.
    ///
    /// Repair: by hand
    /// Facts: none
    UNNAMED = Row::new("TW123", "unnamed-comment", Error, Either, Run::Elsewhere)
        .shown(claims::nothing);
}

fn check(policy: &Policy<'_>, sink: &mut Sink) {
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        for stray in strays(tree) {
            let whole = stray.line.span();
            let length = whole.of(tree.source()).trim_ascii_end().len();
            let span = Span::new(whole.start, whole.start + offset(length));
            let words = || (stray.why.to_string(), stray.why.remedy());
            match stray.why {
                Why::Unreadable(_) => sink.report_as(&UNREADABLE.check, span, words),
                Why::Unnamed(_) if stray.ends_rule => sink.report_as(&UNNAMED.check, span, words),
                Why::Orphan | Why::Unnamed(_) => sink.report(span, words),
            }
        }
    }
}
