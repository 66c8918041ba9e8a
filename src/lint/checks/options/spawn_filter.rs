//! A command of `spawn` that looks like a filter: its exit status is ignored (F-SPAWN-01), and
//! everybody the rule matches gets in.

use crate::engine::{Access, Cause, TableName};
use crate::lint::finding::About;
use crate::lint::machine_files::Site;
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::trial::{Client, Trial, meant_by};
use crate::lint::view::RuleView;
use crate::policy::{OptionKind, Rule, RuleOption, rules};

rows! {
    /// A rule lets everybody in and gives the client to a command of spawn that looks like a
    /// filter.
    ///
    /// libwrap ignores the exit status of spawn, so the command filters nothing. A filter is
    /// written with aclexec. A command that only logs may stay as it is.
    ///
    /// Repair: by hand
    /// Facts: F-SPAWN-01
    CHECK = Row::new("TW524", "spawn-as-filter", Warning, LetsIn, Run::Site(check))
        .shown(claims::lets_in);
}

/// Rules whose clients are tried.
const RULE_LIMIT: usize = 64;

/// What programs are called that only tell somebody: their names have one of these in them.
const TELLERS: [&str; 43] = [
    "alarm", "alert", "audit", "cat", "curl", "date", "dig", "echo", "finger", "history", "host",
    "journal", "log", "mail", "message", "monitor", "msg", "nc", "netcat", "notif", "ntfy",
    "print", "push", "record", "report", "send", "slack", "sms", "stat", "tcpdump", "tcpw", "tee",
    "telegram", "touch", "trace", "track", "wall", "warn", "watch", "wget", "whois", "write",
    "xmessage",
];

/// What filters are called: likewise.
const FILTERS: [&str; 26] = [
    "accept",
    "access",
    "acl",
    "allow",
    "auth",
    "ban",
    "black",
    "block",
    "check",
    "country",
    "deny",
    "filter",
    "geo",
    "guard",
    "is-",
    "knock",
    "limit",
    "permit",
    "rbl",
    "reject",
    "restrict",
    "throttle",
    "valid",
    "verify",
    "white",
    "whitelist",
];

/// Programs that run another one, which is named after them.
const RUNNERS: [&str; 13] = [
    "bash", "dash", "doas", "env", "exec", "nice", "perl", "php", "python", "python3", "ruby",
    "sh", "sudo",
];

fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    if !site.world.dialect().options {
        return;
    }
    let mut trial = None;
    let mut tried = 0;
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        for rule in rules(tree).filter(|rule| rule.has_options()) {
            let view = RuleView::new_in(table, rule, site.world.dialect());
            let Some((option, look)) = suspect(&view) else {
                continue;
            };
            let trial = trial.get_or_insert_with(|| Trial::new(policy, site.world));
            if tried == RULE_LIMIT || trial.is_too_long {
                return;
            }
            tried += 1;
            report(&view, rule, option, look, trial, sink);
        }
    }
}

/// How much a command looks like a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// It is called like one.
    Named,
    /// It is told the client, libwrap waits for it, and nothing says that it only tells somebody.
    Waiting,
}

/// The option of a granting rule that looks like a filter.
fn suspect<'v, 's>(rule: &'v RuleView<'_, 's>) -> Option<(&'v RuleOption<'s>, Look)> {
    if !rule.grants() || rule.has(OptionKind::Aclexec) {
        return None;
    }
    rule.options.iter().find_map(|option| {
        let is_spawn = option.spec()?.kind == OptionKind::Spawn;
        let look = looks(option.value.as_deref().filter(|_| is_spawn)?)?;
        Some((option, look))
    })
}

fn looks(command: &[u8]) -> Option<Look> {
    let command = command.trim_ascii();
    let text = String::from_utf8_lossy(command).to_ascii_lowercase();
    let is_told = ["%a", "%h", "%n", "%c"]
        .iter()
        .any(|letter| text.contains(letter));
    let names: Vec<&str> = text.split(['|', ';', '&']).filter_map(program).collect();
    let has = |name: &str, parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let writes = text.split('>').skip(1).any(|file| {
        !file
            .trim_start_matches(['>', '&'])
            .trim_start()
            .starts_with("/dev/null")
            && !file.starts_with("&1")
    });
    if !is_told || writes || names.iter().any(|name| has(name, &TELLERS)) {
        return None;
    }
    if names.iter().any(|name| has(name, &FILTERS)) {
        return Some(Look::Named);
    }
    (!names.is_empty() && !command.ends_with(b"&")).then_some(Look::Waiting)
}

/// The name of the program that a simple command runs.
fn program(command: &str) -> Option<&str> {
    let mut words = command.split_whitespace().filter(|word| {
        let is_assignment = word.contains('=') && !word.starts_with(['/', '-']);
        !word.starts_with('-') && !is_assignment
    });
    loop {
        let word = words.next()?.trim_start_matches(['(', '{', '\'', '"']);
        let name = word.rsplit('/').next().unwrap_or(word);
        if !RUNNERS.contains(&name) && !name.is_empty() {
            return Some(name);
        }
    }
}

/// Reports the rule if somebody gets in through it whom the deny table, or the rest of it, refuses.
fn report(
    view: &RuleView<'_, '_>,
    rule: Rule<'_, '_>,
    option: &RuleOption<'_>,
    look: Look,
    trial: &Trial<'_, '_>,
    sink: &mut Sink,
) {
    let mut clients = Client::strangers();
    if look == Look::Named {
        clients.extend(meant_by(rule.line()));
    }
    let line = rule.line();
    let found = Trial::questions(rule, &clients)
        .into_iter()
        .find(|question| {
            let verdict = trial.decide(question);
            let is_own = matches!(&verdict.cause, Cause::Rule { matched, .. }
            if matched.table == view.table && matched.line == line.index());
            let otherwise = match view.table {
                TableName::Allow => trial.without_allow(question),
                TableName::Deny => trial.after(TableName::Deny, line, question),
            };
            is_own && verdict.access == Access::Granted && otherwise.access == Access::Denied
        });
    let Some(seen) = found else {
        return;
    };
    sink.report_about(
        option.name_span.cover(option.value_span),
        || About::Seen(seen),
        || {
            (
                "spawn ignores the exit status of its command: everybody the rule matches gets in"
                    .to_owned(),
                "if the command is a filter, write `aclexec` in place of `spawn`".to_owned(),
            )
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_told_from_loggers() {
        for (command, expected) in [
            ("/usr/local/bin/ipfilter.sh %a", Some(Look::Named)),
            ("/usr/local/bin/geoip %h &", Some(Look::Named)),
            ("/bin/sh /opt/country-check.sh %a", Some(Look::Named)),
            ("/usr/local/bin/kr-only %a", Some(Look::Waiting)),
            (
                "/usr/local/bin/kr-only %a >/dev/null 2>&1",
                Some(Look::Waiting),
            ),
            ("/usr/local/bin/kr-only %a &", None),
            ("/usr/local/bin/kr-only", None),
            ("/usr/bin/logger -t sshd %a", None),
            ("/bin/echo %d from %h >> /var/log/wrap.log", None),
            ("/usr/sbin/tcpw notify --addr %a -- %h", None),
            ("/usr/sbin/tcpw-notify --addr %a -- %h", None),
            (
                "/usr/sbin/safe_finger -l @%h | /usr/bin/mail -s %d root &",
                None,
            ),
            ("(/usr/sbin/safe_finger -l @%h | /bin/mail root) &", None),
            ("/usr/local/bin/filter %a | /usr/bin/logger", None),
        ] {
            assert_eq!(looks(command.as_bytes()), expected, "{command}");
        }
    }
}
