//! Runs the program.

use std::process::{Command, Output};

/// The program with these words.
pub(crate) fn fleet(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tcpw-fleet"));
    command.args(words).env_remove("PGPASSWORD");
    command
}

/// How the program ended with these words: its exit code, what it printed, what it complained of.
pub(crate) fn outcome(words: &[&str]) -> (i32, String, String) {
    told(&fleet(words).output().unwrap())
}

/// An outcome as text.
pub(crate) fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap_or(-1);
    (code, text(&output.stdout), text(&output.stderr))
}

/// What the program prints, which must end well.
pub(crate) fn good(words: &[&str]) -> String {
    let (code, out, err) = outcome(words);
    assert_eq!(code, 0, "{words:?}: {out}{err}");
    out
}
