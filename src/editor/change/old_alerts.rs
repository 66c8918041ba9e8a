//! Alerts that somebody made by hand: rules that refuse and run a script or a mailer.

use crate::edit::Edit;
use crate::editor::change::alert_rules::{calls_notify, own_alert, restyled};
use crate::editor::change::worked_out::{Change, Refusal};
use crate::editor::trial::rule_parts::ending;
use crate::editor::trial::table_pair::{Ground, Place};
use crate::engine::{Access, TableName};
use crate::policy::{OptionKind, Rule, RuleOption, rules};
use crate::span::Span;
use crate::syntax::LINE_LIMIT;

/// How the names of scripts end.
const SCRIPTS: [&[u8]; 5] = [b".py", b".sh", b".pl", b".rb", b".php"];
/// What is in the names of mailers: mail, sendmail, mailx, msmtp, swaks, mutt.
const MAILERS: [&[u8]; 4] = [b"mail", b"smtp", b"swaks", b"mutt"];
/// Where people put programs of their own.
const HOMES: [&[u8]; 4] = [b"/root/", b"/home/", b"/opt/", b"/usr/local/"];

/// An alert that is not tcpw's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldAlert {
    /// Its rule.
    pub place: Place,
    /// What it runs.
    pub command: Vec<u8>,
}

/// The rules that refuse and run a script or a mailer, the allow table first.
pub fn old_alerts(ground: &Ground<'_>) -> Vec<OldAlert> {
    let mut found = Vec::new();
    for table in [TableName::Allow, TableName::Deny] {
        for rule in rules(ground.tree(table)) {
            if let Some(alert) = old_alert(table, rule) {
                found.push(OldAlert {
                    place: ground.place(table, rule.line().index()),
                    command: alert.value.unwrap_or_default().trim_ascii().to_vec(),
                });
            }
        }
    }
    found
}

/// The edits that have each of these rules run `command` in the place of what it runs; a rule that
/// raises an alert of tcpw besides keeps only that. Whom it refuses does not change.
///
/// # Errors
/// When a rule would be longer than libwrap reads.
pub fn replace_alerts(ground: &Ground<'_>, command: &str) -> Result<Change, Refusal> {
    let mut change = Change::default();
    for table in [TableName::Allow, TableName::Deny] {
        for rule in rules(ground.tree(table)) {
            let Some(alert) = old_alert(table, rule) else {
                continue;
            };
            let new = if own_alert(rule).is_some() {
                removed(rule, &alert)
            } else {
                replaced(rule, &alert, command)
            };
            if new.trim_ascii_end().len() > LINE_LIMIT {
                return Err(Refusal::LineTooLong);
            }
            change.edits.push(
                table,
                Edit::replace(rule.line().span(), restyled(rule, new)),
            );
        }
    }
    Ok(change)
}

/// The rule with `command`; it says `deny` itself, as an alert of tcpw does.
fn replaced(rule: Rule<'_, '_>, alert: &RuleOption<'_>, command: &str) -> Vec<u8> {
    let (line, value) = (rule.line().span(), alert.value_span);
    let source = rule.line().tree().source();
    let rest = Span::new(value.end, line.end).of(source);
    let text = rest.trim_ascii_end();
    let end = rest.get(text.len()..).unwrap_or_default();
    let says_deny = rule
        .options()
        .last()
        .and_then(RuleOption::spec)
        .is_some_and(|spec| spec.kind == OptionKind::Deny);
    let deny: &[u8] = if says_deny { b"" } else { b" : deny" };
    [
        Span::new(line.start, value.start).of(source),
        command.as_bytes(),
        text,
        deny,
        end,
    ]
    .concat()
}

/// The rule without the alert; an option follows it.
fn removed(rule: Rule<'_, '_>, alert: &RuleOption<'_>) -> Vec<u8> {
    let line = rule.line().span();
    let source = rule.line().tree().source();
    let options = rule.options();
    let after = |option: &&RuleOption<'_>| option.name_span.start > alert.name_span.start;
    let next = options.iter().find(after);
    let next = next.map_or(line.end, |option| option.name_span.start);
    [
        Span::new(line.start, alert.name_span.start).of(source),
        Span::new(next, line.end).of(source),
    ]
    .concat()
}

