//! What the collector takes, in which order, and what it throws away.

use crate::alert::event::Claim;
use crate::alert::inbox::collector::*;
use crate::alert::spool::write;
use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::time::Instant;
use tempfile::TempDir;

fn event(seconds: i64) -> Event {
    Event {
        time: DateTime::from_timestamp(seconds, 0).unwrap(),
        host: Claim::cut(b"h", 9),
        addr: Claim::default(),
        daemon: Claim::default(),
        server: Claim::default(),
        pid: Claim::default(),
        user: Claim::default(),
        uid: 0,
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(2_000_000_000, 0).unwrap()
}

/// As many files as a user may have here.
const FILES: usize = 1000;

fn narrow() -> Collector {
    Collector {
        limits: Limits {
            files: FILES,
            rejected: 3000,
            ..LIMITS
        },
        ..Collector::default()
    }
}

fn collect(directory: &Path, now: DateTime<Utc>) -> Pass {
    Collector::default().collect(directory, now).unwrap()
}

/// Leaves an event as another user does. The tests run as root where it matters who somebody is.
fn leave(directory: &TempDir, seconds: i64, unique: u64, uid: u32) -> PathBuf {
    let path = write(directory.path(), &event(seconds), unique).unwrap();
    chown(&path, Some(uid), None).unwrap();
    path
}

#[test]
fn events_come_oldest_first_and_not_from_the_future() {
    let directory = tempfile::tempdir().unwrap();
    for seconds in [1_700_000_002, 1_700_000_001, 2_100_000_000] {
        write(directory.path(), &event(seconds), 1).unwrap();
    }
    let pass = collect(directory.path(), now());
    let mut times: Vec<i64> = pass
        .found
        .iter()
        .map(|found| found.event.time.timestamp())
        .collect();
    if nix::unistd::geteuid().is_root() {
        assert_eq!(times, [1_700_000_001, 1_700_000_002, 2_000_000_000]);
    }
    times.dedup();
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
    let huge = fs::File::create(at(6)).unwrap();
    huge.set_len(1 << 40).unwrap();
    let crashed = directory.path().join(".new-1.7-00000000000000ab.event");
    fs::write(crashed, "x").unwrap();
    let pass = collect(directory.path(), now());
    assert!(pass.found.is_empty());
    let told = pass.rejected.join("\n");
    for fact in ["4 files", "too large", "2 files", "does not start with"] {
        assert!(told.contains(fact), "{fact}: {told}");
    }
    let left: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "only the file without an event's name stays");
    assert!(secret.exists());
}

#[test]
fn a_complete_file_that_a_crash_left_unrenamed_counts() {
    let directory = tempfile::tempdir().unwrap();
    let path = write(directory.path(), &event(1_700_000_000), 1).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    let unfinished = directory.path().join(format!(".new-{name}"));
    fs::rename(&path, &unfinished).unwrap();
    // Whoever owns it can set its time, not that of the change.
    let in_the_future = now() + TimeDelta::days(9999);
    let touched = fs::File::options().write(true).open(&unfinished).unwrap();
    touched.set_modified(in_the_future.into()).unwrap();
    let pass = collect(directory.path(), now());
    let place = fs::canonicalize(directory.path()).unwrap();
    assert_eq!(pass.found[0].key, format!("{}/{name}", place.display()));
    assert!(collect(directory.path(), Utc::now()).found.is_empty());
    // What a clock left that was ahead is not newer than what it left when it was right.
    let behind = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    assert_eq!(collect(directory.path(), behind).found.len(), 1);
}

/// A collector with small passes.
fn small() -> Collector {
    Collector {
        limits: Limits {
            pass: 1000,
            ..LIMITS
        },
        ..Collector::default()
    }
}

#[test]
fn one_pass_is_bounded_and_the_next_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    for unique in 0..=1000 {
        write(directory.path(), &event(1_700_000_000), unique).unwrap();
    }
    let mut collector = small();
    let first = collector.collect(directory.path(), now()).unwrap();
    assert_eq!(first.found.len(), 1000);
    assert!(first.is_full);
    let second = collector.collect(directory.path(), now()).unwrap();
    assert_eq!(second.found.len(), 1);
    assert!(!second.is_full);
}

