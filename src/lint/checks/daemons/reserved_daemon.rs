//! Words that mean something among clients only, in a list of daemons (F-DAEMON-03).

use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::quote;
use crate::policy::Element;

/// The code of the word that matches every daemon; it shares the walk with this check.
const KNOWN: &str = "TW406";

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for element in &rule.daemons {
        let Element::Pattern { text, span } = element else {
            continue;
        };
        let is = |word: &str| text.eq_ignore_ascii_case(word.as_bytes());
        if is("KNOWN") {
            sink.report_as(KNOWN, *span, || {
                (
                    "as a daemon `KNOWN` is everyone but one called `unknown`".to_owned(),
                    "write `ALL`, if all daemons are meant".to_owned(),
                )
            });
        } else if is("LOCAL") || is("UNKNOWN") || is("PARANOID") {
            sink.report(*span, || {
                (
                    format!(
                        "{} is special among clients only: as a daemon it is a name that none has, \
                         and the rule {}",
                        quote(text),
                        rule.nobody()
                    ),
                    "put it behind the colon, and a daemon or ALL before it".to_owned(),
                )
            });
        }
    }
}
