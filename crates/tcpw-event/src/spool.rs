//! The writing side of the drop directory: one durable file an event, made by anybody, seen only
//! when complete.

use super::encoding::encode;
use super::event::Event;
use super::spool_error::failed;
use super::ways::{Way, finish, is_for_group, is_safe_for_root, is_unfinished, make};
use chrono::{DateTime, Utc};
use nix::fcntl::OFlag;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

pub use super::spool_error::SpoolError;

/// How often somebody looks again at a directory that is being made, and how long he waits each time.
const MOST_LOOKS: u32 = 200;
const PAUSE: Duration = Duration::from_millis(1);
/// What a finished event file's name ends in.
const SUFFIX: &str = ".event";
/// What an unfinished one's name starts with.
const UNFINISHED: &str = ".new-";
/// The modes of a file: for whoever made it, or also for the deliverer's group.
const FOR_OWNER: u32 = 0o600;
const FOR_GROUP: u32 = 0o640;

/// Puts `event` into the public way at `directory` and returns when it is on the disk. A power cut
/// may still undo the renaming, not the file: the collector takes complete files under either name,
/// so that no client has to wait for a second sync. `unique` tells apart events of the same
/// nanosecond; the directory is made if its parent may be written.
///
/// # Errors
/// When any step fails; no finished file exists then.
pub fn write(directory: &Path, event: &Event, unique: u64) -> Result<PathBuf, SpoolError> {
    put(directory, Way::Public, event, unique)
}

/// Puts `event` into root's way at `directory`, as [`write()`] does into the public one.
///
/// # Errors
/// As there; and when others than root could take files away from the directory.
pub fn write_as_root(directory: &Path, event: &Event, unique: u64) -> Result<PathBuf, SpoolError> {
    put(directory, Way::Root, event, unique)
}

fn put(directory: &Path, way: Way, event: &Event, unique: u64) -> Result<PathBuf, SpoolError> {
    let name = file_name(event.time, unique);
    let unfinished = directory.join(format!("{UNFINISHED}{name}"));
    let finished = directory.join(&name);
    let mode = ready(directory, way)?;
    let mut file = create(&unfinished, mode).map_err(failed("create", &unfinished))?;
    let written = file
        .write_all(encode(event).as_bytes())
        .map_err(failed("write", &unfinished))
        .and_then(|()| file.sync_data().map_err(failed("sync", &unfinished)))
        .and_then(|()| rename(&unfinished, &finished).map_err(failed("rename", &unfinished)));
    if let Err(error) = written {
        // The first error is the one to tell. What cannot be removed is made to be no event, since
        // the event goes elsewhere now; the collector clears it up.
        if fs::remove_file(&unfinished).is_err() {
            drop(file.set_len(0));
        }
        return Err(error);
    }
    Ok(finished)
}

/// Makes the directory if it is absent, or waits until whoever makes it is done; gives the mode of
/// the files in it.
fn ready(directory: &Path, way: Way) -> Result<u32, SpoolError> {
    for _ in 0..MOST_LOOKS {
        let found = match fs::metadata(directory) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                make(directory, way)?;
                // What is still not there, making a file in it will say.
                fs::metadata(directory)
            }
            found => found,
        };
        match found {
            Ok(found) if is_unfinished(&found) => {
                if finish(directory, way).is_err() {
                    sleep(PAUSE);
                }
            }
            Ok(found) if way == Way::Root && found.is_dir() && !is_safe_for_root(&found) => {
                let cause = io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    "others than root can change it",
                );
                return Err(failed("trust the directory", directory)(cause));
            }
            Ok(found) if is_for_group(&found) => return Ok(FOR_GROUP),
            Ok(_) | Err(_) => break,
        }
    }
    Ok(FOR_OWNER)
}

/// The file that [`write()`] leaves for `event`: its name and its content.
pub fn event_file(event: &Event, unique: u64) -> (String, Vec<u8>) {
    (file_name(event.time, unique), encode(event).into_bytes())
}

/// Whether `name` is one that [`write()`] gives to finished files.
pub fn is_event_name(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(SUFFIX) else {
        return false;
    };
    let mut parts = stem.splitn(3, ['.', '-']);
    let is_digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let is_hex = |text: &str| text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    parts.next().is_some_and(|seconds| is_digits(seconds, 12))
        && parts.next().is_some_and(|nanos| is_digits(nanos, 9))
        && parts.next().is_some_and(is_hex)
}

/// The finished name of a file that [`write()`] has not finished.
pub fn finished_name(name: &str) -> Option<&str> {
    name.strip_prefix(UNFINISHED)
        .filter(|name| is_event_name(name))
}

