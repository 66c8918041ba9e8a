//! The user that the deliverer becomes, so that a fault in it is not root's.

use super::accounts::own_uid;
use nix::errno::Errno;
use nix::unistd::{User, getegid};
use std::fs::Metadata;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use tcpw_event::places::SERVICE;
use tcpw_event::regular::read_regular;
use tcpw_event::trust::is_bound;

/// The users of this machine; those of a system below `--root` are in the file that plays it.
pub const PASSWD: &str = "/etc/passwd";
/// No such file is larger.
const MOST_BYTES: u64 = 16 << 20;
/// Others can read it; others can write to it.
const OTHERS: u32 = 0o007;
const GROUP_WRITES: u32 = 0o020;

/// The user `tcpw`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelivererAccount {
    /// The number of the user; never root's.
    pub uid: u32,
    /// The number of its group.
    pub gid: u32,
    /// Its home.
    pub home: PathBuf,
}

/// The user `tcpw` of the machine, from whatever source it is configured to ask, or of the system whose
/// users are in the file `passwd`. There is none if it is not known, or is root by another name.
///
/// # Errors
/// When the users cannot be looked up: then nobody knows whether there is one.
pub fn find_deliverer(passwd: &Path) -> io::Result<Option<DelivererAccount>> {
    let found = if passwd == Path::new(PASSWD) {
        match User::from_name(SERVICE) {
            // Where there is no database at all, nobody is in it (getpwnam(3)).
            Err(Errno::ENOENT | Errno::ESRCH) => None,
            found => found?.map(|user| DelivererAccount {
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
                home: user.dir,
            }),
        }
    } else {
        match read_regular(passwd, MOST_BYTES) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => None,
            bytes => bytes?.split(|byte| *byte == b'\n').find_map(account),
        }
    };
    Ok(found.filter(|found| found.uid != 0 && found.gid != 0))
}

/// As [`find_deliverer`]; none, too, where that cannot be told.
pub fn deliverer_account(passwd: &Path) -> Option<DelivererAccount> {
    find_deliverer(passwd).ok().flatten()
}

/// What a line of passwd(5) says of the user.
fn account(line: &[u8]) -> Option<DelivererAccount> {
    let mut fields = line.split(|byte| *byte == b':');
    if fields.next()? != SERVICE.as_bytes() {
        return None;
    }
    let number = |field: Option<&[u8]>| std::str::from_utf8(field?).ok()?.parse().ok();
    let (uid, gid) = (number(fields.nth(1))?, number(fields.next())?);
    let home = std::ffi::OsStr::from_bytes(fields.nth(1)?).into();
    Some(DelivererAccount { uid, gid, home })
}

/// Whether this process runs as the user `tcpw` of the machine, as systemd starts it.
pub fn is_deliverer() -> bool {
    deliverer_account(Path::new(PASSWD)).is_some_and(|account| account.uid == own_uid())
}

/// The group of the deliverer: this process's own once it has become that user.
pub fn deliverer_group() -> Option<u32> {
    if is_bound() && own_uid() != 0 {
        return Some(getegid().as_raw());
    }
    deliverer_account(Path::new(PASSWD)).map(|account| account.gid)
}

/// Whether a file of root's can be read by its owner and by this group only, and changed by its owner
/// only.
pub fn is_for_group(found: &Metadata, group: u32) -> bool {
    found.uid() == 0 && found.gid() == group && found.mode() & (OTHERS | GROUP_WRITES) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_that_cannot_be_looked_up_are_not_taken_for_none() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(find_deliverer(&place.path().join("absent")).unwrap(), None);
        assert!(find_deliverer(place.path()).is_err(), "a directory");
    }

    #[test]
    fn the_user_is_read_from_the_file_that_plays_the_system() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let of = |text: &str| {
            std::fs::write(file.path(), text).unwrap();
            deliverer_account(file.path())
        };
        let found =
            of("root:x:0:0::/root:/bin/sh\ntcpw:x:47:48:mail, tcpw:/var/lib/x:/bin/false\n");
        let expected = DelivererAccount {
            uid: 47,
            gid: 48,
            home: "/var/lib/x".into(),
        };
        assert_eq!(found, Some(expected));
        for text in [
            "",
            "tcpwx:x:47:48::/:\n",
            "tcpw:x:0:48::/:\n",
            "tcpw:x:47:0::/:\n",
            "tcpw:x:x:48::/:\n",
            "tcpw:x:47\n",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(deliverer_account(Path::new("/nonexistent/passwd")), None);
    }
}
