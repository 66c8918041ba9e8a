//! libwrap waits for a spawned command, and the visitor waits with it (F-SPAWN-03).

use crate::lint::checks::options::traps::{Trap, first_trap};
use crate::lint::command::is_in_background;
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::policy::OptionKind;

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    // A command that a colon has cut in two does not end where it was meant to.
    if matches!(first_trap(rule), Some((Trap::CutValue, _))) {
        return;
    }
    for option in &rule.options {
        let is_spawn = option
            .spec()
            .is_some_and(|spec| spec.kind == OptionKind::Spawn);
        let Some(command) = option.value.as_deref().filter(|_| is_spawn) else {
            continue;
        };
        if returns_at_once(command) {
            continue;
        }
        sink.report(option.value_span, || {
            (
                "libwrap waits until this command has ended, and so does everybody the rule matches"
                    .to_owned(),
                "put ` &` at its end, or call `tcpw notify`, which returns at once".to_owned(),
            )
        });
    }
}

/// Whether the command runs in the background, or is a single call of `tcpw notify`, under either name.
fn returns_at_once(command: &[u8]) -> bool {
    if is_in_background(command) {
        return true;
    }
    let mut words = command
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let program = words.next().unwrap_or_default();
    let program = program.rsplit(|&byte| byte == b'/').next();
    let is_notify = match program {
        Some(b"tcpw-notify") => true,
        Some(b"tcpw") => words.next() == Some(b"notify"),
        _ => false,
    };
    is_notify && !command.iter().any(|byte| b";|&`$".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_the_notifier_return_at_once() {
        for (command, does) in [
            (&b"/usr/sbin/tcpw notify -- %h"[..], true),
            (b"/usr/sbin/tcpw-notify --addr %a -- %h", true),
            (b"/usr/sbin/tcpw-notify -- %h; sleep 9", false),
            (b"/usr/sbin/tcpw list", false),
            (b"/usr/sbin/mail-notify -- %h", false),
            (b"/bin/echo \"a &\"", false),
            (b"(/bin/echo a: b) &", true),
        ] {
            assert_eq!(returns_at_once(command), does);
        }
    }
}
