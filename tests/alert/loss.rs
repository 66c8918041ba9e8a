//! An acknowledged event outlives what can go wrong between the drop directory and the journal:
//! read errors, too few descriptors, a database that another program has locked, and a journal that
//! is restored or removed while a deliverer has it open. Each for real; needs root and strace.

use super::record::{heard, listen};
use super::stage::{Ran, Stage, wait_until};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A number of repetitions: few, or what the environment says.
fn times(name: &str, few: usize) -> usize {
    std::env::var(name).map_or(few, |text| text.parse().unwrap())
}

/// Events that nobody has collected.
fn with_events(count: usize) -> Stage {
    let stage = Stage::new();
    let lock = stage.hold_lock();
    for number in 0..count {
        stage.notify(format!("host{number}"));
    }
    drop(lock);
    stage
}

/// `tcpw deliver` run by `before`, a program that runs another one.
fn deliver(stage: &Stage, before: &[String]) -> Ran {
    let begin = Instant::now();
    // Where everybody may run it; the checkout may be in a directory of root's alone.
    let program = stage.path("tcpw");
    if !program.exists() {
        crate::sandbox::copy_program(env!("CARGO_BIN_EXE_tcpw"), &program);
    }
    let output = Command::new(&before[0])
        .args(&before[1..])
        .arg(program)
        .arg("--root")
        .arg(stage.path(""))
        .arg("deliver")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    Ran::new(&output, begin.elapsed())
}

/// `strace`, which makes `call` fail with `error` for `file`, by its path and in its directory;
/// also in the background, if that is about deleting: such a deliverer ends.
fn fault(stage: &Stage, file: &Path, call: &str, error: &str) -> Vec<String> {
    let follow = if call.contains("unlink") { "-f" } else { "-qq" };
    let (trace, file, name) = (
        stage.path("trace"),
        file.display(),
        file.file_name().unwrap(),
    );
    words(&format!(
        "strace {follow} -qq -o {} -P {file} -P {} -e trace={call} -e inject={call}:error={error}",
        trace.display(),
        name.display()
    ))
}

