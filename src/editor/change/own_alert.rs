//! The alert of tcpw in a rule: how it is told from other commands, and which program it runs.

use crate::policy::{OptionKind, Rule, RuleOption};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// What libwrap is to put in place of each letter: address, daemon, server and process in options
/// of their own, the name last, after `--`, because it may begin with a hyphen. Neither `%u` nor
/// `%n`: they make the client wait for ident and DNS.
pub(super) const ARGUMENTS: &str = "--addr %a --daemon %d --server %s --pid %p -- %h";

/// The program that is `tcpw notify` and nothing else, and is there for alert rules.
pub use tcpw_event::places::NOTIFIER as FAST_NAME;

/// The program that an alert runs.
pub(crate) fn program(alert: &RuleOption<'_>) -> Option<PathBuf> {
    let value = alert.value.as_deref()?;
    let mut words = value.split(u8::is_ascii_whitespace);
    let word = words.find(|word| !word.is_empty())?;
    Some(PathBuf::from(OsStr::from_bytes(word)))
}

/// The `spawn` of a rule that refuses and calls `tcpw notify`.
pub(crate) fn own_alert<'s>(rule: Rule<'_, 's>) -> Option<RuleOption<'s>> {
    let options = rule.options();
    let refuses = options
        .last()
        .and_then(RuleOption::spec)
        .is_some_and(|spec| spec.kind == OptionKind::Deny);
    let is_alert = |option: &RuleOption<'_>| {
        option
            .spec()
            .is_some_and(|spec| spec.kind == OptionKind::Spawn)
            && option.value.as_deref().is_some_and(calls_notify)
    };
    options.into_iter().find(is_alert).filter(|_| refuses)
}

/// `/any/path/tcpw notify ...` or `/any/path/tcpw-notify ...`, or another name of the program with
/// our own arguments.
pub(crate) fn calls_notify(command: &[u8]) -> bool {
    let mut words = command
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let program = Path::new(OsStr::from_bytes(words.next().unwrap_or_default()));
    let is_called = |name| program.is_absolute() && program.file_name() == Some(OsStr::new(name));
    let is_tcpw = is_called("tcpw");
    is_called(FAST_NAME)
        || words.next() == Some(b"notify") && (is_tcpw || command.ends_with(ARGUMENTS.as_bytes()))
}
