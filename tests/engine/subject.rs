//! The program under test: `tcpw match --batch` on a pair of tables.

#![expect(
    clippy::unwrap_in_result,
    reason = "the error is what tcpw said; what the test itself cannot do is a panic"
)]

use super::library::{Aclexec, Answer, Tables};
use crate::sandbox::program;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use tcpw::policy::Dialect;
use tcpw::syntax::{parse, parse_as};

/// One answer a query, or why there is none. tcpw never runs a command: it is told how libwrap's
/// commands ended, which takes a second run for the queries where they failed.
pub(crate) fn ask(
    tables: &Tables,
    queries: &[Vec<u8>],
    library: &[Answer],
) -> Result<Vec<String>, String> {
    ask_in(None, tables, queries, library)
}

/// The same in a dialect; without one in that of the installed library.
pub(crate) fn ask_in(
    dialect: Option<&Dialect>,
    tables: &Tables,
    queries: &[Vec<u8>],
    library: &[Answer],
) -> Result<Vec<String>, String> {
    let failed: Vec<bool> = library
        .iter()
        .map(|a| a.aclexec == Aclexec::All(false))
        .collect();
    let ask_if = |wanted: bool| {
        let pairs = queries.iter().zip(&failed);
        let chosen: Vec<_> = pairs
            .filter(|(_, f)| **f == wanted)
            .map(|(q, _)| q.clone())
            .collect();
        let aclexec = if wanted { "false" } else { "true" };
        ask_once(dialect, tables, &chosen, aclexec)
    };
    let (mut well, mut badly) = (ask_if(false)?.into_iter(), ask_if(true)?.into_iter());
    let merged = failed
        .iter()
        .map(|failed| if *failed { badly.next() } else { well.next() });
    Ok(merged.map(Option::unwrap).collect())
}

/// A table as it is named to tcpw, for which a named file that is not there is a mistake: to libwrap
/// it is an empty table.
fn named(table: &Path) -> &Path {
    let is_absent = fs::metadata(table).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    if is_absent {
        Path::new("/dev/null")
    } else {
        table
    }
}

/// How tcpw and libwrap name the place of the line at which libwrap stops reading: tcpw by its
/// number in the file, libwrap by that of the complete line before it.
fn broken(table: &Path, dialect: Option<&Dialect>) -> Option<(String, String)> {
    let bytes = fs::read(table).ok()?;
    let tree = match dialect {
        Some(dialect) => parse_as(&bytes, dialect.reading),
        None => parse(&bytes),
    };
    let line = tree.broken_line()?;
    let place = |number: u32| format!("\t{}:{number}", table.display());
    Some((place(line.shown_number()), place(line.number())))
}

fn ask_once(
    dialect: Option<&Dialect>,
    tables: &Tables,
    queries: &[Vec<u8>],
    aclexec: &str,
) -> Result<Vec<String>, String> {
    if queries.is_empty() {
        return Ok(Vec::new());
    }
    let words = dialect.map_or(vec![], |dialect| vec!["--dialect", dialect.name]);
    let mut child = Command::new(program())
        .args(["match", "--batch", "--aclexec", aclexec])
        .args(words)
        .arg("--allow-file")
        .arg(named(&tables.allow))
        .arg("--deny-file")
        .arg(named(&tables.deny))
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
    let broken = [&tables.allow, &tables.deny].map(|table| broken(table, dialect));
    let counted = |answer: &str| {
        let found = broken
            .iter()
            .flatten()
            .find_map(|(shown, counted)| Some((answer.strip_suffix(shown.as_str())?, counted)));
        found.map_or(answer.to_owned(), |(start, counted)| {
            format!("{start}{counted}")
        })
    };
    let answers: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(counted)
        .collect();
    if matches!(output.status.code(), Some(0..=2)) && answers.len() == queries.len() {
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
