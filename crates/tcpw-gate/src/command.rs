//! The command of an option that runs one: which program the shell starts first.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// A command without the `exec` that lets a program take the place of the shell (POSIX, special
/// built-in utilities), and without blanks before it.
pub fn without_exec(command: &[u8]) -> &[u8] {
    let command = without_blanks(command);
    match command.strip_prefix(b"exec") {
        Some(rest) if rest.first().is_some_and(|byte| is_blank(*byte)) => without_blanks(rest),
        Some(_) | None => command,
    }
}

/// The program of a plain command: its first word, but for `exec`.
pub fn program_of(command: &[u8]) -> &Path {
    let mut words = without_exec(command).split(|byte| is_blank(*byte));
    Path::new(OsStr::from_bytes(words.next().unwrap_or_default()))
}

fn without_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| is_blank(**byte)).count();
    text.get(blanks..).unwrap_or_default()
}

fn is_blank(byte: u8) -> bool {
    b" \t".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exec_is_looked_past_where_it_is_a_word() {
        for (command, program) in [
            ("/a/b -c", "/a/b"),
            (" exec\t/a/b -c", "/a/b"),
            ("exec", "exec"),
            ("execute x", "execute"),
            ("exec exec x", "exec"),
            ("", ""),
        ] {
            assert_eq!(
                program_of(command.as_bytes()),
                Path::new(program),
                "{command}"
            );
        }
    }
}
