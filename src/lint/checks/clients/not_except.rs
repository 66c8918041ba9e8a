//! Words that were meant as `EXCEPT`: what stands after them is in the list, not out of it
//! (F-EXCEPT-02).

use crate::lint::check::Harm;
use crate::lint::finding::{About, Rating};
use crate::lint::foreign::oddity;
use crate::lint::sink::Sink;
use crate::lint::suggest::is_slip;
use crate::lint::view::{RuleView, patterns};
use crate::lint::words::quote;
use crate::policy::Element;

rows! {
    /// A word was meant as EXCEPT and is another one.
    ///
    /// Only EXCEPT removes clients from a list. `BUT`, `NOT`, `EXEPT` and `-name` are names of
    /// hosts, and what stands after them is in the list like the rest.
    ///
    /// Repair: by hand
    /// Facts: F-EXCEPT-02
    CHECK = Row::new("TW327", "not-except", Error, LetsIn, Run::Rule(check))
        .ends(Ends::Rule, 8);
}

const WORDS: &[&str] = &[
    "BUT",
    "NOT",
    "WITHOUT",
    "UNLESS",
    "EXCLUDE",
    "EXCLUDES",
    "EXCLUDING",
    "EXCEPTING",
    "EXCEPTION",
    "EXCEPTS",
    "MINUS",
    "EXPECT",
];

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for (list, is_clients) in [(&rule.daemons, false), (&rule.clients, true)] {
        if list.len() > 1 {
            list_of(rule, list, is_clients, sink);
        }
    }
}

fn list_of(rule: &RuleView<'_, '_>, list: &[Element<'_>], is_clients: bool, sink: &mut Sink) {
    let words: Vec<_> = patterns(list).collect();
    for (at, &(text, span, _)) in words.iter().enumerate() {
        let is_long = text.len() >= 3 && text.iter().all(u8::is_ascii_alphabetic);
        let is_word = is_long
            && (WORDS
                .iter()
                .any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
                || is_slip(text, b"except"));
        let is_negated = matches!(text, [b'-', rest @ ..] if !rest.is_empty() && oddity(rest, b"/:*[]@").is_none());
        let next = words.get(at + 1).map(|word| word.1);
        // Between two words nobody writes the name of a host like this.
        let (end, what) = match next {
            Some(_) if is_word && at > 0 => (words.last().map_or(span, |word| word.1), text),
            _ if is_negated && at > 0 => (span, text),
            _ => continue,
        };
        let excepted = text.strip_prefix(b"-").unwrap_or_default().to_vec();
        let after = words.get(at + 1..).unwrap_or_default();
        let after: Vec<&[u8]> = after.iter().map(|word| word.0).collect();
        let clients = if is_negated {
            excepted
        } else {
            after.join(&b' ')
        };
        let rating = Rating {
            harm: match (is_clients, rule.grants()) {
                (true, true) => Harm::LetsIn,
                (true, false) => Harm::LocksOut,
                (false, _) => Harm::Either,
            },
            about: if is_clients {
                About::Clients(clients)
            } else {
                About::Marked
            },
        };
        sink.report_rated(span.cover(end), rating, || {
            (
                format!(
                    "{} is not `EXCEPT`: nothing is removed from the list",
                    quote(what)
                ),
                "write `EXCEPT` and after it what is not meant, at the end of the list".to_owned(),
            )
        });
        return;
    }
}
