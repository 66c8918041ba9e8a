//! The programs that rules run: where they are, who can change them, and what a client can make
//! of their arguments.

use crate::lint::check::Harm;
use crate::lint::checks::list_words::matches_all;
use crate::lint::checks::lists::never_matches::never_matches;
use crate::lint::checks::options::gate::is_gate;
use crate::lint::harms::Place;
use crate::lint::machine_files::{FileKind, Look, Site};
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, base, is_filter, runs_command};

use crate::lint::words::{plain, quote};
use crate::policy::{Rule, RuleOption, rules};
use tcpw_gate::without_exec;

rows! {
    /// A command is named without its path.
    ///
    /// It is looked for where the daemon's PATH says, which is not yours.
    ///
    /// Repair: by hand
    /// Facts: F-SPAWN-04
    CHECK = Row::new("TW603", "command-without-path", Info, Breaks, Run::Site(check));

    /// A command is not there or cannot be run.
    ///
    /// libwrap ignores how a spawned command ends, so nobody hears of it; an aclexec that cannot
    /// run counts as failed.
    ///
    /// Repair: by hand
    /// Facts: F-SPAWN-01 F-ACL-04
    MISSING = Row::new("TW604", "command-missing", Warning, Breaks, Run::Elsewhere)
        .shown(|shown| {
            let missing = claim(Some(!shown.effect), Decider::Later, Reach::Both).if_failed();
            vec![(missing, &[Group::Line, Group::Strangers])]
        }).harm(harm);

    /// Others than root can change a command or a directory above it.
    ///
    /// Daemons mostly run it as root: whoever can change it becomes root.
    ///
    /// Repair: by hand
    /// Facts: F-SPAWN-04
    WEAK = Row::new("TW605", "command-writable", Error, LetsIn, Run::Elsewhere)
        .shown(claims::nothing);

    /// A command is closed to the user that the daemon runs as.
    ///
    /// libwrap runs a command as the daemon itself. One with a user of its own, such as slapd or
    /// stunnel4, cannot run what only root may run, and nothing reports it: the alert is lost.
    ///
    /// Repair: by hand
    /// Facts: F-SPAWN-01 F-SPAWN-04
    CLOSED = Row::new("TW609", "command-closed-to-daemon", Warning, Breaks, Run::Elsewhere);
}

/// What the shell does itself (POSIX, section 2.14 and 1.6).
const BUILTINS: [&str; 42] = [
    ".", ":", "[", "alias", "break", "case", "cd", "command", "continue", "echo", "eval", "exec",
    "exit", "export", "false", "for", "getopts", "hash", "if", "jobs", "kill", "local", "printf",
    "pwd", "read", "readonly", "return", "set", "shift", "test", "times", "trap", "true", "type",
    "ulimit", "umask", "unalias", "unset", "until", "wait", "while", "}",
];

/// Daemons with libwrap that run under a user of their own when they ask it, and that user, in
/// Debian 12.
const OWN_USERS: [(&str, &str); 8] = [
    ("exim", "Debian-exim"),
    ("exim4", "Debian-exim"),
    ("quasselcore", "quasselcore"),
    ("rpcbind", "_rpc"),
    ("slapd", "openldap"),
    ("snmpd", "Debian-snmp"),
    ("stunnel", "stunnel4"),
    ("stunnel4", "stunnel4"),
];

fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        for rule in rules(tree).filter(|rule| rule.has_options()) {
            let view = RuleView::new(table, rule);
            if never_matches(&view) {
                continue;
            }
            for option in view.options.iter().filter(|option| runs_command(option)) {
                let command = option.value.as_deref().unwrap_or_default();
                judge(&view, option, program(command), site, sink);
            }
        }
    }
}

/// The first word of a command, but for `exec` and the `!` before it.
pub(in crate::lint::checks) fn program(command: &[u8]) -> &[u8] {
    let is_before = |byte: &&u8| byte.is_ascii_whitespace() || b"({!".contains(*byte);
    let start = command.iter().take_while(is_before).count();
    let rest = without_exec(command.get(start..).unwrap_or_default());
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b";|&()<>".contains(byte);
    rest.split(is_end).next().unwrap_or_default()
}