#[test]
fn what_somebody_took_away_between_two_passes_is_no_matter() {
    let directory = tempfile::tempdir().unwrap();
    for unique in 0..=1001 {
        write(directory.path(), &event(1_700_000_000), unique).unwrap();
    }
    let mut collector = small();
    collector.collect(directory.path(), now()).unwrap();
    for entry in fs::read_dir(directory.path()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let second = collector.collect(directory.path(), now()).unwrap();
    assert!(second.found.is_empty() && second.rejected.is_empty() && !second.is_full);
    assert!(!directory.path().join("absent").exists());
    let absent = collect(&directory.path().join("absent"), now());
    assert!(absent.found.is_empty() && !absent.is_full);
}

#[test]
fn the_event_of_a_later_version_stays() {
    let directory = tempfile::tempdir().unwrap();
    let path = write(directory.path(), &event(1_700_000_000), 1).unwrap();
    fs::write(&path, "tcpw-event 3\n").unwrap();
    let pass = collect(directory.path(), now());
    assert!(pass.found.is_empty() && !pass.is_full && path.exists());
    assert!(pass.rejected.is_empty() && pass.newer_files == 1);
    assert!(pass.unread[0].starts_with("left "), "{:?}", pass.unread);
}

#[test]
fn roots_events_come_first_and_the_others_in_turn() {
    let directory = tempfile::tempdir().unwrap();
    for unique in 0..9 {
        // A name that says it is the oldest.
        leave(&directory, 1, unique, 65_534);
    }
    leave(&directory, 1_700_000_000, 1, 1234);
    write(directory.path(), &event(1_700_000_000), 2).unwrap();
    let pass = collect(directory.path(), now());
    let uids: Vec<u32> = pass.found.iter().map(|found| found.event.uid).collect();
    assert_eq!(uids[0], 0);
    assert!(uids[..3].contains(&1234), "{uids:?}");
    assert_eq!(uids.len(), 11);
}

#[test]
fn a_lie_about_the_time_is_replaced_by_the_time_of_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let before = Utc::now() - TimeDelta::seconds(1);
    for seconds in [1, before.timestamp() + 999_999] {
        leave(&directory, seconds, 1, 65_534);
    }
    let honest = before.timestamp() - 100;
    leave(&directory, honest, 1, 65_534);
    let pass = collect(directory.path(), now());
    let lies = pass.found.iter().filter(|found| found.event.time >= before);
    assert_eq!(lies.count(), 2);
    let honest = DateTime::from_timestamp(honest, 0).unwrap();
    assert!(pass.found.iter().any(|found| found.event.time == honest));
}

