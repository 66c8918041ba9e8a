//! What an audit looks at: names, modes and contents of a few files. Nobody waits for a pipe.

use crate::audit::{EntryKind, FileContent, SeenEntry, SeenFile, SeenSystem};
use crate::cli::base::Paths;
use crate::export::SshdVersion;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

/// Offsets in a table are 32 bits wide.
const MOST_BYTES: u64 = (1 << 32) - 1;

/// Where dpkg keeps which packages are installed.
const DPKG: &str = "/var/lib/dpkg/status";

/// Looks at the system.
pub(super) fn look(paths: &Paths, openssh: Option<SshdVersion>) -> SeenSystem {
    SeenSystem {
        allow: file(&paths.allow),
        deny: file(&paths.deny),
        dpkg: content(&paths.inside(Path::new(DPKG))),
        openssh: openssh.map(|version| (version.major.into(), version.minor.into())),
    }
}

fn file(path: &Path) -> SeenFile {
    SeenFile {
        entry: entry(fs::symlink_metadata(path)),
        target: entry(fs::metadata(path)),
        content: content(path),
    }
}

fn entry(found: io::Result<Metadata>) -> SeenEntry {
    match found {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => SeenEntry::Absent,
        Err(cause) => SeenEntry::Unknown(cause.to_string()),
        Ok(found) => {
            let what = found.file_type();
            let kind = if what.is_file() {
                EntryKind::File
            } else if what.is_dir() {
                EntryKind::Directory
            } else if what.is_symlink() {
                EntryKind::Link
            } else {
                EntryKind::Other
            };
            SeenEntry::There {
                kind,
                mode: found.mode() & 0o7777,
                uid: found.uid(),
                gid: found.gid(),
                size: found.len(),
            }
        }
    }
}

fn content(path: &Path) -> FileContent {
    let found = match fs::metadata(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return FileContent::Absent,
        Err(cause) => return FileContent::NotRead(cause.to_string()),
        Ok(found) => found,
    };
    let what = found.file_type();
    if what.is_dir() {
        return FileContent::Directory;
    }
    if what.is_char_device() && path == Path::new("/dev/null") {
        return FileContent::Read(Vec::new());
    }
    if !what.is_file() {
        return FileContent::NotRead("it is not a regular file".to_owned());
    }
    if found.len() > MOST_BYTES {
        return FileContent::NotRead("tables of 4 GiB and more are not supported".to_owned());
    }
    match fs::read(path) {
        Ok(bytes) => FileContent::Read(bytes),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => FileContent::Absent,
        Err(cause) => FileContent::NotRead(cause.to_string()),
    }
}
