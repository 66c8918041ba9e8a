//! Daemons by port, by a misspelt name, and by one name in two spellings (F-DAEMON-01,
//! F-DAEMON-11).

use crate::lint::Policy;
use crate::lint::sink::{About, Sink};
use crate::lint::suggest::closest;
use crate::lint::view::{RuleView, base};
use crate::lint::words::quote;
use crate::policy::{DaemonPattern, Element, Process, rules};
use std::collections::HashMap;

/// The special words, and names by which programs ask libwrap, sorted, in Debian 12 and 13 and in the days of inetd.
pub(in crate::lint) const DAEMONS: &[&str] = &[
    "ALL",
    "KNOWN",
    "LOCAL",
    "PARANOID",
    "UNKNOWN",
    "apcupsd",
    "apt-cacher-ng",
    "argus",
    "atftpd",
    "auditd",
    "bacula-dir",
    "bacula-fd",
    "bacula-sd",
    "bootpd",
    "conman",
    "conserver",
    "cyrus",
    "dante",
    "dovecot",
    "exim",
    "exim4",
    "fam",
    "fingerd",
    "ftpd",
    "gdm",
    "icecast",
    "imap",
    "imapd",
    "in.fingerd",
    "in.ftpd",
    "in.rexecd",
    "in.rlogind",
    "in.rshd",
    "in.talkd",
    "in.telnetd",
    "in.tftpd",
    "ipop3d",
    "linuxconf",
    "lockd",
    "mountd",
    "mysqld",
    "nbd-server",
    "nfsd",
    "nrpe",
    "ntop",
    "nut",
    "pop3",
    "portmap",
    "portreserve",
    "postfix",
    "pptpd",
    "proftpd",
    "pure-ftpd",
    "quasselcore",
    "rexecd",
    "rlogind",
    "rpc.mountd",
    "rpc.statd",
    "rpcbind",
    "rquotad",
    "rshd",
    "rsync",
    "rsyncd",
    "rsyslogd",
    "sendmail",
    "slapd",
    "smtpd",
    "snmpd",
    "snmptrapd",
    "sockd",
    "ssh",
    "sshd",
    "sshd-session",
    "statd",
    "stunnel",
    "stunnel4",
    "swat",
    "syslog-ng",
    "talkd",
    "tcpd",
    "telnetd",
    "tftpd",
    "uucico",
    "vncserver",
    "vsftpd",
    "xinetd",
    "xrdp",
    "ypbind",
    "ypserv",
];

pub(in crate::lint) fn port(rule: &RuleView<'_, '_>, sink: &mut Sink) {
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

pub(in crate::lint) fn unknown(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for (text, span) in base(&rule.daemons) {
        // Most names are written as they are known.
        if DAEMONS
            .binary_search_by(|name| name.as_bytes().cmp(text))
            .is_ok()
        {
            continue;
        }
        let is_known = |name: &&str| text.eq_ignore_ascii_case(name.as_bytes());
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        if text.len() < 4 || !text.iter().all(is_name) || DAEMONS.iter().any(is_known) {
            continue;
        }
        let Some(meant) = closest(text, DAEMONS.iter().copied().skip(5)) else {
            continue;
        };
        let words = || {
            (
                format!(
                    "no daemon of this name is known; if `{meant}` is meant, the rule {}",
                    rule.nobody()
                ),
                format!("write `{meant}`, or accept it with a comment if there is such a daemon"),
            )
        };
        sink.report_about(span, || About::Daemon(meant), words);
    }
}

pub(in crate::lint) fn two_cases(policy: &Policy<'_>, sink: &mut Sink) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted_as_the_search_needs_it() {
        assert!(DAEMONS.is_sorted_by(|a, b| a < b));
    }
}