/// The `spawn` of a rule that refuses and is no alert of tcpw.
fn old_alert<'s>(table: TableName, rule: Rule<'_, 's>) -> Option<RuleOption<'s>> {
    if ending(table, rule) != Access::Denied {
        return None;
    }
    let options = rule.options();
    // What libwrap rejects, or what replaces the daemon, is not for tcpw to rearrange.
    let is_plain = |option: &RuleOption<'_>| {
        let kind = option.check_form().map(|spec| spec.kind);
        kind.is_ok_and(|kind| kind != OptionKind::Twist)
    };
    if !options.iter().all(is_plain) {
        return None;
    }
    options.into_iter().find(|option| {
        let is_spawn = option
            .spec()
            .is_some_and(|spec| spec.kind == OptionKind::Spawn);
        let is_old = |command: &[u8]| !calls_notify(command) && looks_like_alert(command);
        is_spawn && option.value.as_deref().is_some_and(is_old)
    })
}

/// Whether a word of a command line is a script, a mailer, or a program that somebody put there.
fn looks_like_alert(command: &[u8]) -> bool {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`;|&()<>".contains(byte);
    command.split(is_end).any(|word| {
        let name = word.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let is_mailer = MAILERS.iter().any(|mailer| {
            let mut parts = name.windows(mailer.len());
            parts.any(|part| part.eq_ignore_ascii_case(mailer))
        });
        is_mailer
            || SCRIPTS.iter().any(|end| name.ends_with(end))
            || HOMES.iter().any(|home| word.starts_with(home))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::apply;
    use crate::engine::Bare;
    use crate::syntax::parse;

    const COMMAND: &str = "/x/tcpw-notify --addr %a";

    fn after(allow: &str, deny: &str) -> [String; 2] {
        let (allow, deny) = (parse(allow.as_bytes()), parse(deny.as_bytes()));
        let ground = Ground::new(&allow, &deny, &Bare);
        let change = replace_alerts(&ground, COMMAND).unwrap();
        let new = |source, edits| String::from_utf8(apply(source, edits).unwrap()).unwrap();
        [
            new(allow.source(), &change.edits.allow),
            new(deny.source(), &change.edits.deny),
        ]
    }

    #[test]
    fn what_mails_is_replaced_where_it_stands() {
        for (old, new) in [
            (
                "ALL: ALL: spawn /root/mail.py %a %d\n",
                "ALL: ALL: spawn /x/tcpw-notify --addr %a : deny\n",
            ),
            (
                "ALL: ALL : spawn (/root/mail.py %a) &\n",
                "ALL: ALL : spawn /x/tcpw-notify --addr %a : deny\n",
            ),
            (
                "sshd: ALL: severity info: spawn echo %a | mail root: deny\n",
                "sshd: ALL: severity info: spawn /x/tcpw-notify --addr %a: deny\n",
            ),
            (
                "ALL: ALL: spawn /bin/alert.sh \\\n %a\n",
                "ALL: ALL: spawn /x/tcpw-notify --addr %a : deny\n",
            ),
            (
                "ALL: ALL: spawn /usr/bin/logger %a\n",
                "ALL: ALL: spawn /usr/bin/logger %a\n",
            ),
            (
                "ALL: ALL: spawn /root/mail.py: allow\n",
                "ALL: ALL: spawn /root/mail.py: allow\n",
            ),
            (
                "ALL: ALL: twist /root/mail.py\n",
                "ALL: ALL: twist /root/mail.py\n",
            ),
            (
                "ALL: ALL: spawn /usr/sbin/tcpw-notify --addr %a -- %h : deny\n",
                "ALL: ALL: spawn /usr/sbin/tcpw-notify --addr %a -- %h : deny\n",
            ),
        ] {
            assert_eq!(after("", old), [String::new(), new.to_owned()], "{old}");
            // A second time there is nothing left to replace.
            assert_eq!(after("", new), [String::new(), new.to_owned()], "{old}");
        }
        let [allow, deny] = after(
            "ALL: UNKNOWN: spawn /root/mail.py %h : deny\nsshd: 10.: spawn /root/mail.py\n",
            "",
        );
        assert_eq!(
            allow,
            "ALL: UNKNOWN: spawn /x/tcpw-notify --addr %a : deny\nsshd: 10.: spawn /root/mail.py\n"
        );
        assert_eq!(deny, "");
    }
}
