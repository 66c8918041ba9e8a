//! A daemon is named by its process: no path, and `sshd` rather than `ssh` (F-DAEMON-01).

use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::{plain, quote};
use crate::policy::Element;

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for element in &rule.daemons {
        let Element::Pattern { text, span } = element else {
            continue;
        };
        if text.starts_with(b"#") {
            return;
        }
        let name = text.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let help = if text.starts_with(b"/") {
            format!("write `{}`", plain(name))
        } else if text.eq_ignore_ascii_case(b"ssh") {
            "write `sshd`, the name of the server".to_owned()
        } else if text.eq_ignore_ascii_case(b"sshd-session") {
            // The program asks as `sshd` (Debian 13).
            "write `sshd`, the name by which it asks libwrap".to_owned()
        } else {
            continue;
        };
        sink.report(*span, || {
            (
                format!(
                    "no daemon calls itself {}: the rule {}",
                    quote(text),
                    rule.nobody()
                ),
                help,
            )
        });
    }
}
