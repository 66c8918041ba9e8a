//! What libwrap logs of an option that it refuses.

use super::priority::{DAEMON, priority};
use hosts_access::escape::visible;
use hosts_access::policy::{OptionKind, OptionProblem, RuleOption};

/// Libwrap's words for `problem` with `option`; `has_group` says whether the groups that the option
/// names exist.
pub(crate) fn problem_words(
    problem: OptionProblem,
    option: &RuleOption<'_>,
    has_group: &dyn Fn(&[u8]) -> bool,
) -> String {
    let name = visible(&option.name);
    match problem {
        OptionProblem::MissingName => "missing option name".to_owned(),
        OptionProblem::UnknownName => format!("bad option name: \"{name}\""),
        OptionProblem::MissingValue => format!("option \"{name}\" requires value"),
        OptionProblem::UnwantedValue => format!("option \"{name}\" requires no value"),
        OptionProblem::NotLast => format!("option \"{name}\" must be at end"),
        OptionProblem::BadValue => bad_value(option),
        OptionProblem::UnknownAccount => unknown_account(option, has_group),
        OptionProblem::SwitchedAway | OptionProblem::Resident => problem.to_string(),
    }
}

fn bad_value(option: &RuleOption<'_>) -> String {
    let value = option.value.as_deref().unwrap_or_default();
    let shown = visible(value);
    match option.spec().map(|spec| spec.kind) {
        Some(OptionKind::Severity) => {
            let word = priority(value, DAEMON).err().unwrap_or(value);
            format!("bad syslog facility or severity: \"{}\"", visible(word))
        }
        Some(OptionKind::Umask) => format!("bad umask value: \"{shown}\""),
        Some(OptionKind::Nice) => format!("bad nice value: \"{shown}\""),
        Some(OptionKind::Rfc931) => format!("bad rfc931 timeout: \"{shown}\""),
        Some(OptionKind::Linger) => format!("bad linger value: \"{shown}\""),
        // What setenv(3) refuses.
        Some(OptionKind::Setenv) => "memory allocation failure".to_owned(),
        Some(
            OptionKind::Aclexec
            | OptionKind::Allow
            | OptionKind::Banners
            | OptionKind::Deny
            | OptionKind::Group
            | OptionKind::Keepalive
            | OptionKind::Spawn
            | OptionKind::Twist
            | OptionKind::User,
        )
        | None => format!("bad value: \"{shown}\""),
    }
}

/// The group of `user name.group` is looked up first.
fn unknown_account(option: &RuleOption<'_>, has_group: &dyn Fn(&[u8]) -> bool) -> String {
    let value = option.value.as_deref().unwrap_or_default();
    let is_group = option
        .spec()
        .is_some_and(|spec| spec.kind == OptionKind::Group);
    let mut parts = value.splitn(2, |&byte| byte == b'.');
    let user = parts.next().unwrap_or_default();
    let group = if is_group { Some(value) } else { parts.next() };
    match group {
        Some(group) if is_group || !has_group(group) => {
            format!("unknown group: \"{}\"", visible(group))
        }
        Some(_) | None => format!("unknown user: \"{}\"", visible(user)),
    }
}
