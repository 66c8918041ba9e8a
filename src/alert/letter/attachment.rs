//! The files that go along with every mail.

use crate::escape::visible;
use crate::system::{check_for_root, open_regular};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Mail servers refuse larger mails.
const MOST_BYTES: u64 = 10 * 1024 * 1024;

/// Content types by the end of the name; what is not here is bytes.
const TYPES: &[(&str, &str)] = &[
    ("csv", "text/csv"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("log", "text/plain"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

/// A file that goes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attached {
    /// Its name, without its directory.
    pub name: String,
    /// What it is.
    pub content_type: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Reads the files; of those that cannot be read, says why.
pub(crate) fn read_all(paths: &[PathBuf]) -> (Vec<Attached>, Vec<String>) {
    let mut attached = Vec::new();
    let mut missing = Vec::new();
    for path in paths {
        match read(path) {
            Ok(file) => attached.push(file),
            Err(cause) => {
                missing.push(format!("{}: {cause}", visible(path.as_os_str().as_bytes())));
            }
        }
    }
    (attached, missing)
}

fn read(path: &Path) -> io::Result<Attached> {
    let mut bytes = Vec::new();
    let file = open_regular(path)?;
    check_for_root(path).map_err(|distrust| {
        let text = format!("root does not send it: {distrust}");
        io::Error::new(io::ErrorKind::PermissionDenied, visible(text.as_bytes()))
    })?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST_BYTES {
        return Err(io::Error::other("is larger than 10 MiB"));
    }
    let name = path.file_name().unwrap_or_default();
    Ok(Attached {
        name: visible(name.as_bytes()),
        content_type: content_type(path),
        bytes,
    })
}

fn content_type(path: &Path) -> &'static str {
    let end = path.extension().unwrap_or_default().to_ascii_lowercase();
    TYPES
        .iter()
        .find(|(known, _)| end == *known)
        .map_or("application/octet-stream", |&(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_goes_along_and_the_rest_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let good = directory.path().join("network.PDF");
        std::fs::write(&good, "x").unwrap();
        let paths = [
            good,
            directory.path().join("absent"),
            directory.path().to_owned(),
        ];
        let (attached, missing) = read_all(&paths);
        assert_eq!(attached.len(), 1);
        assert_eq!(
            (attached[0].name.as_str(), attached[0].content_type),
            ("network.PDF", "application/pdf")
        );
        assert_eq!(missing.len(), 2);
        assert!(missing[0].contains("absent: No such file"), "{missing:?}");
    }
}