/// The fault was there.
#[track_caller]
fn was_injected(stage: &Stage) {
    let log = fs::read_to_string(stage.path("trace")).unwrap();
    assert!(
        log.contains("INJECTED"),
        "the fault was not injected: {log}"
    );
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// Every host is in the journal exactly once, or waits in the drop directory.
#[track_caller]
fn nothing_is_lost(stage: &Stage, count: usize) {
    let hosts: Vec<Vec<u8>> = stage.query("SELECT host FROM readable");
    let unique: BTreeSet<_> = hosts.iter().collect();
    assert_eq!(unique.len(), hosts.len(), "an event is there twice");
    assert_eq!(hosts.len() + stage.drops().len(), count, "an event is lost");
}

#[test]
fn a_file_that_cannot_be_read_stays_and_is_read_later() {
    for (call, error, told) in [
        ("openat", "EIO", "Input/output error"),
        ("openat", "EMFILE", "Too many open files"),
        ("openat", "ENOMEM", "Cannot allocate memory"),
        ("openat", "EACCES", "Permission denied"),
        // What it says of links and of sockets.
        ("openat", "ELOOP", "Too many levels of symbolic links"),
        ("openat", "ENXIO", "No such device or address"),
        ("statx,fstat,newfstatat", "EIO", "Input/output error"),
        ("read", "EIO", "Input/output error"),
    ] {
        let stage = with_events(2);
        let ran = deliver(&stage, &fault(&stage, &stage.drops()[0], call, error));
        ran.says(
            if call.contains("stat") { 2 } else { 1 },
            &["left ", told, "nothing is deleted unread"],
        );
        was_injected(&stage);
        assert_eq!(stage.drops().len(), 1, "{call} {error}");
        assert_eq!(
            stage.count("SELECT count(*) FROM letters WHERE kind = 'notice'"),
            0
        );
        // The deliverer in the background may have been faster.
        stage.run(&["deliver"]).says(0, &[]);
        assert_eq!(stage.count("SELECT count(*) FROM events"), 2);
        nothing_is_lost(&stage, 2);
    }
}

#[test]
fn too_few_descriptors_lose_nothing() {
    let stage = with_events(8);
    for most in 4..32 {
        deliver(&stage, &words(&format!("prlimit --nofile={most} --")));
        nothing_is_lost(&stage, 8);
    }
    stage.run(&["deliver"]).says(0, &[]);
    assert_eq!(stage.count("SELECT count(*) FROM events"), 8);
}

/// The owner of a drop directory may delete what others put there, and not read it.
#[test]
fn an_event_of_another_user_that_may_not_be_read_stays() {
    let user = 65_534;
    let stage = with_events(2);
    let directory = stage.path("var/spool/tcpw/root");
    for path in ["", "var/lib", "var/lib/tcpw", "var/spool/tcpw/root"] {
        chown(stage.path(path), Some(user), None).unwrap();
    }
    let mine = stage.drops().remove(0);
    chown(&mine, Some(user), None).unwrap();
    fs::remove_file(stage.path("var/lib/tcpw/journal.db.lock")).unwrap();
    let other = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    deliver(&stage, &words(other)).says(1, &["left ", "Permission denied", "1 alert waits"]);
    assert!(directory.is_dir() && !mine.exists());
    nothing_is_lost(&stage, 2);
    for path in ["var/lib/tcpw/journal.db", "var/lib/tcpw/journal.db.lock"] {
        chown(stage.path(path), Some(0), None).unwrap();
    }
    // Below the directory of somebody else root would write nothing.
    chown(stage.path(""), Some(0), None).unwrap();
    stage.run(&["deliver"]).says(0, &["collected 1"]);
    nothing_is_lost(&stage, 2);
}

#[test]
fn a_directory_that_cannot_be_listed_is_told_and_holds_up_no_other() {
    let stage = Stage::configured("[drop]\npath = '/var/spool/own'\n");
    let lock = stage.hold_lock();
    stage.notify("own");
    fs::create_dir_all(stage.path("var/spool/tcpw")).unwrap();
    fs::write(stage.path("var/spool/tcpw/drop"), "no directory").unwrap();
    drop(lock);
    stage.run(&["deliver"]).says(
        2,
        &[
            "collected 1",
            "cannot list the drop directory",
            "Not a directory",
        ],
    );
    assert_eq!(stage.mails().len(), 1);
}

/// The events of `hosts` are in the journal at the usual path, or still wait.
#[track_caller]
fn arrive(stage: &Stage, hosts: &[String]) {
    let begin = Instant::now();
    loop {
        let known: Vec<Vec<u8>> = stage.query("SELECT host FROM readable");
        let missing = hosts.iter().filter(|host| {
            known
                .iter()
                .filter(|known| *known == host.as_bytes())
                .count()
                != 1
        });
        let missing: Vec<&String> = missing.collect();
        if missing.is_empty() && stage.drops().is_empty() {
            return;
        }
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "swallowed: {missing:?}, waiting: {}",
            stage.drops().len()
        );
        sleep(Duration::from_millis(20));
    }
}

fn journal_files(stage: &Stage) -> Vec<std::path::PathBuf> {
    ["", "-wal", "-shm", ".lock", ".handover"]
        .map(|end| stage.path(&format!("var/lib/tcpw/journal.db{end}")))
        .into()
}