fn judge(
    rule: &RuleView<'_, '_>,
    option: &RuleOption<'_>,
    program: &[u8],
    site: &Site<'_>,
    sink: &mut Sink,
) {
    let is_odd = |byte: &u8| b"$`\"'=%*?\\".contains(byte);
    let is_builtin = BUILTINS.iter().any(|name| name.as_bytes() == program);
    if program.is_empty() || is_builtin || program.iter().any(is_odd) {
        return;
    }
    if program.starts_with(b"/") {
        if let Some(look) = site.files.look(program) {
            file(rule, option, program, &look, sink);
            closed(rule, option, program, &look, sink);
        }
        return;
    }
    if program.contains(&b'/') {
        sink.report(option.value_span, || {
            (
                format!(
                    "{} is looked for where the daemon happens to stand, which is mostly `/`",
                    quote(program)
                ),
                "write the whole path of the program".to_owned(),
            )
        });
        return;
    }
    let found = site.files.program(program);
    sink.report(option.value_span, || {
        let help = match found {
            Some(path) => format!("write `{}`", plain(&path)),
            None => "write the whole path of the program".to_owned(),
        };
        (
            format!(
                "{} is looked for in the PATH of the daemon, which is not yours",
                quote(program)
            ),
            help,
        )
    });
}

/// Why nobody can run what is at a path.
pub(in crate::lint::checks) fn problem(look: &Look) -> Option<&'static str> {
    match look.kind {
        FileKind::Missing => Some("is not there"),
        FileKind::DanglingLink => Some("is a link to nothing"),
        FileKind::Directory | FileKind::Special => Some("is not a program"),
        FileKind::File if look.mode & 0o111 == 0 => Some("may be run by nobody (mode without x)"),
        FileKind::File => None,
    }
}

fn file(
    rule: &RuleView<'_, '_>,
    option: &RuleOption<'_>,
    program: &[u8],
    look: &Look,
    sink: &mut Sink,
) {
    if let Some(problem) = problem(look) {
        sink.report_as(&MISSING.check, option.value_span, || {
            let then = if is_filter(rule.rule, option.value_span) {
                "so this aclexec fails for everybody"
            } else {
                "and libwrap reports nothing"
            };
            (
                format!("{} {problem}, {then}", quote(program)),
                if is_gate(program) {
                    "install tcpw-gate, which comes with tcpw, or correct the path".to_owned()
                } else if is_own(program) {
                    "`tcpw install-alert` writes the path of the tcpw that is there".to_owned()
                } else {
                    "install the program, or correct the path".to_owned()
                },
            )
        });
        return;
    }
    let weak = look.weak_parent.as_deref();
    if look.is_weak() || weak.is_some() {
        sink.report_as(&WEAK.check, option.value_span, || {
            let what = match weak {
                Some(directory) => format!("the directory {}", quote(directory)),
                None => quote(program),
            };
            (
                format!(
                    "others than root can change {what}: what the daemon runs, mostly as root, is theirs"
                ),
                format!("chown root and chmod go-w {what}"),
            )
        });
    }
}

/// Whether it is a program of tcpw.
fn is_own(program: &[u8]) -> bool {
    let name = program.rsplit(|&byte| byte == b'/').next();
    matches!(name, Some(b"tcpw" | b"tcpw-notify"))
}

/// A program that the daemon's own user cannot run.
fn closed(
    rule: &RuleView<'_, '_>,
    option: &RuleOption<'_>,
    program: &[u8],
    look: &Look,
    sink: &mut Sink,
) {
    let is_there = look.kind == FileKind::File && look.mode & 0o111 != 0;
    let Some(obstacle) = look.obstacle(program, 0o001).filter(|_| is_there) else {
        return;
    };
    let owned = base(&rule.daemons).find_map(|(text, _)| {
        let is_it = |(daemon, _): &&(&str, &str)| text.eq_ignore_ascii_case(daemon.as_bytes());
        OWN_USERS.iter().find(is_it)
    });
    let who = match owned {
        Some((daemon, user)) => format!("{daemon} runs as {user} and"),
        None if matches_all(&rule.daemons) => "a daemon that does not run as root".to_owned(),
        None => return,
    };
    sink.report_as(&CLOSED.check, option.value_span, || {
        (
            format!("{who} cannot run {}: {obstacle}", quote(program)),
            "let everybody run it: chmod 755, also for the directories above it".to_owned(),
        )
    });
}

fn harm(place: &Place<'_, '_>) -> Option<Harm> {
    let is_filter = is_filter(Rule::of(place.line)?, place.span);
    is_filter.then(|| place.by_effect(Harm::LocksOut, Harm::LetsIn))
}
