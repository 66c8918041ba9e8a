//! A table as it was read: where it really is, which file it was, its bytes.

use crate::editor::commit::common_ends::rest_after;
use crate::editor::commit::error::EditError;
use crate::system::read_whole;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// Fifty times a table of a million rules; what is larger is not a table.
const SIZE_LIMIT: u64 = 1 << 30;
/// As many links as the kernel follows.
const LINK_LIMIT: usize = 40;

/// Which file it is: device and inode number.
pub(crate) type Identity = (u64, u64);

/// One table, read.
#[derive(Debug)]
pub struct TableFile {
    path: PathBuf,
    target: PathBuf,
    identity: Option<Identity>,
    /// When it was last written, before it was read.
    written: Option<(i64, i64)>,
    /// How many names the file has.
    links: u64,
    bytes: Vec<u8>,
}

impl TableFile {
    /// Reads the table at `target`, which [`resolve`] found for `path`. An absent file is an
    /// empty table, as for libwrap (F-LINE-21).
    pub(crate) fn read(path: &Path, target: PathBuf) -> Result<Self, EditError> {
        let mut table = Self {
            path: path.to_owned(),
            target,
            ..Self::nowhere()
        };
        match std::fs::metadata(&table.target) {
            Ok(metadata) => {
                check(path, &metadata)?;
                let mut file = File::open(&table.target).map_err(EditError::at("read", path))?;
                table.bytes =
                    read_whole(&mut file, SIZE_LIMIT - 1).map_err(EditError::at("read", path))?;
                table.identity = Some((metadata.dev(), metadata.ino()));
                table.links = metadata.nlink();
                table.written = Some((metadata.mtime(), metadata.mtime_nsec()));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(EditError::at("read", path)(error)),
        }
        Ok(table)
    }

    /// Stands for a table that is not at hand: empty, and never written.
    pub(crate) fn nowhere() -> Self {
        Self {
            path: PathBuf::new(),
            target: PathBuf::new(),
            identity: None,
            written: None,
            links: 0,
            bytes: Vec::new(),
        }
    }

    /// Whether it only stands for a table that is not at hand.
    pub fn is_nowhere(&self) -> bool {
        self.path == Path::new("")
    }

    /// The path it was asked for by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file itself, at the end of all links.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Whether there is such a file.
    pub fn exists(&self) -> bool {
        self.identity.is_some()
    }

    /// Which file it is, if there is one.
    pub(crate) fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// Whether the file has more names than this one: to replace it would part them.
    pub(crate) fn has_other_names(&self) -> bool {
        self.links > 1
    }

    /// Its bytes; none if there is no such file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Refuses if the file is another one now, or holds anything else than what was read.
    pub(crate) fn check_unchanged(&self) -> Result<(), EditError> {
        self.compare(<[u8]>::is_empty)
    }

    /// Refuses if the file is another one now, or something else was done to it than appending.
    pub(crate) fn check_appended(&self) -> Result<(), EditError> {
        self.compare(|_| true)
    }

    /// Whether it is as it was read by its size and time. What is written within a tick of the clock
    /// is not seen: enough only where the content is compared later.
    pub(crate) fn seems_unchanged(&self) -> bool {
        std::fs::metadata(&self.target).is_ok_and(|is| {
            let length = u64::try_from(self.bytes.len()).ok();
            Some((is.dev(), is.ino())) == self.identity
                && Some((is.mtime(), is.mtime_nsec())) == self.written
                && Some(is.len()) == length
        })
    }

    /// Compares the file with what was read; `is_well` is asked about what was appended.
    fn compare(&self, is_well: impl FnOnce(&[u8]) -> bool) -> Result<(), EditError> {
        if self.is_nowhere() {
            return Ok(());
        }
        let at = || EditError::at("read", &self.path);
        let (identity, appended) = match std::fs::metadata(&self.target) {
            Ok(metadata) => {
                check(&self.path, &metadata)?;
                let mut file = File::open(&self.target).map_err(at())?;
                let appended = rest_after(&mut file, &self.bytes).map_err(at())?;
                (Some((metadata.dev(), metadata.ino())), appended)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => (None, Some(Vec::new())),
            Err(error) => return Err(at()(error)),
        };
        if identity == self.identity && appended.as_deref().is_some_and(is_well) {
            Ok(())
        } else {
            Err(EditError::ChangedMeanwhile(self.path.clone()))
        }
    }
}

fn check(path: &Path, metadata: &Metadata) -> Result<(), EditError> {
    let kind = metadata.file_type();
    let what = if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_char_device() || kind.is_block_device() {
        "a device"
    } else if metadata.len() >= SIZE_LIMIT {
        return Err(EditError::TooLarge(path.to_owned()));
    } else {
        return Ok(());
    };
    Err(EditError::NotAFile {
        path: path.to_owned(),
        what,
    })
}

/// Follows links to the file that is to be replaced; it need not exist yet, its directory must.
pub(crate) fn resolve(path: &Path) -> Result<PathBuf, EditError> {
    let mut at = path.to_owned();
    for _ in 0..LINK_LIMIT {
        let directory = directory_of(&at);
        if let Ok(link) = std::fs::read_link(&at) {
            at = directory.join(link);
            continue;
        }
        let directory = directory
            .canonicalize()
            .map_err(EditError::at("reach the directory of", path))?;
        return Ok(directory.join(at.file_name().unwrap_or_default()));
    }
    Err(EditError::at("follow the links of", path)(
        nix::errno::Errno::ELOOP.into(),
    ))
}

fn directory_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
