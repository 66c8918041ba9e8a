//! libwrap waits for a spawned command, and the client waits with it (F-SPAWN-03).

use crate::diagnostic::Fix;
use crate::edit::Edit;
use crate::lint::checks::options::traps::{Trap, first_trap};
use crate::lint::command::{Piece, is_in_background, is_whole, pieces};
use crate::lint::fix::{Broken, edits};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::policy::OptionKind;

rows! {
    /// A command makes the client wait.
    ///
    /// libwrap waits until the command has ended before it answers.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-SPAWN-03
    CHECK = Row::new("TW601", "visitor-waits", Warning, Slow, Run::Rule(check))
        .fixed(Repair::Line(fix));
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
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

/// A command that the shell does not wait for; none where that would be another command.
fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    let (found, text) = (broken.span, broken.text());
    let pieces = pieces(text);
    let is_operator = |piece: &Piece<'_>, of: &[&[u8]]| matches!(piece, Piece::Operator(text) if of.contains(text));
    let is_open = pieces
        .last()
        .is_none_or(|last| is_operator(last, &[b"|", b"&", b";"]));
    let has_comment = pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Word(word) if word.text.starts_with(b"#")));
    if is_open || has_comment || !is_whole(text) || text.ends_with(b"\\") {
        return None;
    }
    // `a; b &` waits for a.
    let is_list = pieces
        .iter()
        .any(|piece| is_operator(piece, &[b";", b"\n"]));
    let all = if is_list {
        vec![
            Edit::insert(found.start, "("),
            Edit::insert(found.end, ") &"),
        ]
    } else {
        vec![Edit::insert(found.end, " &")]
    };
    Some(edits("run it in the background", all))
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
