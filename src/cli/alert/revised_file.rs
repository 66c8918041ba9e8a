//! The configuration, changed in place: by one command at a time, and never over what somebody else
//! wrote meanwhile.

use crate::system::{deliverer_group, is_root, open_regular};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Without a user of its own for the deliverer: everybody may read it, and there is no secret in it.
const OPEN: u32 = 0o644;
/// For root, who writes it, and the group of the deliverer, which reads it.
const SHARED: u32 = 0o640;

/// The configuration, which no other command of tcpw changes in place as long as this lives.
pub(super) struct RevisedFile {
    /// Where it is itself, if its name is a link.
    target: PathBuf,
    before: Option<String>,
    _lock: File,
}

impl RevisedFile {
    /// Waits until no other command changes it, and reads it.
    ///
    /// # Errors
    /// When it cannot be read, or nothing can be made beside it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        // A link stays a link: its target is replaced.
        let target = match fs::canonicalize(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => path.to_owned(),
            found => found?,
        };
        // Beside the configuration, where root obeys what lies there, nobody else makes a file.
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(lock_path(&target))?;
        lock.lock()?;
        Ok(Self {
            before: read(&target)?,
            target,
            _lock: lock,
        })
    }

    /// What it says; nothing if it does not exist.
    pub(super) fn text(&self) -> Option<&str> {
        self.before.as_deref()
    }

    /// Puts `text` in its place, with its owner and mode. One that did not exist can be read by the
    /// deliverer.
    ///
    /// # Errors
    /// When it cannot be written, or an editor wrote it meanwhile.
    pub(super) fn put(self, text: &str) -> io::Result<()> {
        let mut file = NamedTempFile::new_in(self.target.parent().unwrap_or(Path::new("/")))?;
        file.write_all(text.as_bytes())?;
        match fs::metadata(&self.target) {
            Ok(old) => {
                chown(file.path(), Some(old.uid()), Some(old.gid()))?;
                let mode = Permissions::from_mode(old.mode() & 0o7777);
                file.as_file().set_permissions(mode)?;
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => share(&file)?,
            Err(cause) => return Err(cause),
        }
        file.as_file().sync_all()?;
        if read(&self.target)? != self.before {
            let text = "another program changed it just now; run the command again";
            return Err(io::Error::other(text));
        }
        if self.before.is_none() {
            file.persist_noclobber(&self.target)?;
        } else {
            file.persist(&self.target)?;
        }
        Ok(())
    }
}

/// Lets the deliverer read a new configuration.
fn share(file: &NamedTempFile) -> io::Result<()> {
    let mode = match deliverer_group() {
        Some(group) if is_root() => {
            chown(file.path(), None, Some(group))?;
            SHARED
        }
        _ => OPEN,
    };
    file.as_file().set_permissions(Permissions::from_mode(mode))
}

fn lock_path(target: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".lock");
    target.with_file_name(name)
}

fn read(path: &Path) -> io::Result<Option<String>> {
    match open_regular(path).and_then(io::read_to_string) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn changes_at_once_are_all_kept() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("tcpw.toml");
        thread::scope(|scope| {
            for number in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    let file = RevisedFile::open(path).unwrap();
                    let text = format!("{}{number}\n", file.text().unwrap_or_default());
                    file.put(&text).unwrap();
                });
            }
        });
        let mut lines: Vec<String> = fs::read_to_string(&path)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        lines.sort_unstable();
        let wanted: Vec<String> = (0..8).map(|number| number.to_string()).collect();
        assert_eq!(lines, wanted);
    }

    #[test]
    fn what_an_editor_wrote_meanwhile_stays() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("tcpw.toml");
        for before in [None, Some("old\n")] {
            if let Some(before) = before {
                fs::write(&path, before).unwrap();
            }
            let file = RevisedFile::open(&path).unwrap();
            fs::write(&path, "an editor's\n").unwrap();
            let error = file.put("ours\n").unwrap_err();
            assert!(error.to_string().contains("another program"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), "an editor's\n");
        }
    }

    #[test]
    fn a_new_one_can_be_read_by_the_deliverer_and_an_old_one_keeps_its_mode() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("tcpw.toml");
        RevisedFile::open(&path).unwrap().put("new\n").unwrap();
        let found = fs::metadata(&path).unwrap();
        match deliverer_group() {
            Some(group) => assert_eq!((found.gid(), found.mode() & 0o777), (group, SHARED)),
            None => assert_eq!(found.mode() & 0o777, OPEN),
        }
        fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
        RevisedFile::open(&path).unwrap().put("newer\n").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o604);
    }
}
