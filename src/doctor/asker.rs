//! Which program asks in the place of a daemon: for sshd since 9.8 that is `sshd-session`.

use crate::doctor::catalogue::{Asker, Entry};
use crate::doctor::elf::path_in;
use crate::doctor::setting::{last_value, shown, text};
use crate::doctor::subject::Subject;
use crate::system::open_regular;
use std::path::PathBuf;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asking {
    /// The daemon itself.
    Itself,
    /// This program, a file of the system.
    Other(PathBuf),
    /// That cannot be told, because of this.
    Unseen(String),
}

/// Who asks for a daemon.
pub(super) fn asking(subject: &Subject<'_>, known: Option<&'static Entry>) -> Asking {
    let Some(asker) = known.and_then(|entry| entry.asker) else {
        return Asking::Itself;
    };
    let file = subject.file();
    let inside = match open_regular(&file).and_then(|file| path_in(&file, asker.end)) {
        Ok(inside) => inside,
        Err(cause) => {
            let path = subject.program.display();
            return Asking::Unseen(format!("{path} cannot be judged: {cause}"));
        }
    };
    match inside {
        None if subject.process.is_some_and(|process| process.is_replaced) => Asking::Unseen(
            "its file was replaced since it was started, and it starts the new one for each \
             connection: restart it"
                .to_owned(),
        ),
        None => Asking::Itself,
        Some(inside) => {
            let inside = String::from_utf8_lossy(&inside).into_owned();
            let path = named(subject, &asker).unwrap_or(inside);
            let path = subject.root.join(path.trim_start_matches('/'));
            if path.exists() {
                return Asking::Other(path);
            }
            let place = shown(subject.root, &path);
            Asking::Unseen(format!(
                "{place}, which serves each connection, is not there"
            ))
        }
    }
}

/// The path that the configuration names, or an option `-o KEY=PATH`. A title such as `sshd: /usr/sbin/sshd
/// -D [listener]` has the arguments in it.
fn named(subject: &Subject<'_>, asker: &Asker) -> Option<String> {
    let words = subject
        .words
        .iter()
        .flat_map(|word| word.split_whitespace());
    let words: Vec<&str> = words.collect();
    let option = words.iter().find_map(|word| {
        let (key, value) = word.trim_start_matches("-o").split_once('=')?;
        key.eq_ignore_ascii_case(asker.key)
            .then(|| value.to_owned())
    });
    let after = |flag: &str| {
        let at = words.iter().position(|word| *word == flag)?;
        words.get(at + 1).copied()
    };
    let file = after("-f").unwrap_or(asker.file);
    let text = text(&subject.root.join(file.trim_start_matches('/')))
        .ok()
        .flatten();
    let configured = || {
        let text = text?;
        last_value(&text, asker.key, ' ').map(|(_, value)| value.to_owned())
    };
    option.or_else(configured)
}