#[test]
fn a_journal_that_is_restored_under_a_living_deliverer_gets_every_event() {
    for _ in 0..times("TCPW_RESTORES", 2) {
        let stage = Stage::new();
        stage.notify("before");
        arrive(&stage, &["before".to_owned()]);
        stage.run(&["deliver"]).says(0, &[]);
        let backup = fs::read(stage.path("var/lib/tcpw/journal.db")).unwrap();
        stage.notify("alive");
        arrive(&stage, &["before".to_owned(), "alive".to_owned()]);
        for path in journal_files(&stage) {
            drop(fs::remove_file(path));
        }
        fs::write(stage.path("var/lib/tcpw/journal.db"), &backup).unwrap();
        let mut hosts = vec!["before".to_owned()];
        for number in 0..20 {
            hosts.push(format!("host{number}"));
            stage.notify(format!("host{number}"));
        }
        arrive(&stage, &hosts);
    }
}

#[test]
fn a_journal_that_is_removed_again_and_again_swallows_nothing_that_comes_later() {
    let stage = Stage::new();
    let rounds = times("TCPW_REMOVALS", 8);
    for round in 0..rounds {
        let hosts: Vec<String> = (0..4)
            .map(|number| format!("host{round}-{number}"))
            .collect();
        for host in &hosts {
            stage.notify(host);
        }
        arrive(&stage, &hosts);
        // At another moment of the deliverer's life each time.
        sleep(Duration::from_millis(
            u64::try_from(round * 37 % 400).unwrap(),
        ));
        match round % 3 {
            0 => fs::remove_dir_all(stage.path("var/lib/tcpw")).unwrap(),
            1 => {
                for path in journal_files(&stage).into_iter().take(3) {
                    drop(fs::remove_file(path));
                }
            }
            _ => {
                let path = stage.path("var/lib/tcpw");
                let aside = stage.path(&format!("var/lib/tcpw-{round}"));
                fs::rename(path, aside).unwrap();
            }
        }
    }
}