/// Sorts by time: names have as many digits as their seconds until the year 2286.
fn file_name(time: DateTime<Utc>, unique: u64) -> String {
    let seconds = time.timestamp().max(0);
    let nanos = time.timestamp_subsec_nanos().min(999_999_999);
    format!("{seconds:010}.{nanos:09}-{unique:016x}{SUFFIX}")
}

fn create(path: &Path, mode: u32) -> io::Result<File> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .custom_flags(OFlag::O_NOFOLLOW.bits())
        .mode(mode)
        .open(path)?;
    if mode != FOR_OWNER {
        // A umask may have taken the group's bit away.
        file.set_permissions(Permissions::from_mode(mode))?;
    }
    Ok(file)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the spool is one of the two owners of renaming"
)]
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Claim;
    use nix::sys::stat::{Mode, umask};
    use std::os::unix::fs::chown;
    use std::sync::Barrier;
    use std::thread;

    /// How many make the directory at once.
    const RACERS: usize = 16;

    fn event() -> Event {
        Event {
            time: DateTime::from_timestamp(1_700_000_000, 5).unwrap(),
            host: Claim::cut(b"192.0.2.7", 99),
            addr: Claim::default(),
            daemon: Claim::default(),
            server: Claim::default(),
            pid: Claim::default(),
            user: Claim::default(),
            uid: 0,
        }
    }

    #[test]
    fn names_are_in_the_agreed_form_and_nothing_else_is() {
        let name = file_name(event().time, 0xab);
        assert_eq!(name, "1700000000.000000005-00000000000000ab.event");
        assert!(is_event_name(&name));
        assert_eq!(
            finished_name(&format!("{UNFINISHED}{name}")),
            Some(name.as_str())
        );
        for bad in [
            "x.event",
            ".event",
            "1.2-3.event",
            "../1.2-00000000000000ab.event",
            "a",
        ] {
            assert!(!is_event_name(bad), "{bad}");
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn the_directory_is_made_for_everybody_and_holds_only_finished_files() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("drop");
        let path = write(&directory, &event(), 1).unwrap();
        assert_eq!(mode(&directory), Way::Public.form().mode);
        assert_eq!(mode(&path) & !0o040, 0o600);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    }

    /// Whatever the umask of the daemon is.
    #[test]
    fn the_group_of_a_directory_that_hands_it_on_may_read_its_files() {
        let parent = tempfile::tempdir().unwrap();
        fs::set_permissions(parent.path(), Permissions::from_mode(0o2770)).unwrap();
        let old = umask(Mode::from_bits_truncate(0o077));
        let path = write(parent.path(), &event(), 1).unwrap();
        umask(old);
        assert_eq!(mode(&path), FOR_GROUP);
    }

    #[test]
    fn root_puts_nothing_where_others_could_take_it_away() {
        assert!(crate::ways::is_root(), "run as root");
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("root");
        write_as_root(&directory, &event(), 1).unwrap();
        assert_eq!(mode(&directory), Way::Root.form().mode);
        for (user, mode) in [(0, 0o1777), (65_534, 0o700)] {
            chown(&directory, Some(user), None).unwrap();
            fs::set_permissions(&directory, Permissions::from_mode(mode)).unwrap();
            let error = write_as_root(&directory, &event(), 2).unwrap_err();
            let told = error.to_string();
            assert!(told.contains("others than root can change it"), "{told}");
        }
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    }

    #[test]
    fn first_events_that_come_at_once_are_all_recorded() {
        let place = tempfile::tempdir().unwrap();
        for round in 0..40 {
            let way = [Way::Public, Way::Root][round % 2];
            let directory = place.path().join(format!("{round}/drop"));
            let start = Barrier::new(RACERS);
            thread::scope(|scope| {
                for unique in 0..RACERS {
                    let (directory, start) = (&directory, &start);
                    scope.spawn(move || {
                        start.wait();
                        put(directory, way, &event(), u64::try_from(unique).unwrap()).unwrap();
                    });
                }
            });
            assert_eq!(fs::read_dir(&directory).unwrap().count(), RACERS);
        }
    }

    #[test]
    fn a_missing_parent_or_a_taken_name_is_an_error_with_its_step() {
        let parent = tempfile::tempdir().unwrap();
        let missing = write(&parent.path().join("a/b/c"), &event(), 1).unwrap_err();
        assert!(
            missing.to_string().starts_with("cannot make the directory"),
            "{missing}"
        );
        let taken = parent
            .path()
            .join(format!("{UNFINISHED}{}", file_name(event().time, 1)));
        std::os::unix::fs::symlink("/nonexistent/elsewhere", &taken).unwrap();
        let error = write(parent.path(), &event(), 1).unwrap_err();
        assert_eq!(error.cause.kind(), io::ErrorKind::AlreadyExists);
    }
}
