//! Files beside the journal, whose directory may belong to another user than the one who runs this: the
//! user as whom alerts are delivered may put there what he likes. Root reads and writes nothing through
//! it that this user could not.

use nix::fcntl::OFlag;
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// What others than the owner need to put a file into a directory.
const WRITE_BY_OTHERS: u32 = 0o022;

/// `path` with `end` added to its name.
pub(super) fn with(path: &Path, end: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Opens the file at `path` to read it, without following a link and without waiting.
///
/// # Errors
/// When it cannot be opened, or may be another file than one beside the journal ([`check_plain`]).
pub(super) fn open_plain(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().read(true))
}

/// Opens the file at `path` to write at its end, likewise.
///
/// # Errors
/// As [`open_plain`].
pub(super) fn open_plain_to_append(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().append(true))
}

/// Makes the file at `path`, where nothing may be, for this process's user alone.
///
/// # Errors
/// When it cannot be made, or something has the name, be it a link that leads nowhere.
pub(super) fn make_plain(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

/// Whether what is at `path`, if anything, is a regular file, and for root in the directory of another
/// user: one without a second name somewhere else, which is root's or that user's.
///
/// # Errors
/// When it is something else, or cannot be looked at.
pub(super) fn check_plain(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        found => check(path, &found?),
    }
}

fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    check(path, &fs::symlink_metadata(path)?)?;
    // It may have become something else since.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = options.custom_flags(flags.bits()).open(path)?;
    check(path, &file.metadata()?)?;
    Ok(file)
}

fn check(path: &Path, found: &Metadata) -> io::Result<()> {
    let refused = |what: &str| {
        let text = format!("{} {what}", path.display());
        Err(io::Error::new(io::ErrorKind::InvalidInput, text))
    };
    if found.is_symlink() {
        return refused("is a symbolic link, which is not followed");
    }
    if !found.is_file() {
        return refused("is not a regular file");
    }
    let directory = fs::metadata(path.parent().unwrap_or(Path::new("/")))?;
    let is_roots = directory.uid() == 0 && directory.mode() & WRITE_BY_OTHERS == 0;
    if !crate::system::is_root() || is_roots {
        return Ok(());
    }
    if found.nlink() > 1 {
        return refused("has a second name, and may be a file of somebody else");
    }
    if found.uid() != 0 && found.uid() != directory.uid() {
        return refused("belongs neither to root nor to the owner of its directory");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::alert::Journal;
    use crate::alert::journal::plain::with;
    use chrono::DateTime;
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
    use std::path::Path;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    /// Every name beside a journal that the journal makes, reads, renames or removes.
    const NAMES: [&str; 11] = [
        "journal.db",
        "journal.db-wal",
        "journal.db-shm",
        "journal.db-journal",
        "journal.db.aside",
        "x",
        "x-wal",
        "x-shm",
        "x-journal",
        "x.salvage",
        "x.salvage-wal",
    ];
    const SECRET: &[u8] = b"root's own";
    const STRANGER: u32 = 65_533;
    const OWNER: u32 = 65_534;

    /// What the owner of the directory puts at a name.
    #[derive(Debug, Clone, Copy)]
    enum Trap {
        Link,
        LinkToNothing,
        HardLink,
        Pipe,
        Foreign,
    }

    const TRAPS: [Trap; 5] = [
        Trap::Link,
        Trap::LinkToNothing,
        Trap::HardLink,
        Trap::Pipe,
        Trap::Foreign,
    ];

    /// What is there besides.
    #[derive(Debug, Clone, Copy)]
    enum State {
        Sound,
        Damaged,
        PutAside(&'static str),
    }

    const STATES: [State; 4] = [
        State::Sound,
        State::Damaged,
        State::PutAside("x"),
        // Read so often that faults of the system are taken for damage.
        State::PutAside("x\n\n\n\n\n\n\n\n\n\n\n\n"),
    ];

    fn prepare(place: &Path, name: &str, trap: Trap, state: State) {
        let directory = place.join("deliver");
        fs::create_dir(&directory).unwrap();
        let journal = directory.join("journal.db");
        match state {
            State::Sound => drop(Journal::open(&journal).unwrap()),
            State::Damaged => fs::write(&journal, [b'x'; 8192]).unwrap(),
            State::PutAside(note) => {
                fs::write(with(&journal, ".aside"), note).unwrap();
                fs::write(directory.join("x"), [b'x'; 8192]).unwrap();
                fs::write(directory.join("x-wal"), "* * * * * root id\n").unwrap();
            }
        }
        for entry in fs::read_dir(&directory).unwrap() {
            chown(entry.unwrap().path(), Some(OWNER), Some(OWNER)).unwrap();
        }
        chown(&directory, Some(OWNER), Some(OWNER)).unwrap();
        let (at, secret) = (directory.join(name), place.join("secret"));
        fs::write(&secret, SECRET).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
        drop(fs::remove_file(&at));
        match trap {
            Trap::Link => symlink(&secret, &at).unwrap(),
            Trap::LinkToNothing => symlink(place.join("absent"), &at).unwrap(),
            Trap::HardLink => fs::hard_link(&secret, &at).unwrap(),
            Trap::Pipe => mkfifo(&at, Mode::S_IRWXU).unwrap(),
            Trap::Foreign => {
                fs::write(&at, SECRET).unwrap();
                chown(&at, Some(STRANGER), Some(STRANGER)).unwrap();
            }
        }
    }

    /// Whoever holds `secret` open, or a file of the directory's owner, must not find it there.
    fn is_copied(place: &Path) -> bool {
        fs::read_dir(place.join("deliver")).unwrap().any(|entry| {
            let path = entry.unwrap().path();
            let found = fs::symlink_metadata(&path).unwrap();
            let is_own = found.is_file() && found.nlink() == 1 && found.uid() != STRANGER;
            is_own && {
                let bytes = fs::read(&path).unwrap();
                bytes.windows(SECRET.len()).any(|part| part == SECRET)
            }
        })
    }

    #[test]
    fn root_touches_nothing_of_others_whatever_lies_at_a_name_beside_the_journal() {
        assert!(nix::unistd::geteuid().is_root(), "this test needs root");
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for name in NAMES {
            for trap in TRAPS {
                for state in STATES {
                    let case = format!("{name} {trap:?} {state:?}");
                    let place = tempfile::tempdir().unwrap();
                    prepare(place.path(), name, trap, state);
                    let secret = place.path().join("secret");
                    let before = fs::metadata(&secret).unwrap();
                    let journal = place.path().join("deliver/journal.db");
                    let (done, is_done) = mpsc::channel();
                    thread::spawn(move || {
                        drop(Journal::open_to_read(&journal));
                        // Twice, as a second process goes on where the first one stopped.
                        for _ in 0..2 {
                            drop(Journal::open_or_replace(&journal, now));
                        }
                        done.send(()).unwrap();
                    });
                    let waited = is_done.recv_timeout(Duration::from_secs(60));
                    assert_eq!(waited, Ok(()), "it waits: {case}");
                    let after = fs::metadata(&secret).unwrap();
                    let of = |found: &fs::Metadata| (found.uid(), found.mode());
                    assert_eq!(of(&after), of(&before), "{case}");
                    assert_eq!(fs::read(&secret).unwrap(), SECRET, "{case}");
                    assert!(!place.path().join("absent").exists(), "{case}");
                    assert!(!is_copied(place.path()), "{case}");
                }
            }
        }
    }
}
