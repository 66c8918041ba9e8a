//! The journal of a tcpw that ran as root goes into the directory of the deliverer, and nothing of it is
//! lost, whenever the machine stops.

use super::stage::{Stage, end_deliverer};
use nix::unistd::geteuid;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::process::Command;

/// The calls by which a move is made.
const CALLS: [&str; 6] = [
    "rename",
    "fsync",
    "fdatasync",
    "unlink",
    "ftruncate",
    "pwrite64",
];
const EVENTS: usize = 12;

/// A stage with a journal of root's.
fn old_journal() -> Stage {
    let stage = Stage::new();
    for number in 0..EVENTS {
        stage.notify(format!("visitor-{number}.example"));
    }
    stage.run(&["deliver"]);
    drop(end_deliverer(&stage));
    fs::remove_file(stage.path("var/lib/tcpw/journal.db.handover")).unwrap_or_default();
    assert_eq!(count(&stage), EVENTS);
    stage
}

/// How many events the journal has. What a cut left beside it is put back first, which a reader alone
/// may not do.
fn count(stage: &Stage) -> usize {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let journal = Connection::open_with_flags(stage.journal(), flags).unwrap();
    let sql = "SELECT count(*) FROM events";
    let found: i64 = journal.query_row(sql, [], |row| row.get(0)).unwrap();
    usize::try_from(found).unwrap()
}

fn has_user(stage: &Stage) {
    let user = Stage::with_user();
    fs::copy(user.path("etc/passwd"), stage.path("etc/passwd")).unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(stage.path(""), open).unwrap();
}

#[test]
fn the_journal_moves_once_with_all_that_is_in_it() {
    assert!(geteuid().is_root(), "this test needs root");
    let stage = old_journal();
    let listed = stage.run(&["events"]).out;
    has_user(&stage);
    let lock = stage.hold_lock();
    // A deliverer of before is at work.
    let ran = stage.run(&["deliver", "--background"]);
    assert_eq!(ran.code, 0);
    assert!(stage.path("var/lib/tcpw/journal.db").exists());
    drop(lock);
    stage
        .run(&["deliver", "-v"])
        .says(0, &["runs as the user tcpw"]);
    assert!(!stage.path("var/lib/tcpw/journal.db").exists());
    assert!(stage.path("var/lib/tcpw/deliver/journal.db").exists());
    assert_eq!(stage.run(&["events"]).out, listed);
    // What comes later goes on there.
    stage.notify("later.example");
    stage.run(&["deliver"]);
    assert_eq!(count(&stage), EVENTS + 1);
    assert!(!stage.path("var/lib/tcpw/journal.db").exists());
}

#[test]
fn a_move_that_is_cut_short_loses_nothing() {
    assert!(geteuid().is_root(), "this test needs root");
    let mut cut = 0;
    for call in CALLS {
        for nth in 1..=4 {
            let stage = old_journal();
            has_user(&stage);
            let trace = stage.path("trace");
            let inject = format!("inject={call}:signal=KILL:when={nth}");
            let output = Command::new("strace")
                .args(["-qq", "-o"])
                .arg(&trace)
                .args(["-e", &format!("trace={call}"), "-e", &inject])
                .arg(env!("CARGO_BIN_EXE_tcpw"))
                .arg("--root")
                .arg(stage.path(""))
                .arg("deliver")
                .output()
                .expect("strace is installed");
            cut += usize::from(output.status.code().is_none());
            assert_eq!(count(&stage), EVENTS, "after the cut: {call} {nth}");
            stage.run(&["deliver"]);
            assert_eq!(count(&stage), EVENTS, "{call} {nth}");
            let old = stage.path("var/lib/tcpw/journal.db");
            assert!(!old.exists(), "{call} {nth}");
        }
    }
    assert!(cut >= 12, "only {cut} runs were cut short");
}
