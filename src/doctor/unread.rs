//! What could not be read while a machine was looked at: a daemon may hide there, so it is said.

use crate::doctor::setting;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What reading below `/proc/PID` gives once the process has ended (errno(3)).
pub(super) const ESRCH: i32 = 3;

/// Folders and files that are there and could not be read, and why.
#[derive(Debug, Default)]
pub(super) struct Unread(BTreeMap<PathBuf, String>);

impl Unread {
    /// What is in a folder, sorted; nothing where there is no such folder.
    pub(super) fn entries(&mut self, folder: &Path) -> Vec<PathBuf> {
        let listed = fs::read_dir(folder).and_then(|entries| {
            let paths = entries.map(|entry| entry.map(|entry| entry.path()));
            paths.collect::<io::Result<Vec<PathBuf>>>()
        });
        let mut found = self.keep(folder, listed).unwrap_or_default();
        found.sort();
        found
    }

    /// The text of a file; nothing where there is none.
    pub(super) fn text(&mut self, path: &Path) -> Option<String> {
        let text = setting::text(path);
        self.keep(path, text).flatten()
    }

    /// What was read, or nothing; what could not be read is kept under `path`, unless it is not
    /// there or belonged to a process that has ended.
    pub(super) fn keep<T>(&mut self, path: &Path, read: io::Result<T>) -> Option<T> {
        read.map_err(|cause| {
            let is_absent = matches!(
                cause.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            );
            let has_ended = cause.raw_os_error() == Some(ESRCH);
            if !is_absent && !has_ended {
                self.0.insert(path.to_owned(), cause.to_string());
            }
        })
        .ok()
    }

    /// Each of them, and why.
    pub(super) fn causes(self) -> impl Iterator<Item = (PathBuf, String)> {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_nothing_and_what_cannot_be_read_is_said() {
        let stage = tempfile::tempdir().unwrap();
        let mut unread = Unread::default();
        assert!(unread.entries(&stage.path().join("none")).is_empty());
        assert_eq!(unread.text(&stage.path().join("none")), None);
        // A link to itself is there for everybody, and can be read by nobody, not even root.
        let circle = stage.path().join("circle");
        std::os::unix::fs::symlink(&circle, &circle).unwrap();
        assert!(unread.entries(&circle).is_empty());
        let said: Vec<PathBuf> = unread.causes().map(|(path, _)| path).collect();
        assert_eq!(said, [circle]);
    }
}
