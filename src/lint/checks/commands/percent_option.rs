//! A client's own text as an argument that a command may take for an option (F-PCT-03).

use crate::lint::command::{Word, base_name, commands};
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, runs_command};

rows! {
    /// A client's text stands where a command reads options.
    ///
    /// A name may begin with a hyphen; libwrap filters quotes and the like, but not that.
    ///
    /// Repair: by hand
    /// Facts: F-PCT-03
    CHECK = Row::new("TW606", "client-chooses-option", Warning, Breaks, Run::Rule(check));
}

/// The letters whose text the client, or who runs its DNS, can choose.
const CHOSEN: &[u8] = b"hnuc";
/// Programs, and their options that take the next word as it is.
const VALUED: [(&[u8], &[u8]); 6] = [
    (b"mail", b"sarbc"),
    (b"mailx", b"sarbc"),
    (b"Mail", b"sarbc"),
    (b"bsd-mailx", b"sarbc"),
    (b"s-nail", b"sarbc"),
    (b"logger", b"tpun"),
];

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for option in rule.options.iter().filter(|option| runs_command(option)) {
        let command = option.value.as_deref().unwrap_or_default();
        let Some(letter) = commands(command).iter().find_map(|words| exposed(words)) else {
            continue;
        };
        sink.report(option.value_span, || {
            let letter = char::from(letter);
            (
                format!(
                    "the client chooses what `%{letter}` is, and may begin it with a hyphen: the \
                         command takes it for an option"
                ),
                format!(
                    "put `--` before `%{letter}`, as in `-- %{letter}`, or other text in the same \
                     word, as in `\"from %{letter}\"`"
                ),
            )
        });
    }
}

/// The letter with which an argument begins that the program may take for an option.
fn exposed(words: &[Word<'_>]) -> Option<u8> {
    let (program, arguments) = words.split_first()?;
    let program = base_name(program.bare());
    // Its text is all that follows: no options come after it.
    if program == b"echo" {
        return None;
    }
    let valued = VALUED.iter().find(|(name, _)| *name == program);
    let mut before: &[u8] = b"";
    for word in arguments.iter().filter(|word| !word.is_target) {
        let bare = word.bare();
        if bare == b"--" {
            return None;
        }
        let is_value = matches!(before, [b'-', letters @ ..]
            if letters.last().is_some_and(|last| valued.is_some_and(|(_, taken)| taken.contains(last))));
        if let [b'%', letter, ..] = bare
            && CHOSEN.contains(letter)
            && !is_value
        {
            return Some(*letter);
        }
        before = bare;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_before_the_letter_and_what_takes_any_word_are_safe() {
        for (command, expected) in [
            ("/usr/bin/x %h", Some(b'h')),
            ("/usr/bin/x \"%u@%h\"", Some(b'u')),
            ("/usr/bin/x '%n'", Some(b'n')),
            ("echo a | /usr/bin/x %h", Some(b'h')),
            ("(/usr/bin/x -v; /usr/bin/y %c) &", Some(b'c')),
            ("/usr/bin/x -- %h", None),
            ("/usr/bin/x %a %d", None),
            ("/usr/bin/x \"from %h\"", None),
            ("/usr/bin/x \"tcpd: %u@%h[%a] fingered me!\" root", None),
            ("(echo \"login from %h\" >> /var/log/x) &", None),
            ("(/bin/echo %h) &", None),
            ("/usr/bin/mail -s %h root", None),
            ("/usr/bin/mail %h", Some(b'h')),
            ("/usr/bin/x > %h", None),
            ("/usr/bin/x <<< %h", None),
        ] {
            let found = commands(command.as_bytes())
                .iter()
                .find_map(|words| exposed(words));
            assert_eq!(found, expected, "{command}");
        }
    }
}
