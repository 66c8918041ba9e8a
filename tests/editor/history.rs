//! Every change is recorded, shown and rolled back; what has moved on since is not.

use super::sandbox::{Sandbox, names};
use std::os::unix::fs::PermissionsExt as _;

/// A run that must go through.
fn run(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let ran = sandbox.run(arguments);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{arguments:?}");
    ran.out
}

/// A run that must fail, with these words, and change nothing.
fn refused(sandbox: &Sandbox, arguments: &[&str], words: &[&str]) {
    let before = sandbox.tables();
    let ran = sandbox.run(arguments);
    assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.out);
    for word in words {
        assert!(ran.err.contains(word), "{word} is not in {}", ran.err);
    }
    assert_eq!(sandbox.tables(), before);
}

#[test]
fn every_change_is_recorded_with_who_and_how() {
    let sandbox = Sandbox::new("# mine\n", "");
    assert_eq!(run(&sandbox, &["history"]), "no changes yet\n");
    assert_eq!(run(&sandbox, &["history", "--format", "json"]), "");
    let ran = sandbox.ran(
        sandbox
            .command(&["allow", "10.1.2.3"])
            .env("SUDO_USER", "bob"),
    );
    assert_eq!(ran.code, Some(0));
    run(&sandbox, &["deny", "10.9.9.9", "--dry-run"]);
    run(&sandbox, &["allow", "10.1.2.3"]);
    run(&sandbox, &["deny", "10.9.9.9"]);
    let history = run(&sandbox, &["history"]);
    let rows: Vec<&str> = history.lines().collect();
    assert_eq!(rows.len(), 2, "{history}");
    assert!(rows[0].starts_with("   1  "), "{history}");
    assert!(
        rows[0].ends_with(" allow 10.1.2.3`")
            && rows[0].contains("  /etc/hosts.allow  `tcpw --root ")
    );
    assert!(rows[1].contains("  /etc/hosts.deny  "), "{history}");
    let shown = run(&sandbox, &["show", "1"]);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "change 1");
    let login = std::fs::read_to_string("/proc/self/loginuid").unwrap_or_default();
    if login.is_empty() || login == "4294967295" {
        assert!(lines[2].starts_with("user    bob (as "), "{shown}");
    }
    assert_eq!(
        lines[4..],
        [
            "--- /etc/hosts.allow",
            "+++ /etc/hosts.allow",
            "@@ -1 +1,2 @@",
            " # mine",
            "+ALL: 10.1.2.3"
        ]
    );
    assert!(run(&sandbox, &["show"]).starts_with("change 2\n"));
    refused(
        &sandbox,
        &["show", "7"],
        &["there is no change 7", "`tcpw history`"],
    );
    let json = run(&sandbox, &["history", "--format", "json"]);
    let entry: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(entry["number"], 1);
    assert_eq!(entry["tables"][0]["path"], "/etc/hosts.allow");
    assert_eq!(
        entry["command"].as_array().unwrap().last().unwrap(),
        "10.1.2.3"
    );
    let state = std::fs::metadata(sandbox.path("var/lib/tcpw/history")).unwrap();
    assert_eq!(state.permissions().mode() & 0o777, 0o700);
}

/// What two changes, two undos and two redos have to do with each other.
fn check_ends(sandbox: &Sandbox) {
    let history = run(sandbox, &["history"]);
    let ends: Vec<&str> = history
        .lines()
        .map(|row| row.rsplit("  ").next().unwrap())
        .collect();
    assert_eq!(
        ends,
        [
            "(undone by 4)",
            "(undone by 3)",
            "(undoes 2)",
            "(undoes 1)",
            "(makes 1 again)",
            "(makes 2 again)"
        ]
    );
}

