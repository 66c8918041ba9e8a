//! Alerts that somebody made by hand: rules that refuse and run a script or a mailer.

use crate::edit::Edit;
use crate::editor::change::alert_rules::restyled;
use crate::editor::change::own_alert::{calls_notify, own_alert};
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
/// What is in the names of what shuts a client out.
const BLOCKERS: [&[u8]; 8] = [
    b"ban", b"block", b"drop", b"deny", b"fire", b"wall", b"tables", b"nft",
];
/// Programs that run the script after them.
const INTERPRETERS: [&[u8]; 6] = [b"python", b"perl", b"sh", b"bash", b"ruby", b"php"];
/// Programs that write the text of a mail, and do nothing else.
const TELLERS: [&str; 5] = ["echo", "printf", "date", "finger", "safe_finger"];
/// Where the output of a command goes that nobody is to see.
const SILENCES: [&str; 8] = [
    "2>&1",
    "&>/dev/null",
    "2>/dev/null",
    "2> /dev/null",
    ">/dev/null",
    "> /dev/null",
    "</dev/null",
    "< /dev/null",
];
/// Where people put programs of their own.
const HOMES: [&[u8]; 4] = [b"/root/", b"/home/", b"/opt/", b"/usr/local/"];

/// An alert that is not tcpw's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldAlert {
    /// Its rule.
    pub place: Place,
    /// What it runs.
    pub command: Vec<u8>,
    /// Whether that is nothing but one mailer, so that the alert of tcpw does all of it. Whatever else
    /// a command does would be lost.
    pub is_mailer: bool,
}

/// The rules that refuse and run a script or a mailer, the allow table first.
pub fn old_alerts(ground: &Ground<'_>) -> Vec<OldAlert> {
    let mut found = Vec::new();
    for table in [TableName::Allow, TableName::Deny] {
        for rule in rules(ground.tree(table)) {
            for alert in spawned(table, rule) {
                let command = alert.value.unwrap_or_default().trim_ascii().to_vec();
                let is_mailer = is_one_mailer(&command);
                if is_mailer || looks_like_alert(&command) {
                    found.push(OldAlert {
                        place: ground.place(table, rule.line().index()),
                        command,
                        is_mailer,
                    });
                }
            }
        }
    }
    found
}

