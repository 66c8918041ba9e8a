//! What `tcpw apply` reads: tables of a directory, or a list of rules. What of a list is read and what
//! is refused is what `grammar/apply.schema.json` says.

use crate::cli::base::Failure;
use crate::editor::{Declared, Label};
use crate::escape::visible;
use crate::metadata::is_time;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::fmt::Display;
use std::io::{self, Read as _};
use std::path::Path;

/// What is wanted.
pub(super) enum Wanted {
    /// The content of each table that is given.
    Tables([Option<Vec<u8>>; 2]),
    /// The rules of both.
    Rules([Vec<Declared>; 2]),
}

/// A rule of the list. What else `tcpw list` prints says where it was found, and is not wanted; a key
/// that it does not print may be a misspelt one of these.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    table: String,
    daemons: String,
    clients: String,
    #[serde(default)]
    options: String,
    since: Option<String>,
    until: Option<String>,
    by: Option<String>,
    follow: Option<String>,
    reason: Option<String>,
    #[serde(default, rename = "access")]
    _access: IgnoredAny,
    #[serde(default, rename = "writer")]
    _writer: IgnoredAny,
    #[serde(default, rename = "file")]
    _file: IgnoredAny,
    #[serde(default, rename = "line")]
    _line: IgnoredAny,
    #[serde(default, rename = "resolved")]
    _resolved: IgnoredAny,
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let path = visible(path.as_os_str().as_encoded_bytes());
    Failure::new(format_args!("cannot read {path}: {error}"))
        .hint("give a directory with hosts.allow or hosts.deny, or a list of rules")
}

/// Reads what is wanted.
///
/// # Errors
/// When it cannot be read, or is not what the schema says.
pub(super) fn read(source: &Path) -> Result<Wanted, Failure> {
    if source.is_dir() {
        let table = |name| match std::fs::read(source.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(&source.join(name), &error)),
        };
        let tables = [table("hosts.allow")?, table("hosts.deny")?];
        if tables == [None, None] {
            let path = visible(source.as_os_str().as_encoded_bytes());
            return Err(Failure::new(format_args!("there is no table in {path}"))
                .hint("put a hosts.allow, a hosts.deny or both into it"));
        }
        return Ok(Wanted::Tables(tables));
    }
    let mut text = String::new();
    let read = if source == Path::new("-") {
        io::stdin().lock().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(source).map(|read| text = read)
    };
    read.map_err(|error| unreadable(source, &error))?;
    rules(&text, source).map(Wanted::Rules)
}

/// One object after another, or one array of them.
fn rules(text: &str, source: &Path) -> Result<[Vec<Declared>; 2], Failure> {
    let name = visible(source.as_os_str().as_encoded_bytes());
    let hint = "give what `tcpw list --format json` prints: one object per line, with table, \
                daemons, clients and options; `tcpw apply --schema rules` says all of it";
    let wrong = |number: usize, what: &dyn Display| {
        let what = visible(what.to_string().as_bytes());
        Failure::new(format_args!("{name}: rule {number}: {what}")).hint(hint)
    };
    let rows: Vec<Row> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map_err(|error| wrong(1, &error))?
    } else {
        serde_json::Deserializer::from_str(text)
            .into_iter()
            .enumerate()
            .map(|(at, row)| row.map_err(|error| wrong(at + 1, &error)))
            .collect::<Result<_, _>>()?
    };
    let mut found = [Vec::new(), Vec::new()];
    for (at, row) in rows.into_iter().enumerate() {
        let number = at + 1;
        let [allow, deny] = &mut found;
        let list = match row.table.as_str() {
            "allow" => allow,
            "deny" => deny,
            other => return Err(wrong(number, &format_args!("`{other}` is not a table"))),
        };
        for (key, time) in [("since", &row.since), ("until", &row.until)] {
            if let Some(time) = time.as_ref().filter(|time| !is_time(time)) {
                let what = format_args!("{key}: `{time}` is not a time as 2026-11-23T19:30:00Z");
                return Err(wrong(number, &what));
            }
        }
        list.push(declared(number, row));
    }
    Ok(found)
}

/// The rule of a row.
fn declared(number: usize, row: Row) -> Declared {
    let label = Label {
        since: row.since,
        until: row.until,
        by: row.by,
        follow: row.follow,
        reason: row.reason,
    };
    Declared {
        number,
        daemons: row.daemons,
        clients: row.clients,
        options: row.options,
        label: (label != Label::default()).then_some(label),
    }
}