#[test]
fn who_fills_the_directory_loses_what_is_over_the_bound_and_nobody_else_does() {
    let directory = tempfile::tempdir().unwrap();
    for unique in 0..u64::try_from(FILES).unwrap() + 2000 {
        let path = directory
            .path()
            .join(format!("0000000001.000000000-{unique:016x}.event"));
        fs::write(&path, "x").unwrap();
        chown(&path, Some(65_534), None).unwrap();
    }
    let large = directory.path().join("2.2-00000000000000ab.event");
    fs::File::create(&large).unwrap().set_len(17 << 20).unwrap();
    chown(&large, Some(65_533), None).unwrap();
    for unique in 0..100 {
        leave(&directory, 1_700_000_000, unique, 1234);
        write(directory.path(), &event(1_700_000_001), unique).unwrap();
    }
    let mut collector = narrow();
    let begin = Instant::now();
    let first = collector.collect(directory.path(), now()).unwrap();
    assert!(begin.elapsed().as_secs() < 5);
    let root = first.found.iter().filter(|found| found.event.uid == 0);
    assert_eq!(root.count(), 100);
    let other = first.found.iter().filter(|found| found.event.uid == 1234);
    assert_eq!(other.count(), 100);
    let told = first.rejected.join("\n");
    let over = "deleted 2000 files of uid 65534";
    assert!(told.contains(over), "{told}");
    assert!(told.contains("(uid 65533)"), "{told}");
    assert!(!large.exists());
    for found in &first.found {
        fs::remove_file(&found.path).unwrap();
    }
    while collector.collect(directory.path(), now()).unwrap().is_full {}
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn the_surplus_of_one_listing_is_none_of_the_next_ones_share() {
    let directory = tempfile::tempdir().unwrap();
    for unique in 0..100 {
        leave(&directory, 1_700_000_000, unique, 65_534);
    }
    let mut collector = narrow();
    (collector.limits.files, collector.limits.rejected) = (10, 20);
    let mut collected = 0;
    loop {
        let pass = collector.collect(directory.path(), now()).unwrap();
        for found in &pass.found {
            fs::remove_file(&found.path).unwrap();
        }
        collected += pass.found.len();
        if !pass.is_full {
            break;
        }
    }
    assert_eq!(collected, 10);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    leave(&directory, 1_700_000_000, 1, 65_534);
    let later = collector.collect(directory.path(), now()).unwrap();
    assert_eq!(later.found.len(), 1, "a new share for new events");
}

#[test]
fn what_cannot_be_deleted_does_not_keep_the_collector_busy() {
    let directory = tempfile::tempdir().unwrap();
    for number in 0..4 {
        let path = directory
            .path()
            .join(format!("1.{number}-00000000000000ab.event"));
        fs::create_dir(&path).unwrap();
        fs::create_dir(path.join("x")).unwrap();
    }
    let mut collector = narrow();
    collector.limits.rejected = 3;
    let pass = collector.collect(directory.path(), now()).unwrap();
    assert!(!pass.is_full);
    assert_eq!(pass.rejected.len(), 1, "{:?}", pass.rejected);
}

#[test]
fn a_backlog_that_no_listing_can_hold_is_collected_in_several() {
    let directory = tempfile::tempdir().unwrap();
    for unique in 0..25 {
        leave(&directory, 1_700_000_000, unique, 1234);
        write(directory.path(), &event(1_700_000_001), unique).unwrap();
        let path = directory.path().join(format!("1.2-{unique:016x}.event"));
        fs::write(&path, "x").unwrap();
    }
    let mut collector = narrow();
    (collector.limits.names, collector.limits.rejected) = (10, 10);
    let (mut passes, mut collected) = (0, 0);
    loop {
        let pass = collector.collect(directory.path(), now()).unwrap();
        for found in &pass.found {
            fs::remove_file(&found.path).unwrap();
        }
        (passes, collected) = (passes + 1, collected + pass.found.len());
        if !pass.is_full {
            break;
        }
    }
    assert_eq!(collected, 50);
    assert!((3..20).contains(&passes), "{passes}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn other_peoples_files_are_neither_deleted_nor_counted() {
    let directory = tempfile::tempdir().unwrap();
    let backup = directory.path().join("backup.tar");
    fs::File::create(&backup)
        .unwrap()
        .set_len(17 << 20)
        .unwrap();
    chown(&backup, Some(65_533), None).unwrap();
    let mut foreign = vec![backup];
    for number in 0..20 {
        for name in [format!("notes-{number}.event"), format!(".new-{number}")] {
            let path = directory.path().join(name);
            fs::write(&path, "x").unwrap();
            chown(&path, Some(65_534), None).unwrap();
            foreign.push(path);
        }
    }
    let own = [65_533, 65_534].map(|uid| leave(&directory, 1_700_000_000, u64::from(uid), uid));
    let mut collector = narrow();
    (collector.limits.files, collector.limits.names) = (10, 10);
    let pass = collector.collect(directory.path(), now()).unwrap();
    assert_eq!(pass.found.len(), own.len(), "a share is of events alone");
    assert!(pass.rejected.is_empty() && pass.unread.is_empty());
    assert!(foreign.iter().all(|path| path.exists()));
}

#[test]
fn what_is_deleted_is_what_was_read() {
    let place = tempfile::tempdir().unwrap();
    let [drop, moved] = ["drop", "moved"].map(|name| place.path().join(name));
    fs::create_dir(&drop).unwrap();
    let path = write(&drop, &event(1_700_000_000), 1).unwrap();
    let pass = collect(&drop, now());
    fs::rename(&drop, &moved).unwrap();
    fs::create_dir(&drop).unwrap();
    fs::write(&path, "another one").unwrap();
    pass.remove(&pass.found[0]).unwrap();
    assert!(path.exists());
    assert_eq!(fs::read_dir(&moved).unwrap().count(), 0);
}
