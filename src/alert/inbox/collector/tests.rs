//! What the collector takes, in which order, and what it throws away.

use crate::alert::event::{Claim, Event, UNKNOWN_REPORTER};
use crate::alert::inbox::collector::*;
use crate::alert::spool::write;
use chrono::TimeDelta;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
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

/// Limits that are met with few files, and no limit on time: the machine may be slow.
fn narrow() -> Collector {
    Collector {
        limits: Limits {
            files: 10,
            time: Duration::from_secs(60),
            ..LIMITS
        },
        ..Collector::default()
    }
}

fn collect(directory: &Path, now: DateTime<Utc>) -> Pass {
    narrow().collect(directory, now)
}

/// A directory that everybody may write to.
fn public() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o1733)).unwrap();
    directory
}

/// Collects and deletes until there is no more; gives the passes and the uids of what was found.
fn collect_all(
    collector: &mut Collector,
    directory: &TempDir,
    now: DateTime<Utc>,
) -> (usize, Vec<u32>) {
    let (mut passes, mut uids) = (0, Vec::new());
    loop {
        let pass = collector.collect(directory.path(), now);
        passes += 1;
        for found in &pass.found {
            uids.push(found.event.uid);
            pass.remove(found).unwrap();
        }
        if !pass.is_full {
            return (passes, uids);
        }
    }
}

