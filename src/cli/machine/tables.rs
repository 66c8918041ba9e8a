//! Reading the two tables from disk.

use super::compiled_tables;
use crate::cli::base::{Context, Failure};
use crate::engine::{Excerpt, Request, Surroundings, Table, TableName, Tables};
use crate::escape::visible;
use crate::syntax::{Reading, Tree, parse_as, parse_excerpt};
use crate::system::{open_regular, read_whole};
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use tcpw_gate::compiled;

/// Offsets in a table are 32 bits wide.
const SIZE_LIMIT: u64 = 1 << 32;
/// Where Linux names what a process has open (proc(5)).
const OPEN_ALREADY: [&str; 3] = ["/dev/fd", "/dev/stdin", "/proc/self/fd"];

/// The bytes of one table, or of what matters in it; none if there is no such file.
#[derive(Debug)]
pub(crate) struct TableFile {
    pub(crate) path: PathBuf,
    /// The path as it is shown.
    pub(crate) shown: String,
    pub(crate) bytes: Option<Vec<u8>>,
    /// Complete lines of the file before the bytes.
    lines_before: u32,
    /// How its tree is read.
    reading: Reading,
}

impl TableFile {
    /// A table that was read already.
    pub(crate) fn new(path: PathBuf, bytes: Option<Vec<u8>>) -> Self {
        let shown = visible(path.as_os_str().as_encoded_bytes());
        Self {
            path,
            shown,
            bytes,
            lines_before: 0,
            reading: Reading::DEBIAN,
        }
    }

    /// This file, read as another build of libwrap does.
    pub(crate) fn read_as(self, reading: Reading) -> Self {
        Self { reading, ..self }
    }

    /// A table of which only an excerpt was kept; no bytes at all of an absent file.
    fn excerpt(path: &Path, excerpt: Option<Excerpt>) -> Self {
        let lines_before = excerpt.as_ref().map_or(0, |excerpt| excerpt.lines_before);
        Self {
            lines_before,
            ..Self::new(path.to_owned(), excerpt.map(|excerpt| excerpt.bytes))
        }
    }

    /// Reads a table. An absent file is an empty table, as for libwrap.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = match read(path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(cannot_read(path, &error)),
        };
        Ok(Self::new(path.to_owned(), bytes))
    }

    /// Reads a table that was named on the command line, and so must be there.
    pub(crate) fn read_named(path: &Path) -> Result<Self, Failure> {
        let file = Self::read(path)?;
        if file.bytes.is_some() {
            return Ok(file);
        }
        Err(
            Failure::new(format_args!("there is no table {}", file.shown))
                .hint("name /dev/null for an empty table"),
        )
    }

    fn table<'t>(&self, tree: &'t Tree<'t>) -> Table<'t> {
        if self.bytes.is_some() {
            Table::Read(tree)
        } else {
            Table::Absent
        }
    }

    /// Its tree; the lines are numbered as in the file.
    pub(crate) fn tree(&self) -> Tree<'_> {
        if self.reading == Reading::DEBIAN {
            parse_excerpt(self.source(), self.lines_before)
        } else {
            parse_as(self.source(), self.reading)
        }
    }

    /// Its bytes; none for an absent file.
    pub(crate) fn source(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or_default()
    }
}

/// Both tables.
#[derive(Debug)]
pub(crate) struct TableFiles {
    pub(crate) allow: TableFile,
    pub(crate) deny: TableFile,
}

impl TableFiles {
    /// Reads both tables and says which is missing.
    pub(crate) fn read(context: &mut Context) -> Result<Self, Failure> {
        let allow = TableFile::read(&context.paths.allow)?;
        let deny = TableFile::read(&context.paths.deny)?;
        Self { allow, deny }.announced(context)
    }

    /// The file of one table.
    pub(crate) fn file(&self, name: TableName) -> &TableFile {
        match name {
            TableName::Allow => &self.allow,
            TableName::Deny => &self.deny,
        }
    }

    /// These tables, read as another build of libwrap does.
    pub(crate) fn read_as(self, reading: Reading) -> Self {
        Self {
            allow: self.allow.read_as(reading),
            deny: self.deny.read_as(reading),
        }
    }

