//! Which files are judged together.

use super::args::{LintArgs, TableKind};
use super::placed::Source;
use crate::cli::base::{Context, Failure, Paths};
use crate::cli::machine::named;
use crate::cli::machine::tables::TableFile;
use crate::engine::TableName;
use crate::escape::visible;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Offsets in a table are 32 bits wide.
const STDIN_LIMIT: u64 = (1 << 32) - 1;

/// The files of each policy: both tables, or one of each kind, or every file by itself.
pub(super) fn policies(
    args: &LintArgs,
    context: &mut Context,
) -> Result<Vec<Vec<Source>>, Failure> {
    if args.files.is_empty() {
        let paths = context.paths.clone();
        let mut source = |table, path: &Path| -> Result<Source, Failure> {
            let file = table_file(path)?;
            if file.bytes.is_none() {
                let name = visible(path.as_os_str().as_bytes());
                let note = format!("{name} does not exist: taken as an empty table");
                context.out.note(&note)?;
            }
            Ok(Source::new(table, file))
        };
        let allow = source(TableName::Allow, &paths.allow)?;
        return Ok(vec![vec![allow, source(TableName::Deny, &paths.deny)?]]);
    }
    let mut policies = Vec::new();
    for group in of_files(args)? {
        let sources = group.into_iter().map(|(table, path)| {
            let file = read(path)?;
            Ok(Source::new(table, file))
        });
        policies.push(sources.collect::<Result<Vec<_>, Failure>>()?);
    }
    Ok(policies)
}

/// One of the two tables. To libwrap a directory and a link to nothing are empty tables (F-LINE-21); a
/// check says so.
fn table_file(path: &Path) -> Result<TableFile, Failure> {
    if path.is_dir() || (path.is_symlink() && !path.exists()) {
        return Ok(TableFile::new(path.to_owned(), Some(Vec::new())));
    }
    TableFile::read(path)
}

/// Both tables, judged together; nothing is said of one that is missing.
pub(super) fn both_tables(paths: &Paths) -> Result<Vec<Source>, Failure> {
    let pair = [
        (TableName::Allow, &paths.allow),
        (TableName::Deny, &paths.deny),
    ];
    pair.into_iter()
        .map(|(table, path)| Ok(Source::new(table, table_file(path)?)))
        .collect()
}

/// Files that are one policy, the allow table first.
type Group<'a> = Vec<(TableName, &'a Path)>;

/// The named files: one of each kind together, or every file by itself.
fn of_files(args: &LintArgs) -> Result<Vec<Group<'_>>, Failure> {
    let mut files = Group::new();
    for path in &args.files {
        files.push((table_of(path, args.table)?, path));
    }
    if matches!(files.as_slice(), [a, b] if a.0 != b.0) {
        files.sort_by_key(|(table, _)| *table);
        return Ok(vec![files]);
    }
    Ok(files.into_iter().map(|file| vec![file]).collect())
}

/// The named files as they are repaired: in place, and therefore not standard input.
pub(super) fn grouped(args: &LintArgs) -> Result<Vec<Group<'_>>, Failure> {
    if args.files.iter().any(|path| path == Path::new("-")) {
        let failure = Failure::new("standard input cannot be repaired in place");
        return Err(failure.hint("name a file; with --diff its repairs are only shown"));
    }
    for path in &args.files {
        named::exists(path, "table", "name a file that exists")?;
    }
    of_files(args)
}

fn table_of(path: &Path, given: Option<TableKind>) -> Result<TableName, Failure> {
    match given {
        Some(TableKind::Allow) => return Ok(TableName::Allow),
        Some(TableKind::Deny) => return Ok(TableName::Deny),
        None if path == Path::new("-") => {
            let failure = Failure::new("it is not clear which table standard input is");
            return Err(failure.hint("add `--as allow` or `--as deny`"));
        }
        None => {}
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).as_bytes();
    let is_deny = memchr::memmem::find(&name.to_ascii_lowercase(), b"deny").is_some();
    Ok(if is_deny {
        TableName::Deny
    } else {
        TableName::Allow
    })
}

fn read(path: &Path) -> Result<TableFile, Failure> {
    if path != Path::new("-") {
        return TableFile::read_named(path);
    }
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(STDIN_LIMIT)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(format_args!("cannot read standard input: {error}")))?;
    Ok(TableFile::new(path.to_owned(), Some(bytes)))
}
