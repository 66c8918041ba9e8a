//! `ALL` or `*` beside other words of its list, which then do nothing.

use crate::lint::checks::list_words::is_all;
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, base};
use crate::lint::words::quote;

rows! {
    /// ALL or `*` stands beside other words.
    ///
    /// It matches everybody, so the other words do nothing; one of the two was not meant.
    ///
    /// Repair: by hand
    /// Facts: F-MAGIC-01
    CHECK = Row::new("TW216", "all-beside-others", Warning, Style, Run::Rule(check));
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for (list, who) in [(&rule.daemons, "daemons"), (&rule.clients, "clients")] {
        let mut words = base(list).take_while(|(text, _)| !text.starts_with(b"#"));
        let Some((first, span)) = words.next() else {
            continue;
        };
        let mut count = 1;
        let mut all = is_all(first).then_some((first, span));
        for (text, span) in words {
            // The word for a verdict was meant as one, which another check says.
            let is_verdict =
                text.eq_ignore_ascii_case(b"allow") || text.eq_ignore_ascii_case(b"deny");
            count += usize::from(!is_verdict);
            if is_all(text) {
                all.get_or_insert((text, span));
            }
        }
        if let Some((text, span)) = all.filter(|_| count > 1) {
            sink.report(span, || {
                (
                    format!(
                        "{} stands for all {who}: the others beside it do nothing",
                        quote(text)
                    ),
                    "remove it, or remove the others".to_owned(),
                )
            });
        }
    }
}
