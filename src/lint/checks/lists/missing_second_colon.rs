//! An option among the clients, because no colon stands before it (F-FIELD-08).

use crate::lint::check::Harm;
use crate::lint::finding::{About, Rating};
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, patterns};
use crate::lint::words::{plain, quote};
use crate::policy::OPTIONS;
use crate::span::Span;

rows! {
    /// An option stands among the clients, because no colon is before it.
    ///
    /// The option and its value are read as names of clients: no command runs, no severity is set,
    /// and twist refuses nobody.
    ///
    /// Repair: by hand
    /// Facts: F-FIELD-08
    CHECK = Row::new("TW218", "option-without-colon", Error, Breaks, Run::Rule(check))
        .ends(Ends::Rule, 9);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    if rule.clients.len() < 3 {
        return;
    }
    let words: Vec<_> = patterns(&rule.clients).collect();
    for (at, &(text, span, _)) in words.iter().enumerate().skip(1) {
        // `allow` and `deny` have a check of their own; the others take a value.
        let is_option = OPTIONS.iter().any(|option| {
            let is_verdict = option.name == "allow" || option.name == "deny";
            !is_verdict && text.eq_ignore_ascii_case(option.name.as_bytes())
        });
        if !is_option || at + 1 == words.len() {
            continue;
        }
        let is_command = [&b"spawn"[..], b"twist", b"aclexec"]
            .iter()
            .any(|name| text.eq_ignore_ascii_case(name));
        // The names of most other options are words that a host may be called.
        let has_path = words.get(at + 1).is_some_and(|word| {
            word.0.starts_with(b"/") || word.0.starts_with(b"(") || word.0.contains(&b'.')
        });
        let is_rare = [&b"severity"[..], b"setenv", b"banners", b"umask", b"rfc931"]
            .iter()
            .any(|name| text.eq_ignore_ascii_case(name));
        let is_meant = is_command || (is_rare && has_path);
        if !is_meant {
            continue;
        }
        let end = words.last().map_or(span.end, |word| word.1.end);
        let clients: Vec<&[u8]> = words.iter().take(at).map(|word| word.0).collect();
        let is_refusing = text.eq_ignore_ascii_case(b"twist") && rule.grants();
        let rating = Rating {
            harm: if is_refusing {
                Harm::LetsIn
            } else {
                Harm::Breaks
            },
            about: About::Clients(clients.join(&b' ')),
        };
        sink.report_rated(Span::new(span.start, end), rating, || {
            (
                format!(
                    "no colon stands before the option {}: it and its value are read as names of \
                     clients, and the option does nothing",
                    quote(text)
                ),
                format!("put a colon before it: `: {}`", plain(text)),
            )
        });
        return;
    }
}
