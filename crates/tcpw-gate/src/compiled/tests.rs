//! Forms as files: whatever happens to the table or to the form, the answer is that of the table.

use super::build::unsettled;
use super::*;
use hosts_access::engine::{Bare, Excerpt, Host, HostName, Request, skim};
use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// A table, and where its form is.
struct Stage {
    place: TempDir,
}

impl Stage {
    fn new(text: &str) -> Self {
        let stage = Self {
            place: tempfile::tempdir().unwrap(),
        };
        fs::write(stage.table(), text).unwrap();
        stage
    }

    fn table(&self) -> PathBuf {
        self.place.path().join("hosts.deny")
    }

    fn directory(&self) -> PathBuf {
        self.place.path().join("var/compiled")
    }

    fn form(&self) -> PathBuf {
        form_path(&self.directory(), &self.table()).unwrap()
    }

    fn build(&self) -> CompiledSummary {
        build(&self.directory(), &self.table()).unwrap()
    }

    fn through(&self, address: &str) -> Result<Option<Excerpt>, FormFault> {
        let file = File::open(self.table())?;
        excerpt_through(
            &self.directory(),
            &self.table(),
            &file,
            &request(address),
            &Bare,
        )
    }

    /// What answers, which must be what the table says.
    fn ask(&self, address: &str) -> Excerpt {
        let open = || File::open(self.table()).unwrap();
        let whole = skim(&mut open(), &request(address), &Bare).unwrap();
        let (directory, table) = (self.directory(), self.table());
        let found = excerpt(&directory, &table, &open(), &request(address), &Bare).unwrap();
        assert_eq!(found, whole);
        if let Ok(Some(found)) = self.through(address) {
            assert_eq!(found, whole);
        }
        whole
    }

    #[track_caller]
    fn stale(&self, what: &str) {
        let found = self.through("192.0.2.7");
        assert!(matches!(found, Err(FormFault::Stale)), "{what}: {found:?}");
        self.ask("192.0.2.7");
        let state = look(&self.directory(), &self.table()).unwrap();
        assert!(
            matches!(state, FormState::Unused(FormFault::Stale)),
            "{what}: {state:?}"
        );
    }

    #[track_caller]
    fn current(&self) {
        let state = look(&self.directory(), &self.table()).unwrap();
        assert!(matches!(state, FormState::Current { .. }), "{state:?}");
        assert!(self.through("192.0.2.7").unwrap().is_some());
    }
}

fn request(address: &str) -> Request {
    Request::new("sshd", Host::new(address, HostName::unknown()))
}

/// A table of which [`excerpt`] asks the form.
fn long() -> String {
    let lines = (0..6000).map(|n| format!("sshd: 10.{}.{}.1\n", n / 250, n % 250));
    lines.collect::<String>() + "sshd: 192.0.2.7\nALL: 198.51.100.0/24\n"
}

#[test]
fn a_form_answers_as_its_table_does() {
    let stage = Stage::new(&long());
    assert!(stage.through("192.0.2.7").unwrap().is_none());
    let built = stage.build();
    assert_eq!(built.path, stage.form());
    assert_eq!(built.rules, 6002);
    assert_eq!(
        built.table_bytes,
        fs::metadata(stage.table()).unwrap().len()
    );
    let bytes = fs::metadata(stage.form()).unwrap().len();
    assert_eq!(u64::try_from(built.bytes).unwrap(), bytes);
    stage.current();
    assert_eq!(stage.ask("192.0.2.7").bytes, b"sshd: 192.0.2.7\n");
    assert_eq!(stage.ask("192.0.2.7").lines_before, 6000);
    assert_eq!(stage.ask("10.3.4.1").bytes, b"sshd: 10.3.4.1\n");
    assert_eq!(stage.ask("203.0.113.9"), Excerpt::default());
}

