//! What of the rules has no place where only addresses are known, line by line.

use super::served::ServedDaemon;
use crate::engine::{Surroundings, Table, TableName, Tables};
use crate::escape::visible_short;
use crate::policy::{
    ClientPattern, DaemonPattern, Element, HostPattern, OptionKind, Process, Rule, RuleOption,
    TextPattern, rules,
};
use std::fmt;

/// As much of a word or an option as is shown.
const SHOWN: usize = 60;

/// Something that a rule says and an export does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The table.
    pub table: TableName,
    /// The number of its line.
    pub number: u32,
    /// The words, as they stand there, safe to show.
    pub text: String,
    /// What they are.
    pub kind: LossKind,
}

/// What is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossKind {
    /// The name of a client, or a word about names.
    Name,
    /// The user of a client.
    User,
    /// The address or port of the server at which it asks.
    ServerEnd,
    /// A command whose end decides.
    Command,
    /// What a gate admits: it is written as it is now.
    Gate,
    /// What a list file holds: it is written as it is now.
    ListFile,
    /// A command that raises an alert.
    Alert,
    /// A command that is run beside the decision.
    Spawn,
    /// What is sent to those who are refused, or run for them instead of the daemon.
    Answer,
    /// What is sent to those who are admitted.
    Banner,
    /// An option that sets something up for the daemon.
    Setting,
    /// A daemon that was not named.
    Daemon,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.kind {
            LossKind::Name => "asks for the client's name: only addresses are known there",
            LossKind::User => "asks for the client's user: only addresses are known there",
            LossKind::ServerEnd => "asks for the server's end of the connection",
            LossKind::Command => "decides by running a command",
            LossKind::Gate => {
                "is written as the gate admits now: export again when its data change"
            }
            LossKind::ListFile => "is written as the file is now: export again when it changes",
            LossKind::Alert => "raises no alert there",
            LossKind::Spawn => "is not run there",
            LossKind::Answer => "is not sent or run there: the client is refused",
            LossKind::Banner => "is not sent there: the client is admitted without it",
            LossKind::Setting => "has no effect there",
            LossKind::Daemon => "is not exported: no --daemon names it",
        };
        write!(f, "`{}` {why}", self.text)
    }
}

/// What is lost of rules about these daemons, and which daemons of rules are not among them, in the
/// order of the lines, the allow table first.
pub fn losses(
    tables: &Tables<'_>,
    daemons: &[ServedDaemon],
    world: &dyn Surroundings,
) -> Vec<Loss> {
    let mut found = Vec::new();
    for (table, read) in [
        (TableName::Allow, tables.allow),
        (TableName::Deny, tables.deny),
    ] {
        let tree = match read {
            Table::Read(tree) => tree,
            Table::Absent | Table::Unreadable => continue,
        };
        for rule in rules(tree) {
            let mut scan = Scan {
                table,
                number: rule.number(),
                world,
                found: &mut found,
            };
            if scan.daemons(rule, daemons) {
                scan.clients(rule);
                scan.options(rule);
            }
        }
    }
    found
}

struct Scan<'a> {
    table: TableName,
    number: u32,
    world: &'a dyn Surroundings,
    found: &'a mut Vec<Loss>,
}