#[test]
fn a_locked_database_is_waited_for_without_another_alert() {
    let stage = Stage::new();
    stage.notify("first");
    wait_until("a mail", || stage.mails().len() == 1);
    stage.run(&["deliver"]).says(0, &[]);
    let log = listen(&stage);
    log.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let other = Connection::open(stage.path("var/lib/tcpw/journal.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    stage.notify("second");
    loop {
        let line = heard(&log);
        if line.contains("trying again in") {
            assert!(line.contains("database is locked"), "{line}");
            break;
        }
    }
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    arrive(&stage, &["first".to_owned(), "second".to_owned()]);
    wait_until("its mail", || {
        !stage.mails().is_empty() && stage.drops().is_empty()
    });
}

/// Another `--drop` does not forget what was collected from this one and not deleted.
#[test]
fn an_event_is_not_collected_twice_after_a_run_with_another_directory() {
    let stage = with_events(1);
    let fault = fault(&stage, &stage.drops()[0], "unlink,unlinkat", "EPERM");
    deliver(&stage, &fault).says(1, &["collected 1", "1 alert waits"]);
    // With a set-up of its own, the usual drop directory is not looked at.
    stage.configure("[drop]\npath = '/var/spool/own'\n");
    let config = stage.path("etc/tcpw.toml");
    let config = config.to_str().unwrap();
    stage
        .run(&["--config", config, "deliver"])
        .says(0, &["collected 0"]);
    assert_eq!(stage.count("SELECT count(*) FROM collected"), 1);
    stage.run(&["deliver"]).says(0, &["collected 0"]);
    nothing_is_lost(&stage, 1);
    assert_eq!(stage.count("SELECT count(*) FROM events"), 1);
}

/// The sign of life does not say that all is well while an alert cannot be read.
#[test]
fn all_is_not_well_while_a_file_cannot_be_read() {
    let stage = with_events(2);
    stage.configure("[alert]\nheartbeat = '00:00'\n");
    let fault = fault(&stage, &stage.drops()[0], "openat", "EIO");
    deliver(&stage, &fault).says(1, &["left "]);
    // Long headers and lines are folded.
    let mails = stage
        .mails()
        .join(" ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        mails.contains("alive, but a file of alerts cannot be read"),
        "{mails}"
    );
    assert!(!mails.contains("all is well"), "{mails}");
}

/// A file that seems to be gone stays known until its directory proves that it is.
#[test]
fn a_file_that_seems_to_be_gone_is_not_collected_twice() {
    for (call, error) in [("openat", "ENOENT"), ("unlink,unlinkat", "ENOENT")] {
        let stage = with_events(2);
        let fault = fault(&stage, &stage.drops()[0], call, error);
        deliver(&stage, &fault).says(1, &["1 alert waits"]);
        was_injected(&stage);
        assert_eq!(stage.drops().len(), 1, "{call}");
        stage.run(&["deliver"]).says(0, &[]);
        nothing_is_lost(&stage, 2);
        assert_eq!(stage.count("SELECT count(*) FROM events"), 2, "{call}");
        stage.run(&["deliver"]).says(0, &[]);
        assert_eq!(stage.count("SELECT count(*) FROM collected"), 0, "{call}");
    }
}

#[test]
fn an_event_that_cannot_be_deleted_is_not_doubled_by_a_directory_that_seems_gone() {
    let calls = [
        ("openat", "ENOENT"),
        ("openat", "EIO"),
        ("getdents64", "ENOENT"),
        ("getdents64", "EIO"),
        ("fsync", "EIO"),
    ];
    for (call, error) in calls {
        let stage = with_events(1);
        let kept = fault(&stage, &stage.drops()[0], "unlink,unlinkat", "EIO");
        deliver(&stage, &kept).says(1, &["collected 1", "1 alert waits"]);
        was_injected(&stage);
        let gone = fault(&stage, &stage.path("var/spool/tcpw/root"), call, error);
        deliver(&stage, &gone);
        was_injected(&stage);
        stage.run(&["deliver"]).says(0, &["collected 0"]);
        assert_eq!(
            stage.count("SELECT count(*) FROM events"),
            1,
            "{call} {error}"
        );
        nothing_is_lost(&stage, 1);
    }
}

/// By another path the journal would take it for another one.
#[test]
fn an_event_in_a_linked_directory_is_not_doubled_while_the_link_cannot_be_read() {
    let stage = Stage::new();
    fs::create_dir_all(stage.path("disk")).unwrap();
    symlink("../../disk", stage.path("var/spool/tcpw")).unwrap();
    let lock = stage.hold_lock();
    stage.notify("h");
    drop(lock);
    let kept = fault(&stage, &stage.drops()[0], "unlink,unlinkat", "EIO");
    deliver(&stage, &kept).says(1, &["collected 1", "1 alert waits"]);
    was_injected(&stage);
    for error in ["EIO", "ENOENT", "EACCES"] {
        let link = stage.path("var/spool/tcpw");
        deliver(&stage, &fault(&stage, &link, "readlink", error));
        was_injected(&stage);
    }
    stage.run(&["deliver"]).says(0, &["collected 0"]);
    assert_eq!(stage.count("SELECT count(*) FROM events"), 1);
    nothing_is_lost(&stage, 1);
}

/// The drop directory may be shared with other programs, or a link to such a one.
#[test]
fn files_of_other_programs_stay_in_a_shared_directory() {
    let stage = Stage::new();
    let shared = stage.path("srv/shared");
    fs::create_dir_all(&shared).unwrap();
    fs::create_dir_all(stage.path("var/spool/tcpw")).unwrap();
    for way in ["root", "drop"] {
        symlink(&shared, stage.path("var/spool/tcpw").join(way)).unwrap();
    }
    let backup = shared.join("backup.tar");
    fs::File::create(&backup)
        .unwrap()
        .set_len(17 << 20)
        .unwrap();
    chown(&backup, Some(65_533), None).unwrap();
    let lock = stage.hold_lock();
    stage.notify("h");
    drop(lock);
    let ran = stage.run(&["deliver"]);
    ran.says(0, &["collected 1"]);
    assert!(!ran.out.contains("deleted") && !ran.err.contains("deleted"));
    assert!(backup.exists());
    assert_eq!(stage.drops().len(), 0);
}
