//! `tcpw match --batch`: many queries, one answer a line.

use super::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::machine::Machine;
use super::match_::word_of;
use super::tables::TableFiles;
use super::why::short_place;
use crate::engine::{Access, Host, HostName, Index, Request};
use crate::syntax::parse;
use std::io::{self, BufRead as _, Read as _};

/// A query is a few strings of which libwrap keeps 127 bytes each.
const QUERY_LIMIT: u64 = 64 * 1024;

/// Answers every query; what is no query is reported with its line number and skipped.
pub(super) fn run(
    files: &TableFiles,
    machine: &Machine,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let (allow, deny) = (parse(files.allow.source()), parse(files.deny.source()));
    let index = Index::new(files.tables(&allow, &deny));
    let mut stdin = io::stdin().lock();
    let mut line = Vec::new();
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
        let query = line.strip_suffix(b"\n").unwrap_or(&line);
        let request = match request(query) {
            Ok(request) => request,
            Err(problem) => {
                context
                    .out
                    .note(&format!("standard input:{number}: {problem}"))?;
                context.out.line("error\t-")?;
                exit = Exit::Failed;
                continue;
            }
        };
        let verdict = index.decide(&request, machine);
        if verdict.access == Access::Undecided {
            exit = Exit::Failed;
        }
        let place = short_place(&verdict, files);
        context
            .out
            .line(format!("{}\t{place}", word_of(verdict.access)))?;
    }
    Ok(exit)
}

/// Reads one query.
fn request(line: &[u8]) -> Result<Request, String> {
    let fields: Vec<&[u8]> = line.split(|&byte| byte == b'\t').collect();
    let [daemon, address, rest @ ..] = fields.as_slice() else {
        return Err("a query has at least DAEMON and ADDR, separated by TAB".to_owned());
    };
    if rest.len() > 5 {
        return Err(format!(
            "a query has at most 7 fields; this one has {}",
            fields.len()
        ));
    }
    let field = |at: usize| rest.get(at).copied().unwrap_or_default();
    let port = match field(4) {
        b"" => None,
        text => Some(
            str::from_utf8(text)
                .ok()
                .and_then(|text| text.parse::<u16>().ok())
                .ok_or("SERVER_PORT is a number up to 65535")?,
        ),
    };
    Ok(
        Request::new(daemon, Host::new(address, HostName::new(field(0))))
            .with_user(field(1))
            .with_server(Host::new(field(2), HostName::new(field(3))), port),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_have_two_to_seven_fields() {
        assert!(request(b"sshd").is_err());
        assert!(request(b"sshd\t1.2.3.4").is_ok());
        assert!(request(b"sshd\t1.2.3.4\t\t\t\t\t22").is_ok());
        assert!(request(b"sshd\t1.2.3.4\t\t\t\t\t70000").is_err());
        assert!(request(b"sshd\t1.2.3.4\t\t\t\t\t22\tx").is_err());
    }
}
