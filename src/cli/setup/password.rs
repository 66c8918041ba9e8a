//! The password that was typed: kept in a file that only its owner may read.

use crate::cli::base::{Failure, Paths};
use crate::config::Secret;
use crate::escape::visible;
use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Where it is kept, as a configuration names it.
pub(super) const PASSWORD_FILE: &str = "/etc/tcpw.password";
/// The mode of a file that only its owner may read.
const PRIVATE: u32 = 0o600;

/// A password that was typed.
#[derive(Debug, Clone)]
pub(super) struct NewPassword {
    secret: Secret,
}

/// What was in the file before.
pub(super) struct Before {
    path: PathBuf,
    bytes: Option<Vec<u8>>,
}

impl NewPassword {
    /// `secret`, which has one line.
    pub(super) fn new(secret: Secret) -> Self {
        Self { secret }
    }

    /// Where it will be on this machine.
    pub(super) fn path(paths: &Paths) -> PathBuf {
        paths.inside(Path::new(PASSWORD_FILE))
    }

    /// Writes it; gives what was there, for [`Before::restore`].
    ///
    /// # Errors
    /// When the file cannot be written; it is as it was then.
    pub(super) fn write(&self, paths: &Paths) -> Result<Before, Failure> {
        let path = Self::path(paths);
        let failed = |error: io::Error| {
            Failure::new(format_args!("cannot write {}: {error}", path.display()))
                .hint("run it as root; nothing was changed")
        };
        let bytes = match fs::read(&path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        put(&path, format!("{}\n", self.secret.0).as_bytes()).map_err(failed)?;
        Ok(Before { path, bytes })
    }

    /// Its path, to be shown.
    pub(super) fn shown(paths: &Paths) -> String {
        visible(Self::path(paths).as_os_str().as_encoded_bytes())
    }

    /// Whether the file on this machine says something else, or nothing.
    pub(super) fn is_new(&self, paths: &Paths) -> bool {
        let said = fs::read(Self::path(paths)).unwrap_or_default();
        said.trim_ascii_end() != self.secret.0.trim_end().as_bytes()
    }
}

impl Before {
    /// Puts back what was there.
    ///
    /// # Errors
    /// When it cannot be written or removed.
    pub(super) fn restore(self) -> io::Result<()> {
        match self.bytes {
            Some(bytes) => put(&self.path, &bytes),
            None => fs::remove_file(&self.path),
        }
    }
}

/// Puts `bytes` in place of what is there, for nobody but the owner.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    let mut file = NamedTempFile::new_in(directory)?;
    file.as_file()
        .set_permissions(Permissions::from_mode(PRIVATE))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
