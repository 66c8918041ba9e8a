//! Working for a while as the owner of a directory: root that works among files of another user makes,
//! reads and changes nothing there that this user could not, whatever links lie there.

use nix::unistd::{Gid, Uid, getegid, geteuid, getgroups, setegid, seteuid, setgroups};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// As long as it lives, all threads of a process of root have the rights of the owner of a directory,
/// and no others; then root's again.
#[derive(Debug)]
#[must_use = "root's rights come back when it is dropped"]
pub struct AsOwner {
    /// Root's group, and the others that it had.
    before: Option<(Gid, Vec<Gid>)>,
}

impl AsOwner {
    /// Takes the rights of the owner of `directory`. Nothing changes if that is root, if this process is
    /// not root's, or if the directory does not exist.
    ///
    /// # Errors
    /// When the directory cannot be looked at, or the system refuses a step: then all is as before.
    pub fn of(directory: &Path) -> io::Result<Self> {
        let mut rights = Self { before: None };
        let owner = match fs::metadata(directory) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(rights),
            found => found?,
        };
        if !geteuid().is_root() || owner.uid() == 0 {
            return Ok(rights);
        }
        // From here on it is dropped with what was changed, whichever step fails.
        rights.before = Some((getegid(), getgroups()?));
        let group = Gid::from_raw(owner.gid());
        setgroups(&[group])?;
        setegid(group)?;
        seteuid(Uid::from_raw(owner.uid()))?;
        Ok(rights)
    }
}

impl Drop for AsOwner {
    fn drop(&mut self) {
        if let Some((group, groups)) = self.before.take() {
            let back = seteuid(Uid::from_raw(0))
                .and_then(|()| setegid(group))
                .and_then(|()| setgroups(&groups));
            // Without root's rights, what follows fails and says so.
            back.unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt as _, chown};
    use std::process::Command;

    /// In a process of its own: the rights are those of all its threads.
    const OWN: &str = "TCPW_TEST_AS_OWNER";

    #[test]
    fn root_has_no_more_rights_than_the_owner_of_the_directory_for_a_while() {
        assert!(geteuid().is_root(), "this test needs root");
        if std::env::var_os(OWN).is_none() {
            let name = std::thread::current().name().unwrap().to_owned();
            let mut test = Command::new(std::env::current_exe().unwrap());
            let done = test
                .args(["--exact", &name, "--nocapture"])
                .env(OWN, "1")
                .output();
            let done = done.unwrap();
            assert!(done.status.success(), "{done:?}");
            assert!(String::from_utf8_lossy(&done.stdout).contains("1 passed"));
            return;
        }
        let place = tempfile::tempdir().unwrap();
        fs::set_permissions(place.path(), Permissions::from_mode(0o711)).unwrap();
        let (secret, own) = (place.path().join("secret"), place.path().join("own"));
        fs::write(&secret, "x").unwrap();
        fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
        fs::create_dir(&own).unwrap();
        chown(&own, Some(4711), Some(4712)).unwrap();
        let groups = getgroups().unwrap();
        let rights = AsOwner::of(&own).unwrap();
        fs::read(&secret).unwrap_err();
        fs::write(place.path().join("new"), "").unwrap_err();
        fs::write(own.join("new"), "").unwrap();
        assert_eq!(fs::metadata(own.join("new")).unwrap().uid(), 4711);
        drop(rights);
        fs::read(&secret).unwrap();
        assert_eq!(getgroups().unwrap(), groups);
        assert_eq!(getegid().as_raw(), 0);
        // In root's own directory, and where there is none, nothing changes.
        for directory in [place.path().to_owned(), place.path().join("absent")] {
            let _rights = AsOwner::of(&directory).unwrap();
            fs::read(&secret).unwrap();
        }
    }
}
