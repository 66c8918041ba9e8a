//! Words that mean something among clients only, in a list of daemons (F-DAEMON-03).

use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::quote;
use crate::policy::Element;

rows! {
    /// LOCAL, UNKNOWN or PARANOID stands where daemons are listed.
    ///
    /// These words are special among clients. As a daemon each is a plain name, which no program
    /// has.
    ///
    /// Repair: by hand
    /// Facts: F-DAEMON-03
    CHECK = Row::new("TW405", "reserved-word-as-daemon", Error, Missed, Run::Daemons(check))
        .ends(Ends::Word, 22).shown(claims::missed_by_daemon);

    /// KNOWN stands where daemons are listed.
    ///
    /// It matches every daemon but one that calls itself unknown, which is ALL in other words.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-DAEMON-03
    KNOWN = Row::new("TW406", "known-as-daemon", Warning, Style, Run::Elsewhere)
        .fixed(Repair::Replace("write ALL", "ALL"));
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for element in &rule.daemons {
        let Element::Pattern { text, span } = element else {
            continue;
        };
        let is = |word: &str| text.eq_ignore_ascii_case(word.as_bytes());
        if is("KNOWN") {
            sink.report_as(&KNOWN.check, *span, || {
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
                    "put it after the colon, and a daemon or ALL before it".to_owned(),
                )
            });
        }
    }
}
