//! What the static build does: it cannot ask the name service, so it has the commands that answer from files.

use crate::cli::args::Command;
use crate::cli::base::Failure;

/// Whether the command can be run where the name service can be asked or not. `compact`, which finds
/// clients in files alone, is not among those that can: it writes tables, and whom a change must not
/// lock out are accounts, sessions and names.
///
/// # Errors
/// When it needs the name service: accounts, names of servers and clients.
pub(crate) fn check(command: &Command, has_name_service: bool) -> Result<(), Failure> {
    let answers_from_files = matches!(
        command,
        Command::Lint(_)
            | Command::Match(_)
            | Command::Test(_)
            | Command::Diff(_)
            | Command::Explain(_)
            | Command::Parse(_)
            | Command::Set(_)
            | Command::Completions(_)
    );
    if has_name_service || answers_from_files {
        return Ok(());
    }
    let what = "this is the static build of tcpw, which cannot ask the name service: it has lint, match, \
                test, diff, explain, parse and set";
    Err(Failure::new(what)
        .hint("install the package of tcpw on the machine itself; nothing was changed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;
    use std::ffi::OsString;

    fn command(words: &[&str]) -> Command {
        let words = std::iter::once("tcpw").chain(words.iter().copied());
        let words: Vec<OsString> = words.map(OsString::from).collect();
        Cli::read_by_clap(&words).unwrap().command
    }

    #[test]
    fn what_answers_from_files_is_there_and_what_changes_something_is_not() {
        for words in [
            &["lint"][..],
            &["match", "sshd", "192.0.2.1"],
            &["diff", "a", "b"],
            &["explain", "TW110"],
            &["completions", "bash"],
            &["set", "build", "a.set", "a.txt"],
            &["set", "show", "a.set"],
        ] {
            assert!(check(&command(words), false).is_ok(), "{words:?}");
        }
        for words in [
            &["setup"][..],
            &["allow", "192.0.2.1"],
            &["undo"],
            &["compact", "--check"],
            &["deliver"],
            &["report"],
        ] {
            assert!(check(&command(words), true).is_ok(), "{words:?}");
            let Err(Failure::Told { what, .. }) = check(&command(words), false) else {
                unreachable!("{words:?} is refused");
            };
            assert!(what.contains("static build"), "{what}");
        }
    }
}