#[test]
fn each_undo_goes_one_change_further_back_and_redo_forth() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "# last line has no newline");
    let tables: Vec<_> = [&["install-alert"][..], &["allow", "10.1.2.3"]]
        .iter()
        .map(|arguments| {
            let before = sandbox.tables();
            assert_eq!(sandbox.run(arguments).code, Some(0));
            before
        })
        .collect();
    let last = sandbox.tables();
    refused(
        &sandbox,
        &["undo", "1"],
        &["/etc/hosts.allow has been changed since by 2"],
    );
    let dry = run(&sandbox, &["undo", "--dry-run"]);
    assert!(dry.contains("-ALL: 10.1.2.3\n"), "{dry}");
    assert!(dry.ends_with("dry run: nothing was written\n"), "{dry}");
    assert_eq!(sandbox.tables(), last);
    let out = run(&sandbox, &["undo"]);
    let end = "changed /etc/hosts.allow\n10.1.2.3 loses access to every daemon\nchange 3 undoes change 2\n";
    assert!(out.ends_with(end), "{out}");
    assert_eq!(sandbox.tables(), tables[1]);
    refused(
        &sandbox,
        &["undo", "2"],
        &["change 2 is undone already, by change 3", "`tcpw redo`"],
    );
    refused(&sandbox, &["undo", "3"], &["change 3 undid change 2"]);
    // The second undo goes one change further back.
    run(&sandbox, &["undo"]);
    assert_eq!(sandbox.tables(), tables[0]);
    refused(&sandbox, &["undo"], &["no change that could be undone"]);
    run(&sandbox, &["redo"]);
    assert_eq!(sandbox.tables(), tables[1]);
    let out = run(&sandbox, &["redo"]);
    assert!(
        out.ends_with("change 6 makes change 2 again: `tcpw undo` undoes it\n"),
        "{out}"
    );
    assert_eq!(sandbox.tables(), last);
    refused(&sandbox, &["redo"], &["no undone change"]);
    check_ends(&sandbox);
    std::fs::write(sandbox.path("etc/hosts.allow"), "# rewritten\n").unwrap();
    refused(
        &sandbox,
        &["undo"],
        &["/etc/hosts.allow has been changed since by another program"],
    );
}

#[test]
fn a_new_change_is_where_redo_ends_and_redo_asks_the_guard() {
    let sandbox = Sandbox::new("ALL: 10.1.2.3\n", "");
    let before = sandbox.tables();
    let out = run(&sandbox, &["deny-all", "--force"]);
    assert!(
        out.ends_with("this is change 1: `tcpw undo` undoes it\n"),
        "{out}"
    );
    let after = sandbox.tables();
    run(&sandbox, &["undo", "--force"]);
    assert_eq!(sandbox.tables(), before);
    refused(&sandbox, &["redo"], &["your own session from 0.0.0.1"]);
    run(&sandbox, &["redo", "--force"]);
    assert_eq!(sandbox.tables(), after);
    run(&sandbox, &["undo", "--force"]);
    run(&sandbox, &["allow", "10.9.9.9"]);
    refused(&sandbox, &["redo", "--force"], &["no undone change"]);
    // By its number it can still be made again, since nobody has changed its table.
    run(&sandbox, &["redo", "1", "--force"]);
    assert_eq!(sandbox.tables().1, after.1);
    refused(
        &sandbox,
        &["redo", "5", "--force"],
        &["change 5 is not one that was undone"],
    );
}

#[test]
fn undo_asks_the_guard_and_knows_its_tables() {
    let sandbox = Sandbox::new("", "ALL: ALL\n");
    run(&sandbox, &["allow", "10.1.2.3"]);
    let undo = |force: &[&str]| {
        let mut command = sandbox.command(&["undo"]);
        command
            .args(force)
            .env("SSH_CONNECTION", "10.1.2.3 1 10.1.2.1 22");
        sandbox.ran(&mut command)
    };
    let ran = undo(&[]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("10.1.2.3 would be refused"), "{}", ran.err);
    let other = sandbox.path("other");
    refused(
        &sandbox,
        &["undo", "--allow-file", other.to_str().unwrap()],
        &["change 1 is about /etc/hosts.allow"],
    );
    assert_eq!(undo(&["--force"]).code, Some(0));
    assert_eq!(sandbox.tables().0, "");
}

#[test]
fn a_history_that_cannot_be_used_stops_changes_only() {
    let sandbox = Sandbox::new("ALL: 10.1.2.3\n", "");
    std::fs::create_dir_all(sandbox.path("var/lib")).unwrap();
    std::fs::write(sandbox.path("var/lib/tcpw"), "a file").unwrap();
    run(&sandbox, &["allow", "10.1.2.3"]);
    refused(
        &sandbox,
        &["allow", "10.1.2.4"],
        &["cannot create the directory /var/lib/tcpw/history"],
    );
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
    std::fs::remove_file(sandbox.path("var/lib/tcpw")).unwrap();
    std::fs::create_dir_all(sandbox.path("var/lib/tcpw/history")).unwrap();
    let mode = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(sandbox.path("var/lib/tcpw/history"), mode).unwrap();
    refused(
        &sandbox,
        &["allow", "10.1.2.4"],
        &["/var/lib/tcpw/history is not for its owner alone"],
    );
    assert!(names(&sandbox.path("var/lib/tcpw/history")).is_empty());
}
