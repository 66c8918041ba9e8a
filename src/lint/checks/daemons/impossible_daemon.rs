//! Words in a list of daemons that are the name of none: quotes, separators that are none,
//! protocols, verdicts (F-DAEMON-01, F-FIELD-02).

use crate::lint::check::Harm;
use crate::lint::finding::{About, Rating};
use crate::lint::foreign::{Oddity, is_placeholder, meant, oddity};
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, patterns};
use crate::lint::words::{plain, quote};

rows! {
    /// A word in the list of daemons is the name of none: it has quotes, a separator that is none,
    /// a protocol or a verdict in it.
    ///
    /// Names of daemons are compared whole. Quotes, `;` and full-width letters are part of the
    /// word, so the rule is not about any daemon.
    ///
    /// Repair: by hand
    /// Facts: F-DAEMON-01 F-FIELD-02
    CHECK = Row::new("TW407", "impossible-daemon", Error, Missed, Run::Daemons(check))
        .ends(Ends::Word, 20).is_no_pattern();
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for (text, span, excepted) in patterns(&rule.daemons) {
        // A byte order mark has a check of its own.
        if span.start == 0 && text.starts_with("\u{feff}".as_bytes()) {
            continue;
        }
        if text.iter().all(u8::is_ascii_alphanumeric) && !is_verdict(text) {
            continue;
        }
        let Some((why, help)) = problem(text, rule) else {
            continue;
        };
        let names = meant(text);
        let names = if names.is_empty() || is_verdict(text) {
            "sshd".to_owned()
        } else {
            names.join(" ").replace('/', " ")
        };
        let clients: Vec<&[u8]> = patterns(&rule.clients).map(|word| word.0).collect();
        let clients = meant(&clients.join(&b' ')).join(" ");
        let rating = Rating {
            harm: Harm::Missed,
            about: About::Rule(rule.with_lists(&format!("{names}: {clients}"))),
        };
        sink.report_rated(span, rating, || {
            let what = if excepted {
                "it excepts no daemon".to_owned()
            } else {
                format!("for that daemon the rule {}", rule.nobody())
            };
            (
                format!("no daemon is called {}: {why}; {what}", quote(text)),
                help,
            )
        });
    }
}

fn is_verdict(text: &[u8]) -> bool {
    text.eq_ignore_ascii_case(b"allow")
        || text.eq_ignore_ascii_case(b"deny")
        || text.eq_ignore_ascii_case(b"any")
}

/// What is wrong with the word, and what to write.
fn problem(text: &[u8], rule: &RuleView<'_, '_>) -> Option<(String, String)> {
    if text.eq_ignore_ascii_case(b"any") {
        return Some((
            "it is not a special word".to_owned(),
            "write `ALL`".to_owned(),
        ));
    }
    if is_verdict(text) {
        // A rule that says more has options for that.
        let is_alone = rule.daemons.len() == 1;
        let help = "write `DAEMONS: CLIENTS`, and the verdict after a second colon".to_owned();
        return is_alone.then(|| ("it is a verdict".to_owned(), help));
    }
    if let Some(name) = text.strip_prefix(b"!") {
        let why = "`!` means nothing, and no daemon is excepted".to_owned();
        return Some((why, format!("write `EXCEPT {}`", plain(name))));
    }
    // The server's end after the `@` is a client pattern; paths have a check of their own.
    if text.starts_with(b"/") || text.iter().skip(1).any(|&byte| byte == b'@') {
        return None;
    }
    if is_placeholder(text) {
        let why = "it is a place to fill in".to_owned();
        return Some((why, "write the name of the daemon, or ALL".to_owned()));
    }
    if let Some(name) = protocol(text) {
        let why = "a protocol is part of no name".to_owned();
        return Some((why, format!("write `{name}`")));
    }
    match oddity(text, b"*?%:/+\\@#=,~^!")? {
        // Sections of stunnel and services of xinetd are named freely.
        Oddity::Letter(_) | Oddity::Sign(_) | Oddity::Dash => None,
        odd @ (Oddity::Quote(_)
        | Oddity::Separator(_)
        | Oddity::Bracket(_)
        | Oddity::Invisible(_)
        | Oddity::Lookalike(_)) => {
            let is_bracket = text.starts_with(b"[") && !text.ends_with(b"]");
            (!is_bracket).then(|| {
                (
                    odd.clause().replace("name holds", "name of a daemon holds"),
                    odd.help(text),
                )
            })
        }
    }
}

/// The daemon in `ssh/tcp` and `tcp/22`.
fn protocol(text: &[u8]) -> Option<String> {
    let text = str::from_utf8(text).ok()?;
    let (first, second) = text.split_once('/')?;
    let is_protocol = |word: &str| {
        ["tcp", "udp", "tcp6", "udp6"]
            .iter()
            .any(|protocol| word.eq_ignore_ascii_case(protocol))
    };
    let name = match (is_protocol(first), is_protocol(second)) {
        (true, false) => second,
        (false, true) => first,
        _ => return None,
    };
    Some(match name {
        "22" | "ssh" => "sshd".to_owned(),
        _ => plain(name.as_bytes()),
    })
}
