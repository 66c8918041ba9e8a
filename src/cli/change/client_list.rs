//! Clients from the command line, from files and from standard input.

use super::refusal::wrong_word;
use crate::cli::base::Failure;
use crate::editor::{Client, Daemon, clients};
use crate::escape::visible;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The word for a list on standard input.
const STDIN: &str = "@-";
/// As many bytes of a list are read: millions of clients.
const LIMIT: u64 = 256 << 20;

/// The clients that `words` and the files of `from` name, in this order.
pub(crate) fn clients_of(words: &[String], from: &[PathBuf]) -> Result<Vec<Client>, Failure> {
    let mut found = Vec::new();
    for word in words {
        if word == STDIN {
            let text = read(io::stdin().lock(), "standard input")?;
            list(&text, "standard input", &mut found)?;
        } else {
            found.extend(clients(word).map_err(|error| wrong_word(&error))?);
        }
    }
    for path in from {
        let name = visible(path.as_os_str().as_encoded_bytes());
        let text = if path == Path::new("-") {
            read(io::stdin().lock(), "standard input")?
        } else {
            let file = File::open(path).map_err(|error| unreadable(&name, &error))?;
            read(file, &name)?
        };
        list(&text, &name, &mut found)?;
    }
    if found.is_empty() {
        return Err(Failure::new("the list names no client")
            .hint("give one client per line; blank lines and text after a # are ignored"));
    }
    Ok(found)
}

/// The daemons that words name.
pub(crate) fn daemons_of(words: &[String]) -> Result<Vec<Daemon>, Failure> {
    let daemons = words.iter().map(|word| Daemon::parse(word));
    let daemons: Result<Vec<_>, _> = daemons.collect();
    daemons.map_err(|error| wrong_word(&error))
}

fn unreadable(name: &str, error: &io::Error) -> Failure {
    Failure::new(format_args!("cannot read the list {name}: {error}"))
        .hint("check its name and mode; nothing was changed")
}

fn read(source: impl Read, name: &str) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let mut source = source.take(LIMIT + 1);
    source
        .read_to_end(&mut text)
        .map_err(|error| unreadable(name, &error))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > LIMIT {
        return Err(
            Failure::new(format_args!("the list {name} is larger than {LIMIT} bytes"))
                .hint("split it; nothing was changed"),
        );
    }
    Ok(text)
}

/// Reads a list. All of it is read before anything is changed, so one wrong line leaves no half of
/// it.
fn list(text: &[u8], name: &str, found: &mut Vec<Client>) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for (number, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let line = line.split(|&byte| byte == b'#').next().unwrap_or_default();
        let word = line.trim_ascii();
        if word.is_empty() {
            continue;
        }
        match clients(&String::from_utf8_lossy(word)) {
            Ok(clients) => found.extend(clients),
            Err(error) => wrong.push((number + 1, error)),
        }
    }
    let Some((number, error)) = wrong.first() else {
        return Ok(());
    };
    let others = match wrong.len() - 1 {
        0 => String::new(),
        count => format!("; and {count} more lines are wrong"),
    };
    Err(
        Failure::new(format_args!("{name}:{number}: {error}{others}"))
            .hint(format_args!("{}; nothing was changed", error.hint)),
    )
}
