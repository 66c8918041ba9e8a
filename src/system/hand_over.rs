//! Giving directories and files to the user of a service, by an open file: what a path leads to
//! may change meanwhile.

use nix::fcntl::OFlag;
use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::Path;

const PERMISSIONS: u32 = 0o7777;

/// Whose something is to be, and its permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ownership {
    /// The number of the user.
    pub uid: u32,
    /// The number of the group.
    pub gid: u32,
    /// The permission bits.
    pub mode: u32,
}

impl Ownership {
    /// Gives what `file` is, and says whether anything was changed.
    fn apply(self, file: &File) -> io::Result<bool> {
        let found = file.metadata()?;
        let is_owned = (found.uid(), found.gid()) == (self.uid, self.gid);
        if is_owned && found.mode() & PERMISSIONS == self.mode {
            return Ok(false);
        }
        if !is_owned {
            fchown(file, Some(self.uid), Some(self.gid))?;
        }
        // The system removes bits when the owner changes, so that they come last.
        file.set_permissions(Permissions::from_mode(self.mode))?;
        Ok(true)
    }
}

/// Makes a directory, which must be there and no link, belong to `wanted`; says whether anything was
/// changed.
///
/// # Errors
/// When it cannot be opened, or the system refuses.
pub fn settle_directory(path: &Path, wanted: Ownership) -> io::Result<bool> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let directory = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)?;
    wanted.apply(&directory)
}

/// Makes a regular file of root, which has no other name, belong to `wanted`; says whether anything
/// was changed. Anything else stays as it is.
///
/// # Errors
/// When it cannot be opened, or the system refuses.
pub fn give_file(path: &Path, wanted: Ownership) -> io::Result<bool> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)?;
    let found = file.metadata()?;
    if !found.is_file() || found.nlink() != 1 || found.uid() != 0 {
        return Ok(false);
    }
    wanted.apply(&file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{chown, symlink};

    const NOBODY: Ownership = Ownership {
        uid: 65_534,
        gid: 65_533,
        mode: 0o3733,
    };

    #[test]
    fn only_what_is_roots_and_has_one_name_is_given() {
        assert!(nix::unistd::geteuid().is_root(), "needs root");
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        for name in ["file", "two", "foreign"] {
            fs::write(path(name), "x").unwrap();
        }
        fs::hard_link(path("two"), path("names")).unwrap();
        chown(path("foreign"), Some(65_532), None).unwrap();
        symlink("file", path("link")).unwrap();
        let wanted = Ownership {
            mode: 0o640,
            ..NOBODY
        };
        assert!(give_file(&path("link"), wanted).is_err());
        for (name, is_given) in [("two", false), ("foreign", false), ("file", true)] {
            assert_eq!(give_file(&path(name), wanted).unwrap(), is_given, "{name}");
        }
        let found = fs::metadata(path("file")).unwrap();
        assert_eq!((found.uid(), found.mode() & 0o7777), (65_534, 0o640));
        assert!(
            !give_file(&path("file"), wanted).unwrap(),
            "not root's any more"
        );
    }

    #[test]
    fn a_directory_keeps_its_special_bits_and_a_link_is_not_followed() {
        assert!(nix::unistd::geteuid().is_root(), "needs root");
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("drop");
        fs::create_dir(&directory).unwrap();
        assert!(settle_directory(&directory, NOBODY).unwrap());
        let found = fs::metadata(&directory).unwrap();
        let is = (found.uid(), found.gid(), found.mode() & 0o7777);
        assert_eq!(is, (65_534, 65_533, 0o3733));
        assert!(!settle_directory(&directory, NOBODY).unwrap());
        symlink(&directory, place.path().join("link")).unwrap();
        assert!(settle_directory(&place.path().join("link"), NOBODY).is_err());
    }
}
