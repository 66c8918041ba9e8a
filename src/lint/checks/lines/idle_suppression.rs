//! A comment that suppresses findings where there are none.

use crate::lint::sink::Sink;
use crate::lint::suppress::Idle;

/// The code of these findings.
const CODE: &str = "TW120";

/// Runs behind all other checks.
pub(in crate::lint) fn check(sink: &mut Sink) {
    for (table, span, why) in sink.idle_suppressions() {
        sink.turn_to(table);
        sink.report_as(CODE, span, || {
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
                    "take it out, or put it directly above the line that is meant",
                ),
            };
            (what.to_owned(), help.to_owned())
        });
    }
}
