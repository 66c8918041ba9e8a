//! Rules that run a program of tcpw, whoever wrote them: once the program is gone they run nothing.

use crate::editor::change::own_alert::{FAST_NAME, own_alert};
use crate::editor::trial::table_pair::{Ground, Place};
use crate::engine::TableName;
use crate::policy::{OptionKind, Rule, RuleOption, rules};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The program that has all commands.
const PROGRAM: &str = "tcpw";
/// The program that rules ask whether a client may come in.
const GATE: &str = "tcpw-gate";

/// The rules of both tables that run tcpw, its notifier or its gate, the allow table first.
pub fn callers(ground: &Ground<'_>) -> Vec<Place> {
    let of = |table: TableName| {
        rules(ground.tree(table))
            .filter(|rule| runs_tcpw(*rule))
            .map(move |rule| ground.place(table, rule.line().index()))
    };
    of(TableName::Allow).chain(of(TableName::Deny)).collect()
}

fn runs_tcpw(rule: Rule<'_, '_>) -> bool {
    own_alert(rule).is_some() || rule.options().iter().any(names_tcpw)
}

/// Whether an option runs a command, or is none that libwrap knows and so may be a shell command of
/// other builds, and names one of the programs.
fn names_tcpw(option: &RuleOption<'_>) -> bool {
    let runs = option.spec().is_none_or(|spec| {
        matches!(
            spec.kind,
            OptionKind::Spawn | OptionKind::Twist | OptionKind::Aclexec
        )
    });
    let value = option.value.as_deref().unwrap_or_default();
    runs && (has_program(&option.name) || has_program(value))
}

/// Whether a word of a command line is one of the programs, with its path or without.
fn has_program(command: &[u8]) -> bool {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`;|&()<>=$\\".contains(byte);
    command.split(is_end).any(|word| {
        let name = Path::new(OsStr::from_bytes(word)).file_name();
        name.is_some_and(|name| name == PROGRAM || name == FAST_NAME || name == GATE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Bare;
    use crate::syntax::parse;

    #[test]
    fn each_way_to_run_it_is_seen_and_nothing_else() {
        for (rule, runs) in [
            (
                "ALL: ALL : spawn /usr/sbin/tcpw-notify --addr %a -- %h : deny",
                true,
            ),
            ("ALL: ALL : spawn /opt/x/tcpw notify -- %h : deny", true),
            ("ALL: ALL : spawn (tcpw notify -- %h) & : allow", true),
            (
                "ALL: ALL : spawn sh -c '/usr/sbin/tcpw-notify --addr %a'",
                true,
            ),
            ("ALL: ALL : aclexec /usr/sbin/tcpw match %d %a", true),
            (
                "sshd: ALL : aclexec exec /usr/sbin/tcpw-gate --country KR -- %a",
                true,
            ),
            ("ALL: ALL : twist /bin/echo; /usr/sbin/tcpw-notify", true),
            ("ALL: ALL : (/usr/sbin/tcpw-notify --addr %a) &", true),
            (
                "ALL: ALL : spawn /opt/alert notify --addr %a --daemon %d --server %s --pid %p -- %h : deny",
                true,
            ),
            ("ALL: ALL : spawn /root/mail.py %a : deny", false),
            ("ALL: ALL : user tcpw : severity info", false),
            ("ALL: ALL : setenv BY tcpw", false),
            ("ALL: tcpw.example.org", false),
            ("ALL: ALL : spawn /usr/sbin/tcpw-notify.old", false),
            ("# ALL: ALL : spawn /usr/sbin/tcpw-notify", false),
        ] {
            let (text, empty) = (format!("{rule}\n"), parse(b""));
            let tree = parse(text.as_bytes());
            for ground in [
                Ground::new(&tree, &empty, &Bare),
                Ground::new(&empty, &tree, &Bare),
            ] {
                assert_eq!(!callers(&ground).is_empty(), runs, "{rule}");
            }
        }
    }
}
