//! What waits outside the journal is never passed over: alerts in drop directories, directories and
//! journals that cannot be read, and a deliverer that is not there.

use super::stage::{Stage, wait_until};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

const DROP: &str = "var/spool/tcpw/drop";

/// Alerts that nobody has collected, as after a power cut, in `below`.
fn abandoned(stage: &Stage, below: &str, count: usize) {
    let lock = stage.hold_lock();
    let drop_directory = stage.path(below);
    for number in 0..count {
        let args = [
            OsStr::new("notify"),
            "--drop".as_ref(),
            drop_directory.as_ref(),
            "--addr=192.0.2.7".as_ref(),
            OsStr::new("--"),
            format!("host{number}").as_ref(),
        ]
        .map(OsStr::to_owned);
        stage.run(&args).says(0, &[]);
    }
    drop(lock);
}

#[test]
fn alerts_in_the_drop_directory_are_no_empty_queue() {
    let stage = Stage::new();
    abandoned(&stage, DROP, 50);
    let waits = [
        "50 alerts wait in the drop directory",
        "the oldest since ",
        "no deliverer is running",
        "run `tcpw deliver`",
    ];
    let ran = stage.run(&["queue"]);
    ran.says(1, &waits);
    assert!(!ran.out.contains("empty"), "{}", ran.out);
    stage.run(&["queue", "--explain"]).says(1, &waits);
    stage.run(&["queue", "--all"]).says(1, &waits);
    let json = stage.run(&["queue", "--format", "json"]);
    json.says(1, &[]);
    let rows: Vec<serde_json::Value> = json
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows[0]["events"], 50);
    assert!(rows[0]["oldest"].is_string() && rows[0]["problem"].is_null());
    assert_eq!(rows[1]["deliverer"], "not running");
    // There is no journal: neither can say what it has.
    stage.run(&["report"]).says(2, &waits[..1]);
    stage.run(&["events"]).says(2, &waits[..1]);
    stage.run(&["deliver"]).says(0, &["collected 50"]);
    stage.run(&["queue"]).says(0, &["the queue is empty"]);
    // Now there is one.
    abandoned(&stage, DROP, 2);
    let report = stage.run(&["report"]);
    report.says(
        1,
        &["Alerts waiting in the drop directory", ": 2, the oldest"],
    );
    assert!(!report.out.contains("Nothing is wrong"), "{}", report.out);
    stage
        .run(&["report", "--lang", "ko"])
        .says(1, &["기다리는 경보", "2건, 가장 오래된"]);
    stage
        .run(&["report", "--format", "json"])
        .says(1, &["\"uncollected\"", "\"no-deliverer\""]);
    stage
        .run(&["events"])
        .says(1, &["2 alerts wait", "no deliverer is running"]);
}

#[test]
fn both_drop_directories_count() {
    let stage = Stage::configured("[drop]\npath = '/var/spool/own'\n");
    abandoned(&stage, DROP, 1);
    abandoned(&stage, "var/spool/own", 2);
    stage.run(&["queue"]).says(
        1,
        &["1 alert waits in the drop", "2 alerts wait in the drop"],
    );
}

#[test]
fn a_running_deliverer_is_enough() {
    let stage = Stage::new();
    abandoned(&stage, DROP, 1);
    let lock = stage.hold_lock();
    let ran = stage.run(&["queue"]);
    ran.says(0, &["1 alert waits"]);
    assert!(!ran.out.contains("no deliverer"), "{}", ran.out);
    drop(lock);
}

#[test]
fn a_letter_that_waits_without_a_deliverer_is_told() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let stage = Stage::configured(&super::delivery::smtp(port, "tls = 'none'\n"));
    stage.notify("h");
    wait_until("an attempt", || {
        stage.count("SELECT attempts FROM dispatches") == 1
    });
    let running = stage.run(&["queue"]);
    running.says(0, &["waiting"]);
    assert!(!running.out.contains("no deliverer"), "{}", running.out);
    // It ends as on a reboot.
    let lock = super::stage::end_deliverer(&stage);
    drop(lock);
    stage
        .run(&["queue"])
        .says(1, &["waiting", "no deliverer is running"]);
    stage.run(&["report"]).says(1, &["No deliverer is running"]);
}

