//! `tcpw events`: every format, filters, and what it says when there is nothing to read.

use super::same;
use super::sample::{Sample, Visit};
use crate::sandbox::Sandbox;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

fn stage() -> Sandbox {
    let stage = Sandbox::new();
    drop(Sample::new(stage.path()));
    stage
}

/// What a run printed; it must succeed and complain of nothing.
fn shown(stage: Sandbox, args: &[&str]) -> (String, Sandbox) {
    let run = stage.run(args);
    let (out, err, code) = run.output();
    assert_eq!((err, code), ("", Some(0)), "{args:?}");
    let out = out.to_owned();
    (out, run.unchecked())
}

#[test]
fn every_format_of_the_last_day() {
    let mut stage = stage();
    for (name, format) in [("table.txt", "table"), ("jsonl", "json"), ("csv", "csv")] {
        let args = ["events", "--since", "2026-03-14 18:00", "--format", format];
        let (out, next) = shown(stage, &args);
        stage = next;
        for c in ['\u{1b}', '\u{7}', '\u{202e}', '\u{200b}'] {
            assert!(!out.contains(c), "{c:?}");
        }
        same(&format!("events.{name}"), &out);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn filters_find_what_the_database_finds() {
    let mut stage = stage();
    let path = stage.path().join("var/lib/tcpw/journal.db");
    let count = |filter: &str| {
        let database = rusqlite::Connection::open(&path).unwrap();
        let sql = format!("SELECT count(*) FROM readable WHERE {filter}");
        database
            .query_row(&sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    for (args, filter) in [
        (
            &["--daemon", "vsftpd"][..],
            "daemon = CAST('vsftpd' AS BLOB)",
        ),
        (
            &["--addr", "203.0.113.7"],
            "addr = CAST('203.0.113.7' AS BLOB)",
        ),
        (
            &["--addr", "203.0.113.0/25"],
            "source IN ('203.0.113.7/32', '203.0.113.80/32')",
        ),
        (&["--addr", "2001:db8::/32"], "source = '2001:db8:5::/64'"),
        (
            &["--addr", "::ffff:203.0.113.7"],
            "source = '203.0.113.7/32'",
        ),
        (
            &[
                "--since",
                "2026-03-10T02:00:00Z",
                "--until",
                "2026-03-10 03:00:20",
                "--daemon",
                "sshd",
            ],
            "time >= '2026-03-10T02' AND time < '2026-03-10T03:00:20' AND daemon = CAST('sshd' AS BLOB)",
        ),
        (&["--since", "2030-01-01"], "0"),
        (&[], "1"),
    ] {
        let args = [&["events", "--format", "json"], args].concat();
        let (out, next) = shown(stage, &args);
        stage = next;
        let found = i64::try_from(out.lines().count()).unwrap();
        assert_eq!(found, count(filter), "{args:?}");
        let ids: Vec<u64> = out
            .lines()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["id"]
                    .as_u64()
                    .unwrap()
            })
            .collect();
        assert!(ids.is_sorted());
    }
    let (all, stage) = shown(stage, &["events", "--daemon=vsftpd", "--format=csv"]);
    let (some, _) = shown(
        stage,
        &["events", "--daemon=vsftpd", "--format=csv", "--limit=3"],
    );
    let last: Vec<&str> = all.lines().rev().take(3).collect();
    let shown: Vec<&str> = some.lines().rev().take(3).collect();
    assert_eq!(shown, last, "the newest, oldest first");
}

#[test]
fn many_events_are_more_than_one_page() {
    let stage = Sandbox::new();
    let mut sample = Sample::empty(stage.path());
    for seconds in 0..4500 {
        sample.add(&Visit {
            seconds,
            addr: if seconds % 3 == 0 {
                b"192.0.2.1"
            } else {
                b"192.0.2.2"
            },
            host: b"h",
            daemon: b"sshd",
            rest: b"",
            rule: None,
            uid: 0,
            verdict: 1,
            decision: 0,
        });
    }
    drop(sample);
    let (out, stage) = shown(stage, &["events", "--format=csv", "--addr=192.0.2.1"]);
    assert_eq!(out.lines().count(), 1501);
    let (out, _) = shown(
        stage,
        &["events", "--format=csv", "--addr=192.0.2.1", "--limit=1400"],
    );
    assert_eq!(out.lines().count(), 1401);
}

#[test]
fn no_journal_a_newer_one_and_one_that_is_none() {
    let missing = "tcpw: there is no journal yet at [ROOT]/var/lib/tcpw/journal.db\n  help: the \
                   first alert creates it: `tcpw list` shows whether an alert rule is installed, \
                   `tcpw deliver` collects what waits\n";
    let stage = Sandbox::new()
        .run(&["events"])
        .stderr(missing)
        .code(2)
        .done();
    let stage = stage.run(&["report"]).stderr(missing).code(2).done();
    let sample = Sample::empty(stage.path());
    let database = rusqlite::Connection::open(&sample.path).unwrap();
    database.execute_batch("PRAGMA user_version = 99").unwrap();
    drop((sample, database));
    for verb in ["events", "report"] {
        let run = stage_run(&stage, verb);
        assert!(
            run.contains("was made by a newer tcpw (version 99)"),
            "{run}"
        );
        assert!(
            run.contains("help: read it with the tcpw that made it"),
            "{run}"
        );
    }
    fs::write(
        stage.path().join("var/lib/tcpw/journal.db"),
        "no database at all ".repeat(99),
    )
    .unwrap();
    let run = stage_run(&stage, "events");
    assert!(
        run.contains("file is not a database") && run.contains("moves a damaged journal aside"),
        "{run}"
    );
}

fn stage_run(stage: &Sandbox, verb: &str) -> String {
    let output = std::process::Command::new(crate::sandbox::program())
        .arg("--root")
        .args([stage.path().as_os_str(), verb.as_ref()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

/// A user who may not look into the journal's directory is told so, and not that there is none.
#[test]
fn without_permission_nothing_is_said_to_be_missing() {
    let stage = Sandbox::new();
    drop(Sample::empty(stage.path()));
    fs::set_permissions(stage.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let own = nix::unistd::geteuid().is_root();
    let mut command = if own {
        let mut command = std::process::Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        command.arg(crate::sandbox::program());
        command
    } else {
        let closed = fs::Permissions::from_mode(0o0);
        fs::set_permissions(stage.path().join("var/lib/tcpw"), closed).unwrap();
        std::process::Command::new(crate::sandbox::program())
    };
    let output = command
        .arg("--root")
        .arg(stage.path())
        .arg("events")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(
        text.contains("cannot read the journal") && text.contains("Permission denied"),
        "{text}"
    );
    let open = fs::Permissions::from_mode(0o700);
    fs::set_permissions(stage.path().join("var/lib/tcpw"), open).unwrap();
}
