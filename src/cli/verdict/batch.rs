//! `tcpw match --batch`: many queries, one answer a line.

use super::verdict_text::located;
use super::words::word_of;
use crate::cli::base::address::is_passable;
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::surroundings::Machine;
use crate::cli::machine::tables::TableFiles;
use crate::engine::{Access, Fields, Host, Index, Request, Verdict};
use crate::escape::visible;
use std::io::{self, BufRead as _, Read as _};

/// A query is a few strings of which libwrap keeps 127 bytes each.
const QUERY_LIMIT: u64 = 64 * 1024;

/// Answers every query; what is not a query is reported with its line number and skipped.
pub(crate) fn run(
    files: &TableFiles,
    machine: &Machine,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let (allow, deny) = (files.allow.tree(), files.deny.tree());
    let index = Index::new(files.tables(&allow, &deny));
    let mut stdin = io::stdin().lock();
    let mut line = Vec::new();
    let mut request = Request::new("", Host::unknown());
    let mut exit = Exit::Done;
    for number in 1_u64.. {
        line.clear();
        let read = stdin
            .by_ref()
            .take(QUERY_LIMIT)
            .read_until(b'\n', &mut line);
        let read = read.map_err(|error| {
            Failure::new(format_args!(
                "cannot read standard input, line {number}: {error}"
            ))
        })?;
        if read == 0 {
            break;
        }
        match fields(line.strip_suffix(b"\n").unwrap_or(&line)) {
            Ok(fields) => request.refill(&fields),
            Err(problem) => {
                context
                    .out
                    .note(&format!("standard input:{number}: {problem}"))?;
                context.out.line("error\t-")?;
                exit = Exit::Failed;
                continue;
            }
        }
        let verdict = index.decide(&request, machine);
        if verdict.access == Access::Undecided {
            exit = Exit::Failed;
        }
        answer(&verdict, files, context)?;
    }
    Ok(exit)
}

/// The verdict, a TAB, and `FILE:LINE` of what decided or `default`.
fn answer(verdict: &Verdict, files: &TableFiles, context: &mut Context) -> Result<(), Failure> {
    let out = &mut context.out;
    out.bytes(word_of(verdict.access).as_bytes())?;
    match located(verdict) {
        None => out.bytes(b"\tdefault\n"),
        Some((table, number)) => {
            for part in [
                "\t",
                &files.file(table).shown,
                ":",
                &number.to_string(),
                "\n",
            ] {
                out.bytes(part.as_bytes())?;
            }
            Ok(())
        }
    }
}

/// Reads one query.
fn fields(line: &[u8]) -> Result<Fields<'_>, String> {
    let mut rest = line.split(|&byte| byte == b'\t');
    let mut next = || rest.next().unwrap_or_default();
    let fields = Fields {
        daemon: next(),
        address: next(),
        name: next(),
        user: next(),
        server_address: next(),
        server_name: next(),
        server_port: port(next())?,
    };
    if rest.next().is_some() {
        return Err("a query has at most 7 fields, separated by TAB".to_owned());
    }
    if !line.contains(&b'\t') {
        return Err("a query has at least DAEMON and ADDR, separated by TAB".to_owned());
    }
    if !is_passable(fields.address) {
        let address = visible(fields.address);
        return Err(format!(
            "`{address}` cannot be an address: those have letters, digits and .:%_- only"
        ));
    }
    Ok(fields)
}

fn port(text: &[u8]) -> Result<Option<u16>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let number = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    number
        .map(Some)
        .ok_or_else(|| "SERVER_PORT is a number up to 65535".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_have_two_to_seven_fields() {
        assert!(fields(b"sshd").is_err());
        assert!(fields(b"sshd\t1.2.3.4").is_ok());
        assert!(fields(b"sshd\t1.2.3.4\t\t\t\t\t22").is_ok());
        assert!(fields(b"sshd\t1.2.3.4\t\t\t\t\t70000").is_err());
        assert!(fields(b"sshd\t1.2.3.4\t\t\t\t\t22\tx").is_err());
        assert!(fields(b"sshd\t1.2.3.4 ").is_err());
    }
}