/// What cannot be read is never empty.
#[test]
fn what_cannot_be_read_is_said_and_is_an_error() {
    let stage = Stage::new();
    stage.notify("h");
    wait_until("a mail", || stage.mails().len() == 1);
    stage.run(&["deliver"]).says(0, &[]);
    for path in ["", "var", "var/lib", "var/spool"] {
        fs::set_permissions(stage.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let as_nobody = |args: &[&str]| {
        let output = Command::new("setpriv")
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
            .arg(env!("CARGO_BIN_EXE_tcpw"))
            .arg("--root")
            .arg(stage.path(""))
            .args(args)
            .output()
            .unwrap();
        super::stage::Ran::new(&output, std::time::Duration::ZERO)
    };
    let commands: [&[&str]; 6] = [
        &["queue"],
        &["queue", "--format", "json"],
        &["queue", "retry", "--all"],
        &["events"],
        &["report"],
        &["deliver"],
    ];
    for args in commands {
        let ran = as_nobody(args);
        ran.says(2, &["Permission denied"]);
        assert!(!ran.out.contains("empty"), "{args:?}: {}", ran.out);
        assert!(!ran.out.contains("Nothing"), "{args:?}: {}", ran.out);
    }
    // The journal may be read, the drop directory not.
    for path in ["var/lib/tcpw", "var/lib/tcpw/journal.db"] {
        fs::set_permissions(stage.path(path), fs::Permissions::from_mode(0o777)).unwrap();
    }
    fs::set_permissions(
        stage.path("var/lib/tcpw/journal.db.lock"),
        fs::Permissions::from_mode(0o666),
    )
    .unwrap();
    for args in [&["queue"][..], &["events"], &["report"]] {
        let ran = as_nobody(args);
        ran.says(2, &["cannot", "the drop directory", "Permission denied"]);
        assert!(!ran.out.contains("empty"), "{args:?}: {}", ran.out);
        assert!(
            !ran.out.contains("Nothing is wrong"),
            "{args:?}: {}",
            ran.out
        );
    }
    // Root does not open what others put beside the journal.
    drop(fs::remove_file(stage.path("var/lib/tcpw/journal.db-wal")));
    drop(fs::remove_file(stage.path("var/lib/tcpw/journal.db-shm")));
    // Something else is in its place.
    fs::remove_dir_all(stage.path(DROP)).unwrap();
    fs::write(stage.path(DROP), "").unwrap();
    stage.run(&["queue"]).says(2, &["Not a directory"]);
    stage
        .run(&["queue", "--format", "json"])
        .says(2, &["\"problem\":\"cannot read: Not a directory"]);
}

/// A year ahead, then right again: alerts leave, the queue says why, and a mail too.
#[test]
fn a_clock_that_was_ahead_silences_no_alert() {
    let stage = Stage::configured("[alert]\nmax_mails_per_hour = 2\nquiet = '24h'\n");
    let log = super::record::listen(&stage);
    stage.notify("first");
    wait_until("a mail", || stage.mails().len() == 1);
    for number in 1..4 {
        stage.notify(format!("host{number}"));
    }
    wait_until("a digest that gathers", || {
        stage.count("SELECT count(*) FROM events") == 4 && stage.drops().is_empty()
    });
    let lock = super::stage::end_deliverer(&stage);
    // As if all of it had been written a year ahead.
    let year = 365 * 86_400_i64;
    for sql in [
        "UPDATE events SET time = time + Y * 1000000000, collected = collected + Y * 1000000000",
        "UPDATE hours SET hour = hour + Y / 3600",
        "UPDATE sources SET first_time = first_time + Y * 1000000000,
             last_time = last_time + Y * 1000000000, quiet_until = quiet_until + Y",
        "UPDATE letters SET created = created + Y * 1000000000, due = due + Y,
             released = released + Y",
        "UPDATE dispatches SET next_due = next_due + Y, first_try = first_try + Y",
        "UPDATE facts SET value = value + Y WHERE name = 'pruned'",
    ] {
        stage.change(&sql.replace('Y', &year.to_string()));
    }
    let before = stage.mails().len();
    stage
        .run(&["queue"])
        .says(0, &["times up to 2", "the clock was ahead, or is slow now"]);
    stage
        .run(&["queue", "--format", "json"])
        .says(0, &["\"clock\":\"ahead\""]);
    stage
        .run(&["report"])
        .says(1, &["Events with such times: 4"]);
    drop(lock);
    stage.notify("after");
    wait_until("the alert, what had gathered, and the notice", || {
        // Files of one second come in any order.
        let mails = stage.mails();
        mails.len() >= before + 3 && mails.join("\n").contains("the clock was ahead")
    });
    while !super::record::heard(&log).contains("count as now") {}
    let last = "SELECT decision FROM events ORDER BY id DESC LIMIT 1";
    assert_eq!(stage.count(last), 0, "told at once");
    // It is told once.
    stage.run(&["deliver"]).says(0, &[]);
    stage.run(&["deliver"]).says(0, &[]);
    let notices = "SELECT count(*) FROM letters WHERE kind = 'notice'";
    assert_eq!(stage.count(notices), 1);
}
