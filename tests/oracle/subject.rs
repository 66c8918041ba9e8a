//! The program under test: `tcpw match --batch` on a pair of tables.

use super::library::Tables;
use crate::sandbox::program;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// One answer a query, or why there is none.
pub(crate) fn ask(tables: &Tables, queries: &[Vec<u8>]) -> Result<Vec<String>, String> {
    let mut child = Command::new(program())
        .args(["match", "--batch", "--allow-file"])
        .arg(&tables.allow)
        .arg("--deny-file")
        .arg(&tables.deny)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("tcpw starts");
    let mut text = queries.join(&b'\n');
    text.push(b'\n');
    // What it does not read it does not answer, which the count below shows.
    drop(child.stdin.take().unwrap().write_all(&text));
    let output = child.wait_with_output().unwrap();
    let answers: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(str::to_owned)
        .collect();
    if matches!(output.status.code(), Some(0 | 1)) && answers.len() == queries.len() {
        return Ok(answers);
    }
    Err(format!(
        "tcpw match --batch: {}, {} answers to {} queries\n{}",
        output.status,
        answers.len(),
        queries.len(),
        String::from_utf8_lossy(&output.stderr)
    ))
}
