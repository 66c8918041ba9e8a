//! The lines of a policy test: who must be granted and who denied.

use crate::cli::base::address::is_address;
use crate::engine::{Access, Host, HostName, Request};
use crate::escape::visible;
use std::collections::BTreeSet;

/// One expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expectation {
    /// Its physical line, from 1.
    pub(crate) line: usize,
    pub(crate) request: Request,
    /// Granted or denied.
    pub(crate) access: Access,
    /// What must decide: the base name of a table and a line, or `default`.
    pub(crate) by: Option<Vec<u8>>,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadLine {
    /// The physical line, from 1.
    pub(crate) line: usize,
    /// The byte column, from 1.
    pub(crate) column: usize,
    pub(crate) what: String,
}

/// Reads a file: its expectations, and its bad lines.
pub(crate) fn read(source: &[u8]) -> (Vec<Expectation>, Vec<BadLine>) {
    let (mut expectations, mut bad) = (Vec::new(), Vec::new());
    for (line, text) in (1..).zip(source.split(|&byte| byte == b'\n')) {
        match expectation(line, text) {
            Ok(expectation) => expectations.extend(expectation),
            Err((column, what)) => bad.push(BadLine { line, column, what }),
        }
    }
    (expectations, bad)
}

/// A column and what is wrong there.
type Problem = (usize, String);

fn expectation(line: usize, text: &[u8]) -> Result<Option<Expectation>, Problem> {
    let end = text.len() + 1;
    let mut words = words(text).into_iter();
    let Some((_, daemon)) = words.next().filter(|(_, word)| !word.starts_with(b"#")) else {
        return Ok(None);
    };
    let (column, client) = words
        .next()
        .ok_or_else(|| (end, "the client's address is missing".to_owned()))?;
    if !is_address(client) {
        let what = format!(
            "`{}` is not an address that a client can have",
            visible(client)
        );
        return Err((column, what));
    }
    let (column, verdict) = words
        .next()
        .ok_or_else(|| (end, "`granted` or `denied` is missing".to_owned()))?;
    let access = match verdict {
        b"granted" => Access::Granted,
        b"denied" => Access::Denied,
        _ => {
            let what = format!("`{}` is neither `granted` nor `denied`", visible(verdict));
            return Err((column, what));
        }
    };
    let mut known = Known::default();
    let mut keys = BTreeSet::new();
    for (column, word) in words {
        if word.starts_with(b"#") {
            break;
        }
        known.take(word).map_err(|what| (column, what))?;
        let key = word.split(|byte| *byte == b'=').next().unwrap_or(word);
        if !keys.insert(key) {
            return Err((column, format!("`{}` is given twice", visible(key))));
        }
    }
    Ok(Some(Expectation {
        line,
        request: known.request(daemon, client),
        access,
        by: known.by.map(<[u8]>::to_vec),
    }))
}

/// What `key=value` words say.
#[derive(Debug, Default)]
struct Known<'t> {
    name: &'t [u8],
    user: &'t [u8],
    server: &'t [u8],
    server_name: &'t [u8],
    port: Option<u16>,
    by: Option<&'t [u8]>,
}

impl<'t> Known<'t> {
    fn take(&mut self, word: &'t [u8]) -> Result<(), String> {
        let shown = visible(word);
        let (key, value) = memchr::memchr(b'=', word)
            .and_then(|at| Some((word.get(..at)?, word.get(at + 1..)?)))
            .filter(|(_, value)| !value.is_empty())
            .ok_or_else(|| format!("`{shown}` is not of the form key=value"))?;
        match key {
            b"name" => self.name = value,
            b"user" => self.user = value,
            b"server" if is_address(value) => self.server = value,
            b"server" => return Err(format!("`{}` is not an address", visible(value))),
            b"server_name" => self.server_name = value,
            b"port" => {
                let port = str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse().ok());
                let wrong = || format!("`{}` is not a port number", visible(value));
                self.port = Some(port.ok_or_else(wrong)?);
            }
            b"by" if is_place(value) => self.by = Some(value),
            b"by" => {
                let value = visible(value);
                return Err(format!("`{value}` is neither FILE:LINE nor `default`"));
            }
            _ => {
                return Err(format!(
                    "`{}` is not one of name, user, server, server_name, port, by",
                    visible(key)
                ));
            }
        }
        Ok(())
    }

    fn request(&self, daemon: &[u8], client: &[u8]) -> Request {
        let server = Host::new(self.server, HostName::new(self.server_name));
        Request::new(daemon, Host::new(client, HostName::new(self.name)))
            .with_user(self.user)
            .with_server(server, self.port)
    }
}

/// `FILE:LINE` or `default`.
fn is_place(text: &[u8]) -> bool {
    let number = text.rsplit(|&byte| byte == b':').next().unwrap_or_default();
    text == b"default"
        || (number.len() + 1 < text.len()
            && !number.is_empty()
            && number.iter().all(u8::is_ascii_digit))
}

/// The words of a line with their columns, from 1.
fn words(text: &[u8]) -> Vec<(usize, &[u8])> {
    let mut column = 1;
    let mut words = Vec::new();
    for word in text.split(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
        if !word.is_empty() {
            words.push((column, word));
        }
        column += word.len() + 1;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: &str) -> (usize, String) {
        let (_, bad) = read(line.as_bytes());
        let [bad] = bad.as_slice() else {
            panic!("{line}: {bad:?}")
        };
        (bad.column, bad.what.clone())
    }

    #[test]
    fn comments_and_blank_lines_expect_nothing() {
        let (found, bad) = read(b"# a\n\n  # b\nsshd\t1.2.3.4 granted port=22 # why\r\n");
        assert!(bad.is_empty());
        let lines: Vec<_> = found.iter().map(|e| (e.line, e.access)).collect();
        assert_eq!(lines, [(4, Access::Granted)]);
    }

    #[test]
    fn mistakes_have_a_column() {
        for (line, column, part) in [
            ("sshd", 5, "missing"),
            ("sshd 1.2.3 granted", 6, "not an address"),
            ("sshd 1.2.3.4", 13, "missing"),
            ("sshd 1.2.3.4 allowed", 14, "neither"),
            ("sshd 1.2.3.4 denied by=4", 21, "neither"),
            ("sshd 1.2.3.4 denied by=:4", 21, "neither"),
            ("sshd 1.2.3.4 denied port=99999", 21, "port"),
            ("sshd 1.2.3.4 denied name", 21, "key=value"),
            ("sshd 1.2.3.4 denied color=red", 21, "not one of"),
            ("sshd 1.2.3.4 denied name=a name=a", 28, "given twice"),
            (
                "sshd 1.2.3.4 denied port=22 by=default port=22",
                40,
                "given twice",
            ),
        ] {
            let (at, what) = problem(line);
            assert!(at == column && what.contains(part), "{line}: {at} {what}");
        }
    }
}
