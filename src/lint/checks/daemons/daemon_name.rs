//! A daemon is named by its process: no path, and `sshd` rather than `ssh` (F-DAEMON-01).

use crate::lint::finding::About;
use crate::lint::group::Cause;
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::{self, plain, quote};
use crate::policy::Element;

rows! {
    /// A daemon is named by a path or by the name of its client.
    ///
    /// libwrap compares the name of the process: `sshd`, not `ssh` or `/usr/sbin/sshd`.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-DAEMON-01
    CHECK = Row::new("TW401", "daemon-name", Warning, Missed, Run::Daemons(check))
        .ends(Ends::Word, 21).fixed(Repair::Word(meant)).shown(claims::missed_by_daemon);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for element in &rule.daemons {
        let Element::Pattern { text, span } = element else {
            continue;
        };
        if text.starts_with(b"#") {
            return;
        }
        let name = text.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let (why, help) = if text.starts_with(b"/") {
            (
                "libwrap compares names, not paths",
                format!("write `{}`", plain(name)),
            )
        } else if text.eq_ignore_ascii_case(b"ssh") {
            (
                "OpenSSH asks libwrap as `sshd`",
                "write `sshd`; if a service of sslh, stunnel or xinetd is called `ssh`, accept it \
                 with a comment"
                    .to_owned(),
            )
        } else if text.eq_ignore_ascii_case(b"sshd-session") {
            // The program asks as `sshd` (Debian 13).
            (
                "OpenSSH asks libwrap as `sshd`",
                "write `sshd`, the name by which it asks libwrap".to_owned(),
            )
        } else {
            continue;
        };
        let what = rule.nobody();
        sink.report_group(
            &CHECK.check,
            *span,
            Cause::of_rules(&[text, what.as_bytes()]),
            || About::Marked,
            || (format!("{why}: with {} the rule {what}", quote(text)), help),
            |places| {
                format!(
                    "{why}: with {} {places} {}",
                    quote(text),
                    words::plural(what)
                )
            },
        );
    }
}

/// What the word was meant to be.
fn meant(text: &[u8]) -> Option<Vec<u8>> {
    if text.starts_with(b"/") {
        let slash = memchr::memrchr(b'/', text)?;
        let name = text.get(slash + 1..).filter(|name| !name.is_empty());
        return name.map(<[u8]>::to_vec);
    }
    // The program asks as `sshd` (Debian 13). That `ssh` is not the name of another daemon, nobody
    // knows.
    text.eq_ignore_ascii_case(b"sshd-session")
        .then(|| b"sshd".to_vec())
}
