//! What an audit looks at: names, modes and contents of a few files. Nobody waits for a pipe.

use crate::audit::{EntryKind, FileContent, SeenEntry, SeenFile, SeenSystem};
use crate::cli::base::Paths;
use crate::export::SshdVersion;
use crate::system::{place_in_root, place_of_entry_in_root};
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
    let [allow, deny] = paths.entries();
    SeenSystem {
        allow: file(&allow, paths),
        deny: file(&deny, paths),
        dpkg: paths.followed(Path::new(DPKG)).map_or_else(
            |cause| FileContent::NotRead(cause.to_string()),
            |place| content(&place),
        ),
        openssh: openssh.map(|version| (version.major.into(), version.minor.into())),
    }
}

/// A table. Below `--root` a link means a place of the copy: the file of this machine that has the same path is
/// another one.
fn file(path: &Path, paths: &Paths) -> SeenFile {
    let inner = paths
        .root
        .as_deref()
        .and_then(|root| Some((root, path.strip_prefix(root).ok()?)));
    let places = match inner {
        None => Ok((path.to_owned(), path.to_owned())),
        Some((root, inner)) => place_of_entry_in_root(root, inner)
            .and_then(|entry| Ok((entry, place_in_root(root, inner)?))),
    };
    match places {
        Ok((entry_place, target)) => SeenFile {
            entry: entry(fs::symlink_metadata(entry_place)),
            target: entry(fs::metadata(&target)),
            content: content(&target),
        },
        Err(cause) => {
            let unknown = SeenEntry::Unknown(cause.to_string());
            SeenFile {
                entry: entry(fs::symlink_metadata(path)),
                target: unknown,
                content: FileContent::NotRead(cause.to_string()),
            }
        }
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