impl Scan<'_> {
    fn add(&mut self, kind: LossKind, text: &[u8]) {
        self.found.push(Loss {
            table: self.table,
            number: self.number,
            text: visible_short(text, SHOWN),
            kind,
        });
    }

    /// Whether the rule may concern one of the daemons.
    fn daemons(&mut self, rule: Rule<'_, '_>, daemons: &[ServedDaemon]) -> bool {
        let mut concerns = false;
        let mut is_before_except = true;
        for element in rule.daemons().elements() {
            let Element::Pattern { text, .. } = element else {
                is_before_except = false;
                continue;
            };
            let pattern = DaemonPattern::read_in(&text, self.world.dialect());
            let mut is_named = false;
            match pattern.process {
                Process::Port(_) => {
                    self.add(LossKind::ServerEnd, &text);
                    is_named = true;
                }
                Process::Name(TextPattern::Exact(name)) => {
                    is_named = daemons
                        .iter()
                        .any(|daemon| name.eq_ignore_ascii_case(daemon.name.as_bytes()));
                    if !is_named && is_before_except {
                        self.add(LossKind::Daemon, &text);
                    }
                }
                Process::Name(_) => is_named = true,
                Process::Overflow => {}
            }
            if is_named && pattern.host.is_some_and(|host| !is_anybody(host)) {
                self.add(LossKind::ServerEnd, &text);
            }
            concerns |= is_named && is_before_except;
        }
        concerns
    }

    fn clients(&mut self, rule: Rule<'_, '_>) {
        for element in rule.clients().elements() {
            let Element::Pattern { text, .. } = element else {
                continue;
            };
            let pattern = ClientPattern::read_in(&text, self.world.dialect());
            if pattern.user.is_some_and(|user| user != TextPattern::All) {
                self.add(LossKind::User, &text);
            }
            if matches!(pattern.host, HostPattern::ListFile(_)) {
                self.add(LossKind::ListFile, &text);
            } else if asks_name(pattern.host) {
                self.add(LossKind::Name, &text);
            }
        }
    }

    fn options(&mut self, rule: Rule<'_, '_>) {
        if !rule.has_options() {
            return;
        }
        if !self.world.dialect().options {
            return self.add(LossKind::Spawn, &rule.command());
        }
        let admits = self.admits(rule);
        for option in rule.options() {
            let Some(kind) = option
                .spec()
                .and_then(|spec| self.option(&option, spec.kind, admits))
            else {
                continue;
            };
            let value = option.value.as_deref().unwrap_or_default();
            let text = [&*option.name, b" ", value].concat();
            self.add(kind, text.trim_ascii());
        }
    }

    /// Whether clients of the rule get in, unless an option of it refuses some of them.
    fn admits(&self, rule: Rule<'_, '_>) -> bool {
        let mut kinds = rule
            .options()
            .into_iter()
            .filter_map(|option| Some(option.spec()?.kind));
        let end = kinds.find(|kind| {
            matches!(
                kind,
                OptionKind::Allow | OptionKind::Deny | OptionKind::Twist
            )
        });
        end.map_or(self.table == TableName::Allow, |kind| {
            matches!(kind, OptionKind::Allow)
        })
    }

    fn option(&self, option: &RuleOption<'_>, kind: OptionKind, admits: bool) -> Option<LossKind> {
        let value = option.value.as_deref().unwrap_or_default();
        let runs_notifier = || value.windows(11).any(|part| part == b"tcpw-notify");
        match kind {
            OptionKind::Allow | OptionKind::Deny => None,
            OptionKind::Aclexec => Some(match self.world.aclexec_clients(value) {
                Some(_) => LossKind::Gate,
                None => LossKind::Command,
            }),
            OptionKind::Spawn if runs_notifier() => Some(LossKind::Alert),
            OptionKind::Spawn => Some(LossKind::Spawn),
            OptionKind::Banners if admits => Some(LossKind::Banner),
            OptionKind::Twist | OptionKind::Banners => Some(LossKind::Answer),
            OptionKind::Group
            | OptionKind::Keepalive
            | OptionKind::Linger
            | OptionKind::Nice
            | OptionKind::Rfc931
            | OptionKind::Setenv
            | OptionKind::Severity
            | OptionKind::Umask
            | OptionKind::User => Some(LossKind::Setting),
        }
    }
}

fn is_anybody(host: HostPattern<'_>) -> bool {
    matches!(
        host,
        HostPattern::Text {
            pattern: TextPattern::All,
            ..
        }
    )
}

/// Whether a pattern is compared with the client's name.
fn asks_name(host: HostPattern<'_>) -> bool {
    match host {
        HostPattern::Netgroup(_) | HostPattern::Known | HostPattern::Local => true,
        HostPattern::Text { pattern, also_name } => {
            also_name && !matches!(pattern, TextPattern::All | TextPattern::Ipv6(_))
        }
        HostPattern::ListFile(_)
        | HostPattern::Ipv4Net { .. }
        | HostPattern::Ipv6Net { .. }
        | HostPattern::BadNet(_) => false,
    }
}