/// Every kind of change that a file can have.
#[test]
fn every_change_of_the_table_makes_the_form_stale() {
    let stage = Stage::new(&long());
    let table = stage.table();
    let times = |path: &Path| {
        let found = fs::metadata(path).unwrap();
        found.modified().unwrap()
    };
    let set_time = |path: &Path, time| {
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(time).unwrap();
    };

    stage.build();
    let mut file = File::options().append(true).open(&table).unwrap();
    file.write_all(b"sshd: 203.0.113.9\n").unwrap();
    stage.stale("appended");
    assert_eq!(stage.ask("203.0.113.9").bytes, b"sshd: 203.0.113.9\n");

    stage.build();
    let file = File::options().write(true).open(&table).unwrap();
    file.write_all_at(b"#", 0).unwrap();
    stage.stale("one byte in place");

    stage.build();
    let before = times(&table);
    file.write_all_at(b"vsft", 16).unwrap();
    set_time(&table, before);
    assert_eq!(times(&table), before);
    stage.stale("in place, with the size and the time that it had");

    stage.build();
    file.write_all_at(b"f", 16).unwrap();
    set_time(&table, before);
    stage.stale("the same as soon as the form was made");

    stage.build();
    let (size, inode) = (
        fs::metadata(&table).unwrap().len(),
        fs::metadata(&table).unwrap().ino(),
    );
    let other = stage.place.path().join("other");
    fs::write(&other, fs::read(&table).unwrap()).unwrap();
    set_time(&other, before);
    fs::rename(&other, &table).unwrap();
    let found = fs::metadata(&table).unwrap();
    assert_eq!((found.len(), found.modified().unwrap()), (size, before));
    assert_ne!(found.ino(), inode);
    stage.stale("replaced by a copy with its size and time");

    stage.build();
    File::options()
        .write(true)
        .open(&table)
        .unwrap()
        .set_len(100)
        .unwrap();
    stage.stale("cut");

    stage.build();
    fs::set_permissions(&table, Permissions::from_mode(0o600)).unwrap();
    stage.stale("hidden");

    stage.build();
    stage.current();
}

/// A table is read when its next change would have another time: some steps of the kernel's clock after
/// the last one, or two seconds where times have whole seconds.
#[test]
fn a_table_is_left_alone_until_its_next_change_can_be_seen() {
    let milliseconds = Duration::from_millis;
    let wait = |nanoseconds: i64, after: Duration| {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000) + after;
        unsettled((1000, nanoseconds), now)
    };
    assert_eq!(wait(4_000_000, milliseconds(4)), Some(milliseconds(30)));
    assert_eq!(wait(4_000_000, milliseconds(14)), Some(milliseconds(20)));
    assert_eq!(wait(4_000_000, milliseconds(34)), Some(Duration::ZERO));
    assert_eq!(wait(4_000_000, milliseconds(9999)), Some(Duration::ZERO));
    assert_eq!(wait(0, milliseconds(100)), Some(milliseconds(2000)));
    assert_eq!(wait(0, milliseconds(2100)), Some(Duration::ZERO));
    assert_eq!(wait(900_000_000, milliseconds(4)), None);
    assert_eq!(unsettled((i64::MAX, 1), SystemTime::now()), None);
}

/// The table is changed again as soon as it was read to be compiled. Kernels before 6.13 give both changes
/// one time if they are near enough, newer ones do not after somebody has asked for it.
#[test]
fn changes_that_follow_at_once_are_seen() {
    let stage = Stage::new("");
    let table = stage.table();
    for n in 0..20_u32 {
        // The same size, in place, and the same time of modification: only the time of change is left.
        fs::write(&table, format!("sshd: 192.0.2.{}\n", 100 + n)).unwrap();
        let (before, bytes) = build::read(&table).unwrap();
        let file = File::options().write(true).open(&table).unwrap();
        file.write_all_at(format!("sshd: 192.0.2.{}\n", 200 + n).as_bytes(), 0)
            .unwrap();
        file.set_modified(before.modified().unwrap()).unwrap();
        let after = fs::metadata(&table).unwrap();
        assert_eq!(after.modified().unwrap(), before.modified().unwrap());
        assert_ne!(fs::read(&table).unwrap(), bytes);
        assert_ne!(identity_of(&after), identity_of(&before), "change {n}");
    }
}

#[test]
fn a_form_that_others_can_write_or_that_is_no_file_is_not_believed() {
    let stage = Stage::new(&long());
    stage.build();
    let form = stage.form();
    for mode in [0o666, 0o664] {
        fs::set_permissions(&form, Permissions::from_mode(mode)).unwrap();
        let found = stage.through("192.0.2.7");
        assert!(matches!(found, Err(FormFault::Distrusted(_))), "{mode:o}");
        stage.ask("192.0.2.7");
    }
    fs::set_permissions(&form, Permissions::from_mode(0o644)).unwrap();
    stage.current();
    fs::set_permissions(stage.directory(), Permissions::from_mode(0o777)).unwrap();
    assert!(stage.through("192.0.2.7").is_err());
    assert!(build(&stage.directory(), &stage.table()).is_err());
    fs::set_permissions(stage.directory(), Permissions::from_mode(0o755)).unwrap();

    let elsewhere = stage.place.path().join("elsewhere");
    fs::rename(&form, &elsewhere).unwrap();
    symlink(&elsewhere, &form).unwrap();
    assert!(matches!(
        stage.through("192.0.2.7"),
        Err(FormFault::Unreadable(_))
    ));
    stage.ask("192.0.2.7");
    // A link is replaced, never followed.
    let kept = fs::read(&elsewhere).unwrap();
    symlink("/nowhere", stage.directory().join(".x")).unwrap();
    stage.build();
    assert!(fs::symlink_metadata(&form).unwrap().is_file());
    assert_eq!(fs::read(&elsewhere).unwrap(), kept);

    fs::remove_file(&form).unwrap();
    fs::create_dir(&form).unwrap();
    assert!(stage.through("192.0.2.7").is_err());
    stage.ask("192.0.2.7");
}

