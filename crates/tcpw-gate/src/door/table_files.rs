//! The two tables on disk, under the rules of libwrap for what cannot be read: such an allow table
//! grants nobody, such a deny table refuses everybody.

use super::complaints::Complaint;
use super::words::{TablePath, TablePaths};
use crate::compiled;
use hosts_access::engine::{Excerpt, Table, TableName};
use hosts_access::escape::visible;
use hosts_access::syntax::{LineKind, Reason, Tree, parse_excerpt};
use hosts_access::{Request, Surroundings};
use nix::fcntl::OFlag;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use tcpw_event::places::COMPILED_DIRECTORY;

/// Offsets in a table are 32 bits wide.
const SIZE_LIMIT: u64 = 1 << 32;

/// A table as far as it was read.
#[derive(Debug)]
pub(crate) struct TableFile {
    /// Its path, as it is shown.
    pub(crate) shown: String,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// There is none, or it is a directory (F-LINE-21).
    Absent,
    Unreadable(io::Error),
    Read {
        excerpt: Excerpt,
        is_whole: bool,
    },
}

impl TableFile {
    /// Reads the whole of a small table, and of a larger one no more than what settles `request`, through
    /// its compiled form if it has one.
    pub(crate) fn read(path: &Path, request: &Request, world: &dyn Surroundings) -> Self {
        let shown = visible(path.as_os_str().as_encoded_bytes());
        let content = content(path, request, world).unwrap_or_else(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                Content::Absent
            } else {
                Content::Unreadable(error)
            }
        });
        Self { shown, content }
    }

    /// Why it cannot be read.
    pub(crate) fn fault(&self) -> Option<&io::Error> {
        match &self.content {
            Content::Unreadable(error) => Some(error),
            Content::Absent | Content::Read { .. } => None,
        }
    }

    /// Whether it was there and could be read.
    pub(crate) fn is_read(&self) -> bool {
        match &self.content {
            Content::Read { .. } => true,
            Content::Absent | Content::Unreadable(_) => false,
        }
    }

    /// Its tree; the lines are numbered as in the file.
    pub(crate) fn tree(&self) -> Tree<'_> {
        match &self.content {
            Content::Read { excerpt, .. } => parse_excerpt(&excerpt.bytes, excerpt.lines_before),
            Content::Absent | Content::Unreadable(_) => parse_excerpt(&[], 0),
        }
    }

    /// The table for the engine, from its tree.
    pub(crate) fn table<'t>(&self, tree: &'t Tree<'t>) -> Table<'t> {
        match &self.content {
            Content::Absent => Table::Absent,
            Content::Unreadable(_) => Table::Unreadable,
            Content::Read { .. } => Table::Read(tree),
        }
    }

    /// What libwrap logs of lines that are no rules. Of a large table only the line that ends it is
    /// known.
    pub(crate) fn warnings(&self, tree: &Tree<'_>) -> Vec<Complaint> {
        let Content::Read { is_whole, .. } = &self.content else {
            return Vec::new();
        };
        let mut warnings = Vec::new();
        for line in tree.lines() {
            let (index, number) = (line.index(), line.number());
            match line.kind() {
                LineKind::Malformed(Reason::MissingColon) if *is_whole && line.is_read() => {
                    warnings.push((index, number, "missing \":\" separator"));
                }
                LineKind::Malformed(Reason::Unterminated | Reason::TooLong) if !line.is_read() => {
                    warnings.push((index, number, "missing newline or line too long"));
                    warnings.push((index, number, "all the subsequent rules will be ignored"));
                    break;
                }
                LineKind::Malformed(_) | LineKind::Blank | LineKind::Comment | LineKind::Rule => {}
            }
        }
        warnings
    }
}

fn content(path: &Path, request: &Request, world: &dyn Surroundings) -> io::Result<Content> {
    let (file, metadata) = open(path)?;
    if metadata.is_dir() {
        return Ok(Content::Absent);
    }
    if metadata.len() >= SIZE_LIMIT {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    if !compiled::is_worth(&metadata) {
        return whole(&file);
    }
    let forms = Path::new(COMPILED_DIRECTORY);
    let excerpt = compiled::excerpt(forms, path, &file, request, world)?;
    Ok(Content::Read {
        excerpt,
        is_whole: false,
    })
}

/// Opens a file or a directory.
fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let mut options = OpenOptions::new();
    // Nobody waits for a pipe.
    options.read(true).custom_flags(OFlag::O_NONBLOCK.bits());
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    let kind = metadata.file_type();
    if !kind.is_file() && !kind.is_dir() && !kind.is_char_device() {
        return Err(io::Error::other("it is not a file"));
    }
    Ok((file, metadata))
}

/// Why a table cannot be read that an option of the call has named: such a one must be there.
pub(crate) fn check_named(paths: &TablePaths, table: TableName) -> Option<io::Error> {
    if !is_named(paths, table) {
        return None;
    }
    match open(path_of(paths, table)) {
        Ok((_, metadata)) if metadata.is_dir() => Some(io::ErrorKind::IsADirectory.into()),
        Ok(_) => None,
        Err(error) => Some(error),
    }
}

fn whole(file: &File) -> io::Result<Content> {
    let mut bytes = Vec::new();
    file.take(SIZE_LIMIT).read_to_end(&mut bytes)?;
    Ok(Content::Read {
        excerpt: Excerpt {
            bytes,
            lines_before: 0,
        },
        is_whole: true,
    })
}

/// The path of one table.
pub(crate) fn path_of(paths: &TablePaths, table: TableName) -> &Path {
    &one_of(paths, table).path
}

/// Whether an option of the call has named it.
pub(crate) fn is_named(paths: &TablePaths, table: TableName) -> bool {
    one_of(paths, table).is_named
}

fn one_of(paths: &TablePaths, table: TableName) -> &TablePath {
    match table {
        TableName::Allow => &paths.allow,
        TableName::Deny => &paths.deny,
    }
}
