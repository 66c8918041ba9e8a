//! The reading side of the drop directory. Its files were put there by anybody: only regular
//! files with the agreed name are read, a bounded number of bounded size at a time, and what is
//! no event is deleted, counted and reported.

use super::encoding::{LARGEST, decode};
use super::event::Event;
use super::spool::{finished_name, is_event_name};
use chrono::{DateTime, Utc};
use nix::fcntl::OFlag;
use std::collections::BTreeSet;
use std::fs::{self, DirEntry, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// How many events one pass takes; the next pass takes the next ones.
pub(super) const MOST_A_PASS: usize = 1000;
/// An unfinished file of this age was left by a crash: its event counts if it is complete.
const STALE_SECONDS: i64 = 300;

/// An event and the file it came in.
#[derive(Debug)]
pub(super) struct Found {
    /// What the file says.
    pub event: Event,
    /// Its name, unique for ever.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// One pass over the drop directory.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// The events, oldest first.
    pub found: Vec<Found>,
    /// What was deleted because it is no event, and why.
    pub rejected: Vec<String>,
    /// Whether there may be more events than this pass took.
    pub is_full: bool,
}

/// Reads the oldest events of `directory`; an absent directory has none. A time that lies in the
/// future is a lie and becomes `now`.
///
/// # Errors
/// When the directory cannot be listed.
pub(super) fn collect(directory: &Path, now: DateTime<Utc>) -> io::Result<Pass> {
    let mut pass = Pass::default();
    let mut names = BTreeSet::new();
    let entries = match fs::read_dir(directory) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(pass),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let Some(name) = wanted(&entry, now, &mut pass.rejected) else {
            continue;
        };
        names.insert(name);
        if names.len() > MOST_A_PASS {
            names.pop_last();
            pass.is_full = true;
        }
    }
    for name in names {
        let path = directory.join(&name);
        match read(&path, now) {
            Ok(event) => {
                let name = finished_name(&name).unwrap_or(&name).to_owned();
                pass.found.push(Found { event, name, path });
            }
            Err(problem) => reject(&path, &problem, &mut pass.rejected),
        }
    }
    Ok(pass)
}

/// The name of an entry that is an event; litter is thrown away here.
fn wanted(entry: &DirEntry, now: DateTime<Utc>, rejected: &mut Vec<String>) -> Option<String> {
    let name = entry.file_name().into_string().ok()?;
    let kind = entry.file_type().ok()?;
    if finished_name(&name).is_some() {
        let metadata = entry.metadata().ok()?;
        if now.timestamp().saturating_sub(metadata.mtime()) <= STALE_SECONDS {
            return None;
        }
    } else if !is_event_name(&name) {
        return None;
    }
    if kind.is_file() {
        return Some(name);
    }
    reject(&entry.path(), "it is no regular file", rejected);
    None
}

fn read(path: &Path, now: DateTime<Utc>) -> Result<Event, String> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits())
        .open(path)
        .map_err(|cause| format!("it cannot be opened: {cause}"))?;
    let metadata = file.metadata().map_err(|cause| cause.to_string())?;
    if !metadata.is_file() || metadata.nlink() > 1 {
        return Err("it is no regular file with one name".to_owned());
    }
    let most = u64::try_from(LARGEST).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| format!("it cannot be read: {cause}"))?;
    let mut event = decode(&bytes, metadata.uid())
        .map_err(|error| format!("{error} (uid {})", metadata.uid()))?;
    event.time = event.time.min(now);
    Ok(event)
}

fn reject(path: &Path, why: &str, rejected: &mut Vec<String>) {
    // Somebody's directory can only be removed while it is empty; it is in nobody's way.
    let removed = fs::remove_file(path).or_else(|_| fs::remove_dir(path));
    let done = match removed {
        Ok(()) => "deleted",
        Err(_) => "could not delete",
    };
    rejected.push(format!("{done} {}: {why}", path.display()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::event::Claim;
    use crate::alert::spool::write;
    use std::os::unix::fs::symlink;

    fn event(seconds: i64) -> Event {
        Event {
            time: DateTime::from_timestamp(seconds, 0).unwrap(),
            host: Claim::cut(b"h", 9),
            addr: Claim::default(),
            daemon: Claim::default(),
            server: Claim::default(),
            pid: Claim::default(),
            uid: 0,
        }
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(2_000_000_000, 0).unwrap()
    }

    #[test]
    fn events_come_oldest_first_and_not_from_the_future() {
        let directory = tempfile::tempdir().unwrap();
        for seconds in [1_700_000_002, 1_700_000_001, 2_100_000_000] {
            write(directory.path(), &event(seconds), 1).unwrap();
        }
        let pass = collect(directory.path(), now()).unwrap();
        let times: Vec<i64> = pass
            .found
            .iter()
            .map(|found| found.event.time.timestamp())
            .collect();
        assert_eq!(times, [1_700_000_001, 1_700_000_002, 2_000_000_000]);
        assert!(pass.rejected.is_empty());
    }

    #[test]
    fn what_is_no_event_is_deleted_and_never_followed() {
        let directory = tempfile::tempdir().unwrap();
        let secret = directory.path().join("secret");
        fs::write(&secret, "tcpw-event 1\n").unwrap();
        let at = |second: u8| {
            directory
                .path()
                .join(format!("1.{second}-00000000000000ab.event"))
        };
        symlink(&secret, at(1)).unwrap();
        fs::hard_link(&secret, at(2)).unwrap();
        fs::write(at(3), "garbage").unwrap();
        fs::create_dir(at(4)).unwrap();
        nix::unistd::mkfifo(&at(5), nix::sys::stat::Mode::S_IRWXU).unwrap();
        fs::write(
            directory.path().join(".new-1.6-00000000000000ab.event"),
            "x",
        )
        .unwrap();
        let pass = collect(directory.path(), now()).unwrap();
        assert!(pass.found.is_empty());
        assert_eq!(pass.rejected.len(), 6, "{:?}", pass.rejected);
        let left: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "only the file without an event's name stays");
        assert!(secret.exists());
    }

    #[test]
    fn a_complete_file_that_a_crash_left_unrenamed_counts() {
        let directory = tempfile::tempdir().unwrap();
        let path = write(directory.path(), &event(1_700_000_000), 1).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        fs::rename(&path, directory.path().join(format!(".new-{name}"))).unwrap();
        let pass = collect(directory.path(), now()).unwrap();
        assert_eq!(pass.found[0].name, name);
        let at_once = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        assert!(collect(directory.path(), at_once).unwrap().found.is_empty());
    }

    #[test]
    fn one_pass_is_bounded() {
        let directory = tempfile::tempdir().unwrap();
        for unique in 0..=1000 {
            write(directory.path(), &event(1_700_000_000), unique).unwrap();
        }
        let pass = collect(directory.path(), now()).unwrap();
        assert_eq!(pass.found.len(), MOST_A_PASS);
        assert!(pass.is_full);
    }
}
