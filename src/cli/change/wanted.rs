//! What `tcpw apply` reads: tables of a directory, or a list of rules. What of a list is read and what
//! is refused is what `grammar/apply.schema.json` says.

use super::rule_row::json_rows;
use crate::cli::base::Failure;
use crate::editor::Declared;
use crate::engine::TableName;
use crate::escape::visible;
use std::io::{self, Read as _};
use std::path::Path;

/// What is wanted.
pub(super) enum Wanted {
    /// The content of each table that is given.
    Tables([Option<Vec<u8>>; 2]),
    /// The rules of both.
    Rules([Vec<Declared>; 2]),
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

/// The rules of a list, by their tables.
fn rules(text: &str, source: &Path) -> Result<[Vec<Declared>; 2], Failure> {
    let name = visible(source.as_os_str().as_encoded_bytes());
    let hint = "give what `tcpw list --format json` prints: one object per line, with table, \
                daemons, clients and options; `tcpw apply --schema rules` says all of it";
    let rows = json_rows(text, &name).map_err(|failure| failure.hint(hint))?;
    let mut found = [Vec::new(), Vec::new()];
    for (at, row) in rows.into_iter().enumerate() {
        let [allow, deny] = &mut found;
        let list = if row.table() == Some(TableName::Allow) {
            allow
        } else {
            deny
        };
        list.push(row.declared(at + 1));
    }
    Ok(found)
}
