//! The writing side of the drop directory: one durable file an event, made by anybody, seen only
//! when complete.

use super::encoding::encode;
use super::event::Event;
use super::places::DEFAULT_DROP;
use chrono::{DateTime, Utc};
use nix::fcntl::OFlag;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Everybody may put files there, nobody but the owner may list them, nobody may touch another's.
const DROP_MODE: u32 = 0o1733;
/// Everybody may pass through the directory above it.
const PARENT_MODE: u32 = 0o755;
/// What a finished event file's name ends in.
const SUFFIX: &str = ".event";
/// What an unfinished one's name starts with.
const UNFINISHED: &str = ".new-";

/// Why an event could not be put into the drop directory.
#[derive(Debug, Error)]
#[error("cannot {step} {}: {cause}", .path.display())]
pub struct SpoolError {
    /// What was done.
    pub step: &'static str,
    /// The file or directory.
    pub path: PathBuf,
    /// What the system said.
    pub cause: io::Error,
}

/// Puts `event` into `directory` and returns when it is on the disk. A power cut may still undo
/// the renaming, not the file: the collector takes complete files under either name, so that no
/// client has to wait for a second sync. `unique` tells apart events
/// of the same nanosecond; the directory is made if its parent may be written.
///
/// # Errors
/// When any step fails; no finished file exists then.
pub fn write(directory: &Path, event: &Event, unique: u64) -> Result<PathBuf, SpoolError> {
    let name = file_name(event.time, unique);
    let unfinished = directory.join(format!("{UNFINISHED}{name}"));
    let finished = directory.join(&name);
    let mut file = match create(&unfinished) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            make_directory(directory)?;
            create(&unfinished)
        }
        other => other,
    }
    .map_err(failed("create", &unfinished))?;
    let written = file
        .write_all(encode(event).as_bytes())
        .map_err(failed("write", &unfinished))
        .and_then(|()| file.sync_data().map_err(failed("sync", &unfinished)))
        .and_then(|()| rename(&unfinished, &finished).map_err(failed("rename", &unfinished)));
    if let Err(error) = written {
        // The first error is the one to tell; the collector clears up what stays.
        drop(fs::remove_file(&unfinished));
        return Err(error);
    }
    Ok(finished)
}

/// The file that [`write()`] leaves for `event`: its name and its content.
pub fn event_file(event: &Event, unique: u64) -> (String, Vec<u8>) {
    (file_name(event.time, unique), encode(event).into_bytes())
}

/// Makes the drop directory for everybody's use, and its parent if that is missing too.
///
/// # Errors
/// When neither its parent nor that one's parent is there, or they may not be written.
pub fn make_directory(directory: &Path) -> Result<(), SpoolError> {
    match make(directory, DROP_MODE) {
        Err(error) if error.cause.kind() == io::ErrorKind::NotFound => {
            let Some(parent) = directory.parent() else {
                return Err(error);
            };
            make(parent, PARENT_MODE).map_err(|error| SpoolError {
                path: directory.to_owned(),
                ..error
            })?;
            make(directory, DROP_MODE)?;
        }
        made => made?,
    }
    // Whoever may not do that is not the one whose business it is.
    drop(repair(directory));
    Ok(())
}

/// Makes one directory with this mode; one that is there already, as when another process was
/// faster, stays as it is.
fn make(directory: &Path, mode: u32) -> Result<(), SpoolError> {
    match fs::DirBuilder::new().mode(mode).create(directory) {
        // The mode is set afterwards: a umask would have taken bits away.
        Ok(()) => fs::set_permissions(directory, Permissions::from_mode(mode))
            .map_err(failed("set the mode of", directory)),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(cause) => Err(failed("make the directory", directory)(cause)),
    }
}

/// Gives the drop directory back the mode it needs; says which it had, if that was another. One
/// that the configuration names may be somebody's for other things too, and stays as it is.
///
/// # Errors
/// When its mode cannot be read or set.
pub fn repair(directory: &Path) -> io::Result<Option<u32>> {
    let default = DEFAULT_DROP.trim_start_matches('/');
    let metadata = fs::symlink_metadata(directory)?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode == DROP_MODE || !metadata.is_dir() || !directory.ends_with(default) {
        return Ok(None);
    }
    fs::set_permissions(directory, Permissions::from_mode(DROP_MODE))?;
    Ok(Some(mode))
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

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .custom_flags(OFlag::O_NOFOLLOW.bits())
        .mode(0o600)
        .open(path)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the spool is one of the two owners of renaming"
)]
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

fn failed(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SpoolError {
    let path = path.to_owned();
    move |cause| SpoolError { step, path, cause }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Claim;
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

    #[test]
    fn the_directory_is_made_for_everybody_and_holds_only_finished_files() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("drop");
        let path = write(&directory, &event(), 1).unwrap();
        let mode = fs::metadata(&directory).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, DROP_MODE);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    }

    #[test]
    fn whoever_comes_second_finds_the_directory_too() {
        let place = tempfile::tempdir().unwrap();
        for round in 0..200 {
            let directory = place.path().join(format!("{round}/drop"));
            let start = Barrier::new(RACERS);
            thread::scope(|scope| {
                let racers: Vec<_> = (0..RACERS)
                    .map(|_| {
                        scope.spawn(|| {
                            start.wait();
                            make_directory(&directory).map(|()| directory.is_dir())
                        })
                    })
                    .collect();
                for racer in racers {
                    assert!(racer.join().unwrap().unwrap(), "round {round}");
                }
            });
            let mode = fs::metadata(&directory).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, DROP_MODE);
        }
    }

    #[test]
    fn first_events_that_come_at_once_are_all_recorded() {
        let place = tempfile::tempdir().unwrap();
        for round in 0..20 {
            let directory = place.path().join(format!("{round}/drop"));
            let start = Barrier::new(RACERS);
            thread::scope(|scope| {
                for unique in 0..RACERS {
                    let (directory, start) = (&directory, &start);
                    scope.spawn(move || {
                        start.wait();
                        write(directory, &event(), u64::try_from(unique).unwrap()).unwrap();
                    });
                }
            });
            assert_eq!(fs::read_dir(&directory).unwrap().count(), RACERS);
        }
    }

    #[test]
    fn only_the_usual_directory_gets_its_mode_back() {
        let parent = tempfile::tempdir().unwrap();
        let usual = parent.path().join(DEFAULT_DROP.trim_start_matches('/'));
        fs::create_dir_all(&usual).unwrap();
        fs::set_permissions(&usual, Permissions::from_mode(0o777)).unwrap();
        fs::set_permissions(parent.path(), Permissions::from_mode(0o750)).unwrap();
        assert_eq!(repair(&usual).unwrap(), Some(0o777));
        assert_eq!(repair(&usual).unwrap(), None);
        make_directory(parent.path()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode(&usual), mode(parent.path())), (DROP_MODE, 0o750));
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