fn count(directory: &TempDir) -> usize {
    fs::read_dir(directory.path()).unwrap().count()
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
    let directory = public();
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
            time: Duration::from_secs(60),
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
    let first = collector.collect(directory.path(), now());
    assert_eq!(first.found.len(), 1000);
    assert!(first.is_full);
    let second = collector.collect(directory.path(), now());
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
    collector.collect(directory.path(), now());
    for entry in fs::read_dir(directory.path()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let second = collector.collect(directory.path(), now());
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
fn an_event_is_roots_only_where_nobody_else_can_put_a_file_of_roots() {
    assert!(nix::unistd::geteuid().is_root(), "run as root");
    for (mode, whose) in [
        (0o700, 0),
        (0o2770, 0),
        (0o1733, UNKNOWN_REPORTER),
        (0o1777, UNKNOWN_REPORTER),
    ] {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
        leave(&directory, 1_700_000_000, 1, 0);
        leave(&directory, 1_700_000_000, 2, 1234);
        let (_, uids) = collect_all(&mut narrow(), &directory, Utc::now());
        assert_eq!(BTreeSet::from_iter(uids), [whose, 1234].into(), "{mode:o}");
        assert_eq!(count(&directory), 0);
    }
    // Who owns the directory, or one above it, can put there whatever he owns the directory of.
    let above = tempfile::tempdir().unwrap();
    let own = above.path().join("own");
    for owner in [&own, above.path()] {
        drop(fs::create_dir(&own));
        write(&own, &event(1_700_000_000), 1).unwrap();
        chown(owner, Some(65_534), None).unwrap();
        let pass = collect(&own, now());
        assert_eq!(pass.found[0].event.uid, UNKNOWN_REPORTER);
        pass.remove(&pass.found[0]).unwrap();
        chown(owner, Some(0), None).unwrap();
    }
}

#[test]
fn what_nobody_in_particular_says_about_the_time_does_not_count() {
    let directory = public();
    let before = Utc::now() - TimeDelta::seconds(1);
    for (unique, seconds) in [(1, 1), (2, 2_100_000_000), (3, before.timestamp() - 100)] {
        leave(&directory, seconds, unique, 0);
    }
    let pass = collect(directory.path(), now());
    assert_eq!(pass.found.len(), 3);
    for found in &pass.found {
        assert!(found.event.time >= before, "{}", found.event.time);
        assert!(found.event.time <= Utc::now(), "{}", found.event.time);
    }
}

#[test]
fn a_file_of_roots_may_have_a_second_name_in_a_backup() {
    let [directory, backup] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let path = write(directory.path(), &event(1_700_000_000), 1).unwrap();
    fs::hard_link(&path, backup.path().join("x")).unwrap();
    let pass = collect(directory.path(), now());
    assert_eq!((pass.found.len(), pass.rejected.len()), (1, 0));
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
fn what_is_more_than_a_share_waits_and_holds_up_nobody() {
    let directory = public();
    for unique in 0..25 {
        leave(&directory, 1, unique, 65_534);
    }
    for unique in 0..5 {
        leave(&directory, 1_700_000_000, unique, 1234);
        leave(&directory, 1_700_000_001, unique, 0);
    }
    let mut collector = narrow();
    let pass = collector.collect(directory.path(), now());
    let of = |uid| {
        pass.found
            .iter()
            .filter(|found| found.event.uid == uid)
            .count()
    };
    assert_eq!((of(65_534), of(1234), of(UNKNOWN_REPORTER)), (10, 5, 5));
    let told = pass.unread.join("\n");
    assert!(told.contains("left 15 files of uid 65534"), "{told}");
    assert!(told.contains("these are read later"), "{told}");
    assert!(pass.rejected.is_empty() && !pass.is_full);
    assert_eq!(pass.again, Some(Duration::from_secs(60)));
    pass.found
        .iter()
        .for_each(|found| pass.remove(found).unwrap());
    assert_eq!(count(&directory), 15, "none is lost");
    // The same minute, then the next ones.
    for (seconds, left) in [(59, 15), (60, 5), (119, 5), (120, 0)] {
        let later = now() + TimeDelta::seconds(seconds);
        collect_all(&mut collector, &directory, later);
        assert_eq!(count(&directory), left, "after {seconds} s");
    }
}

#[test]
fn a_share_has_a_bound_in_bytes_too() {
    let directory = public();
    for unique in 0..4 {
        leave(&directory, 1_700_000_000, unique, 65_534);
    }
    let size = directory
        .path()
        .read_dir()
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let size = size.metadata().unwrap().len();
    let mut collector = narrow();
    collector.limits.bytes = 2 * size + 1;
    let (_, uids) = collect_all(&mut collector, &directory, now());
    assert_eq!(uids.len(), 2);
    assert_eq!(count(&directory), 2);
}

/// What is thrown away costs nobody his share.
#[test]
fn litter_is_deleted_however_much_it_is() {
    let directory = public();
    let model = leave(&directory, 1_700_000_000, 0, 65_534);
    for unique in 1..2000_u64 {
        let path = directory.path().join(format!("1.1-{unique:016x}.event"));
        if unique % 2 == 0 {
            fs::write(&path, "x").unwrap();
            chown(&path, Some(65_534), None).unwrap();
        } else {
            fs::hard_link(&model, &path).unwrap();
        }
    }
    fs::remove_file(&model).unwrap();
    let own = leave(&directory, 1_700_000_000, 1, 65_534);
    let mut collector = narrow();
    collector.limits.time = Duration::from_millis(1);
    let (mut told, mut found, mut files) = (Vec::new(), 0, 0);
    loop {
        let mut pass = collector.collect(directory.path(), now());
        told.append(&mut pass.rejected);
        found += pass.found.len();
        files += pass.rejected_files;
        if !pass.is_full {
            break;
        }
        assert!(pass.rejected.is_empty(), "one report at the end");
    }
    // The last name of a file is its only one.
    assert_eq!((found, files), (2, 1998), "{told:?}");
    assert!(
        told.join("\n").contains("999 files of uid 65534"),
        "{told:?}"
    );
    assert_eq!(count(&directory), 2);
    assert!(own.exists());
}

#[test]
fn a_pass_ends_in_time_and_the_next_goes_on_where_it_ended() {
    let directory = public();
    for number in 0..3000 {
        fs::write(directory.path().join(format!("{number}")), "").unwrap();
    }
    leave(&directory, 1_700_000_000, 1, 65_534);
    let mut collector = narrow();
    collector.limits.time = Duration::ZERO;
    let pass = collector.collect(directory.path(), now());
    assert!(pass.is_full && pass.found.is_empty());
    collector.limits.time = Duration::from_micros(50);
    let (passes, uids) = collect_all(&mut collector, &directory, now());
    assert_eq!(uids, [65_534]);
    assert!(passes > 1, "{passes}");
}

#[test]
fn a_directory_that_is_replaced_in_between_is_begun_again() {
    let place = tempfile::tempdir().unwrap();
    let [drop, moved] = ["drop", "moved"].map(|name| place.path().join(name));
    let mut collector = narrow();
    collector.limits.slice = 1;
    for unique in 0..3 {
        write(&drop, &event(1_700_000_000), unique).unwrap();
    }
    let first = collector.collect(&drop, now());
    assert!(first.is_full && first.found.len() == 1);
    fs::rename(&drop, &moved).unwrap();
    write(&drop, &event(1_700_000_000), 7).unwrap();
    collector.limits.slice = 9;
    let second = collector.collect(&drop, now());
    assert_eq!(
        second.found.len(),
        1,
        "those of the other directory are not here"
    );
    assert!(!second.is_full);
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
    let pass = collector.collect(directory.path(), now());
    assert!(!pass.is_full);
    assert_eq!(pass.rejected.len(), 1, "{:?}", pass.rejected);
}

#[test]
fn a_backlog_of_roots_that_no_listing_can_hold_is_collected_in_several() {
    let directory = tempfile::tempdir().unwrap();
    for unique in 0..25 {
        write(directory.path(), &event(1_700_000_001), unique).unwrap();
        let path = directory.path().join(format!("1.2-{unique:016x}.event"));
        fs::write(&path, "x").unwrap();
    }
    let mut collector = narrow();
    collector.limits.names = 10;
    let (passes, uids) = collect_all(&mut collector, &directory, now());
    assert_eq!(uids.len(), 25);
    assert!((3..20).contains(&passes), "{passes}");
    assert_eq!(count(&directory), 0);
}

#[test]
fn other_peoples_files_are_neither_deleted_nor_counted() {
    let directory = public();
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
    let pass = collector.collect(directory.path(), now());
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