#[test]
fn a_damaged_form_is_not_believed_and_said_to_be_wrong() {
    let stage = Stage::new(&long());
    stage.build();
    let form = stage.form();
    let whole = fs::read(&form).unwrap();
    for at in [0, 9, 40, 600, 5000, whole.len() - 9] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&form, &bytes).unwrap();
        for address in ["192.0.2.7", "10.3.4.1", "203.0.113.9"] {
            stage.ask(address);
        }
        let found = look(&stage.directory(), &stage.table()).unwrap();
        assert!(
            matches!(
                found,
                FormState::Wrong | FormState::Unused(FormFault::Compiled(_))
            ),
            "{at}: {found:?}"
        );
    }
    for length in [0, 7, 512, whole.len() - 512] {
        fs::write(&form, &whole[..length]).unwrap();
        assert!(stage.through("192.0.2.7").is_err(), "{length}");
        stage.ask("192.0.2.7");
    }
}

#[test]
fn whoever_may_read_the_table_may_read_its_form_and_nobody_else() {
    let stage = Stage::new("sshd: 192.0.2.7\n");
    for (table, form) in [
        (0o644, 0o644),
        (0o600, 0o600),
        (0o640, 0o640),
        (0o444, 0o644),
    ] {
        fs::set_permissions(stage.table(), Permissions::from_mode(table)).unwrap();
        stage.build();
        let mode = fs::metadata(stage.form()).unwrap().mode() & 0o7777;
        assert_eq!(mode, form, "{table:o}");
    }
    let lock = fs::metadata(stage.directory().join(".lock")).unwrap();
    assert_eq!(lock.mode() & 0o7777, 0o600);
    assert_eq!(
        fs::metadata(stage.directory()).unwrap().mode() & 0o7777,
        0o755
    );
}

#[test]
fn a_form_is_refreshed_once_and_only_if_there_is_one() {
    let stage = Stage::new(&long());
    let refresh = || refresh(&stage.directory(), &stage.table()).unwrap();
    assert!(!refresh());
    assert!(!stage.directory().exists());
    stage.build();
    assert!(!refresh());
    fs::write(stage.table(), long() + "sshd: 203.0.113.9\n").unwrap();
    // Of those that wait for each other one compiles it.
    let refreshed: u32 = thread::scope(|scope| {
        let all: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| u32::from(refresh())))
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(refreshed, 1);
    stage.current();
    // One that was killed leaves a file, which is in nobody's way.
    let left = stage.directory().join(".left");
    fs::write(&left, "").unwrap();
    fs::write(place::beside(&stage.form()), "left").unwrap();
    stage.build();
    stage.current();
    assert!(!place::beside(&stage.form()).exists());
    assert!(remove(&stage.directory(), &stage.table()).unwrap());
    assert!(!remove(&stage.directory(), &stage.table()).unwrap());
    assert!(!refresh());
    let found = look(&stage.directory(), &stage.table()).unwrap();
    assert!(matches!(found, FormState::Absent), "{found:?}");
    fs::remove_file(stage.table()).unwrap();
    let error = build(&stage.directory(), &stage.table()).unwrap_err();
    assert!(matches!(error, BuildError::NoTable), "{error}");
}

/// Questions while the table is edited in place and compiled again and again: an answer is that of one
/// state of the table, whichever it was.
#[test]
fn whoever_asks_while_the_table_changes_gets_one_of_its_states() {
    let filler = long();
    let texts = ["", "# moved by some bytes\n"].map(|head| format!("{head}{filler}"));
    let stage = Stage::new(&texts[0]);
    stage.build();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 0..12 {
                let new = stage.place.path().join("new");
                fs::write(&new, &texts[(n + 1) % 2]).unwrap();
                fs::rename(&new, stage.table()).unwrap();
                stage.build();
            }
        });
        while !writer.is_finished() {
            let file = File::open(stage.table()).unwrap();
            let (directory, table) = (stage.directory(), stage.table());
            let found = excerpt(&directory, &table, &file, &request("192.0.2.7"), &Bare);
            assert_eq!(found.unwrap().bytes, b"sshd: 192.0.2.7\n");
        }
        writer.join().unwrap();
    });
    stage.current();
}