/// The edits that have each of these rules run `command` in the place of a mailer; a rule that raises
/// an alert of tcpw besides keeps only that. What may do more than mail stays. Whom a rule refuses
/// does not change.
///
/// # Errors
/// When a rule would be longer than libwrap reads.
pub fn replace_alerts(ground: &Ground<'_>, command: &str) -> Result<Change, Refusal> {
    let mut change = Change::default();
    for table in [TableName::Allow, TableName::Deny] {
        for rule in rules(ground.tree(table)) {
            let is_mailer =
                |alert: &RuleOption<'_>| alert.value.as_deref().is_some_and(is_one_mailer);
            let Some(alert) = spawned(table, rule).into_iter().find(is_mailer) else {
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

/// The `spawn`s of a rule that refuses which are not alerts of tcpw.
fn spawned<'s>(table: TableName, rule: Rule<'_, 's>) -> Vec<RuleOption<'s>> {
    if ending(table, rule) != Access::Denied {
        return Vec::new();
    }
    let mut options = rule.options();
    // What libwrap rejects, or what replaces the daemon, is not for tcpw to rearrange.
    let is_plain = |option: &RuleOption<'_>| {
        let kind = option.check_form().map(|spec| spec.kind);
        kind.is_ok_and(|kind| kind != OptionKind::Twist)
    };
    if !options.iter().all(is_plain) {
        return Vec::new();
    }
    options.retain(|option| {
        let is_spawn = option
            .spec()
            .is_some_and(|spec| spec.kind == OptionKind::Spawn);
        let is_other = |command: &[u8]| !calls_notify(command);
        is_spawn && option.value.as_deref().is_some_and(is_other)
    });
    options
}

/// Whether a word of a command line is a script, a mailer, or a program that somebody put there.
fn looks_like_alert(command: &[u8]) -> bool {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`;|&()<>".contains(byte);
    command.split(is_end).any(|word| {
        let name = file_name(word);
        names_one(name, &MAILERS)
            || SCRIPTS.iter().any(|end| name.ends_with(end))
            || HOMES.iter().any(|home| word.starts_with(home))
    })
}

/// Whether a command line is one mailer and nothing else, but for what writes the text that it mails,
/// a mailer itself or not.
fn is_one_mailer(command: &[u8]) -> bool {
    let Some(plain) = unquoted(command) else {
        return false;
    };
    let mut text = String::from_utf8_lossy(&plain).into_owned();
    for silence in SILENCES {
        text = text.replace(silence, " ");
    }
    let text = text.trim().trim_end_matches('&').trim_end();
    let inner = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    let text = inner.unwrap_or(text).trim().trim_end_matches(['&', ';']);
    if text.contains(['&', ';', '(', ')', '<', '>', '`', '$', '\n', '{', '}', '!']) {
        return false;
    }
    let mut parts: Vec<&str> = text.split('|').map(str::trim).collect();
    let last = parts.pop().unwrap_or_default();
    let tells = |part: &str| is_called(part, &TELLERS) || is_mailer(part);
    is_mailer(last) && parts.into_iter().all(tells)
}

/// Whether a command runs a mailer, or a script that is called one.
fn is_mailer(command: &str) -> bool {
    let mut words = command.split_ascii_whitespace();
    let mut program = words.next().unwrap_or_default();
    let bare = file_name(program.as_bytes()).trim_ascii_end();
    if INTERPRETERS.iter().any(|name| bare.starts_with(name)) {
        program = words.next().unwrap_or_default();
    }
    let name = file_name(program.as_bytes());
    names_one(name, &MAILERS) && !names_one(name, &BLOCKERS)
}

fn is_called(command: &str, names: &[&str]) -> bool {
    let program = command
        .split_ascii_whitespace()
        .next()
        .unwrap_or_default()
        .as_bytes();
    names
        .iter()
        .any(|name| file_name(program) == name.as_bytes())
}

/// The command with `q` in the place of what stands in quotes; nothing where the shell would run
/// something in there, or where quotes do not end.
fn unquoted(command: &[u8]) -> Option<Vec<u8>> {
    let (mut plain, mut quote) = (Vec::new(), None);
    for &byte in command {
        match quote {
            Some(end) if byte == end => quote = None,
            Some(b'"') if b"`$\\".contains(&byte) => return None,
            Some(_) => {}
            None if byte == b'"' || byte == b'\'' => {
                quote = Some(byte);
                plain.push(b'q');
            }
            None if byte == b'\\' => return None,
            None => plain.push(byte),
        }
    }
    quote.is_none().then_some(plain)
}

fn file_name(word: &[u8]) -> &[u8] {
    word.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// Whether one of the words is in a name.
fn names_one(name: &[u8], words: &[&[u8]]) -> bool {
    words.iter().any(|word| {
        let mut parts = name.windows(word.len());
        parts.any(|part| part.eq_ignore_ascii_case(word))
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
                "ALL: ALL: spawn /bin/mail.sh \\\n %a\n",
                "ALL: ALL: spawn /x/tcpw-notify --addr %a : deny\n",
            ),
            (
                "ALL: ALL: spawn (/usr/sbin/safe_finger -l @%h | /usr/bin/mail -s \"%d; (%h)\" root) &\n",
                "ALL: ALL: spawn /x/tcpw-notify --addr %a : deny\n",
            ),
            (
                "ALL: ALL: spawn /usr/bin/python3 /root/mail.py %a >/dev/null 2>&1 &\n",
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
    #[test]
    fn what_may_do_more_than_mail_stays() {
        for (command, is_named) in [
            (
                "(/root/mail.py %a; /sbin/iptables -A INPUT -s %a -j DROP) &",
                true,
            ),
            (
                "/root/mail.py %a && /sbin/nft add element inet f s %a",
                true,
            ),
            ("/root/mail.py %a & /usr/local/sbin/ban %a", true),
            ("echo %a | tee /root/seen | mail root", true),
            ("/sbin/iptables -A INPUT -s %a -j DROP | mail root", true),
            ("echo %a `/sbin/block %a` | mail root", true),
            ("mail -s \"$(/sbin/block %a)\" root", true),
            ("echo %a >> /var/log/refused; mail root", true),
            ("echo %a | mail root > /var/log/refused", true),
            ("/usr/local/sbin/ban %a", true),
            ("/opt/mailban %a", true),
            ("/home/ann/tell %a", true),
            ("/bin/alert.sh %a", true),
            ("/usr/bin/logger %a", false),
        ] {
            let deny = format!("ALL: ALL: spawn {command}\n");
            assert_eq!(after("", &deny), [String::new(), deny.clone()], "{deny}");
            let (allow, deny) = (parse(b""), parse(deny.as_bytes()));
            let found = old_alerts(&Ground::new(&allow, &deny, &Bare));
            let told: Vec<bool> = found.iter().map(|alert| alert.is_mailer).collect();
            assert_eq!(told, vec![false; usize::from(is_named)], "{command}");
        }
    }
}
