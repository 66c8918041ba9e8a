//! Daemons by port, by a misspelt name, and by one name in two spellings (F-DAEMON-01,
//! F-DAEMON-11).

use crate::lint::finding::About;
use crate::lint::group::Cause;
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::suggest::daemon_meant;
use crate::lint::view::{RuleView, base};
use crate::lint::words::{self, quote};
use crate::policy::{DaemonPattern, Element, Process, rules};
use std::collections::HashMap;

rows! {
    /// A port number stands in the daemon list.
    ///
    /// It matches only where the program tells libwrap the port. Programs that ask by name, and
    /// tcpdmatch, never match it; other builds than Debian's know no ports at all.
    ///
    /// Repair: by hand
    /// Facts: F-DAEMON-10 F-DAEMON-11
    PORT = Row::new("TW402", "daemon-port", Warning, Missed, Run::Daemons(port))
        .shown(claims::missed_by_daemon);

    /// A daemon name looks misspelt.
    ///
    /// A rule for a daemon that does not exist protects nothing.
    ///
    /// Repair: by hand
    /// Facts: F-DAEMON-01
    MISSPELT = Row::new("TW403", "daemon-misspelt", Warning, Missed, Run::Daemons(unknown))
        .shown(claims::missed_by_daemon);

    /// One daemon is spelt in two cases.
    ///
    /// Case does not matter to libwrap, but it does to whoever searches the table.
    ///
    /// Repair: by hand
    /// Facts: F-DAEMON-01
    TWO_CASES = Row::new("TW404", "daemon-in-two-cases", Info, Style, Run::Policy(two_cases));
}

fn port(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for element in &rule.daemons {
        let Element::Pattern { text, span } = element else {
            continue;
        };
        if !matches!(DaemonPattern::read(text).process, Process::Port(_)) {
            continue;
        }
        sink.report(*span, || {
            let (text, nobody) = (quote(text), rule.nobody());
            let message = if rule.dialect.ports {
                format!(
                    "{text} is a port, which only some programs tell libwrap: for all others the rule {nobody}"
                )
            } else {
                let title = rule.dialect.title;
                format!("{title} knows no ports: {text} is never one there, but the name of a daemon, and the rule {nobody}")
            };
            (
                message,
                "write the name of the daemon, such as `sshd`".to_owned(),
            )
        });
    }
}

fn unknown(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for (text, span) in base(&rule.daemons) {
        let Some(meant) = daemon_meant(text) else {
            continue;
        };
        let what = rule.nobody();
        let none = format!(
            "no daemon that is known to ask libwrap is called {}; if `{meant}` is meant,",
            quote(text)
        );
        sink.report_group(
            &MISSPELT.check,
            span,
            Cause::of_rules(&[text, what.as_bytes()]),
            || About::Daemon(meant),
            || {
                (
                    format!("{none} the rule {what}"),
                    format!(
                        "write `{meant}`; if a service of stunnel, sslh or xinetd has this name, \
                         accept it with a comment"
                    ),
                )
            },
            |places| format!("{none} {places} {}", words::plural(what)),
        );
    }
}

fn two_cases(policy: &Policy<'_>, sink: &mut Sink) {
    let mut spellings: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        let mut last: Vec<u8> = Vec::new();
        for rule in rules(tree) {
            for element in rule.daemons().elements() {
                let Element::Pattern { text, span } = element else {
                    continue;
                };
                // Long tables repeat one daemon.
                if *text == *last || text.eq_ignore_ascii_case(b"ALL") {
                    continue;
                }
                last.clear();
                last.extend_from_slice(&text);
                let first = spellings
                    .entry(text.to_ascii_lowercase())
                    .or_insert_with(|| text.to_vec());
                if **first != *text {
                    sink.report(span, || {
                        (
                            format!("{} is {} in another spelling", quote(&text), quote(first)),
                            format!("write {}", quote(first)),
                        )
                    });
                }
            }
        }
    }
}