    /// Reads of both tables no more than what settles `request`, where tables are read as Debian
    /// does: through their compiled forms, if they have any.
    pub(crate) fn for_request(
        context: &mut Context,
        request: &Request,
        world: &dyn Surroundings,
    ) -> Result<Self, Failure> {
        if !world.dialect().has_debian_patterns() {
            return Self::read(context);
        }
        let (allow, deny) = (&context.paths.allow, &context.paths.deny);
        let forms = compiled_tables::directory(&context.paths);
        let excerpt = |path: &Path, file: Option<File>| match file {
            None => Ok(None),
            Some(file) => compiled::excerpt(&forms, path, &file, request, world)
                .map(Some)
                .map_err(|error| cannot_read(path, &error)),
        };
        let (allow_file, deny_file) = (open(allow)?, open(deny)?);
        let in_allow = excerpt(allow, allow_file)?;
        let text = in_allow.as_ref().map_or(&[][..], |found| &found.bytes);
        if has_aclexec(text) {
            // It may leave the search to the deny table, with another request (F-PCT-05).
            return Self::read(context);
        }
        let is_broken = parse_excerpt(text, 0).broken_line().is_some();
        let in_deny = if text.is_empty() || is_broken {
            excerpt(deny, deny_file)?
        } else {
            deny_file.map(|_| Excerpt::default())
        };
        Self {
            allow: TableFile::excerpt(allow, in_allow),
            deny: TableFile::excerpt(deny, in_deny),
        }
        .announced(context)
    }

    /// Says which table is missing.
    fn announced(self, context: &mut Context) -> Result<Self, Failure> {
        for table in [&self.allow, &self.deny] {
            if table.bytes.is_none() {
                let path = table.path.display();
                context
                    .out
                    .note(&format!("{path} does not exist: taken as an empty table"))?;
            }
        }
        Ok(self)
    }

    /// The two tables for the engine, from their trees.
    pub(crate) fn tables<'t>(&self, allow: &'t Tree<'t>, deny: &'t Tree<'t>) -> Tables<'t> {
        Tables {
            allow: self.allow.table(allow),
            deny: self.deny.table(deny),
        }
    }

    /// Parses both tables and calls `then` with them: the trees borrow the bytes.
    pub(crate) fn parsed<T>(&self, then: impl FnOnce(&Tables<'_>) -> T) -> T {
        let (allow, deny) = (self.allow.tree(), self.deny.tree());
        then(&self.tables(&allow, &deny))
    }
}

/// Opens a table; `None` if there is none.
fn open(path: &Path) -> Result<Option<File>, Failure> {
    match open_table(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot_read(path, &error)),
    }
}

/// Whether the option's name stands somewhere in it; a splice can hide it.
fn has_aclexec(text: &[u8]) -> bool {
    memchr::memchr(b'\\', text).is_some()
        || memchr::memchr(0, text).is_some()
        || text
            .windows(7)
            .any(|word| word.eq_ignore_ascii_case(b"aclexec"))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_whole(&mut open_table(path)?, SIZE_LIMIT - 1)
}

/// Opens a regular file, or what the caller has open already, such as the pipe of `<(command)`; nobody
/// waits for a pipe that lies there as a table.
fn open_table(path: &Path) -> io::Result<File> {
    check(&std::fs::metadata(path)?)?;
    let file = if OPEN_ALREADY.iter().any(|place| path.starts_with(place)) {
        File::open(path)?
    } else {
        open_regular(path)?
    };
    check(&file.metadata()?)?;
    Ok(file)
}

fn check(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if metadata.len() >= SIZE_LIMIT {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(())
}

fn cannot_read(path: &Path, error: &io::Error) -> Failure {
    let hint = if error.kind() == io::ErrorKind::IsADirectory {
        "libwrap takes a directory for an empty table; put a file in its place"
    } else if error.kind() == io::ErrorKind::FileTooLarge {
        "tables of 4 GiB and more are not supported"
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        "run it as root, or name other tables with --allow-file and --deny-file"
    } else {
        "check the path, or name other tables with --allow-file and --deny-file"
    };
    Failure::new(format_args!(
        "cannot read the table {}: {error}",
        path.display()
    ))
    .hint(hint)
}
