//! A client's own text as an argument that a command may take for an option (F-PCT-03).

use crate::lint::sink::Sink;
use crate::lint::view::RuleView;

/// The letters whose text the client, or who runs its DNS, can choose.
const CHOSEN: &[u8] = b"hnuc";

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    for option in rule
        .options
        .iter()
        .filter(|option| super::commands::runs(option))
    {
        let command = option.value.as_deref().unwrap_or_default();
        let mut is_safe = false;
        let mut found = None;
        let words = command.split(u8::is_ascii_whitespace);
        for (number, word) in words.filter(|word| !word.is_empty()).enumerate() {
            let bare = word
                .strip_prefix(b"\"")
                .or(word.strip_prefix(b"'"))
                .unwrap_or(word);
            match bare {
                // A new command has options of its own.
                b"|" | b"||" | b"&&" | b";" => is_safe = false,
                b"--" => is_safe = true,
                [b'%', letter, ..] if CHOSEN.contains(letter) && number > 0 && !is_safe => {
                    found = Some(*letter);
                    break;
                }
                _ => {}
            }
            is_safe &= !word.ends_with(b";");
            // Its text is all that follows: no options come behind it.
            is_safe |= word == b"echo" || word.ends_with(b"/echo") || word.ends_with(b"<<<");
        }
        let Some(letter) = found else {
            continue;
        };
        sink.report(option.value_span, || {
            let letter = char::from(letter);
            (
                format!(
                    "the client chooses what `%{letter}` is, and may begin it with a hyphen: the \
                         command takes it for an option"
                ),
                format!("put `--` before `%{letter}`, as in `-- %{letter}`"),
            )
        });
    }
}
