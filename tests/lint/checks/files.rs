//! The files of the tables themselves: modes, owners, links, directories, and what is above them.

use crate::sandbox::Sandbox;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};

/// Both tables, closed, after `change` was made below the root.
fn stage(change: impl FnOnce(&std::path::Path)) -> Sandbox {
    let stage = Sandbox::new().allow("sshd: 10.0.0.1\n").deny("ALL: ALL\n");
    fs::set_permissions(stage.path().join("etc"), Permissions::from_mode(0o755)).unwrap();
    for table in ["etc/hosts.allow", "etc/hosts.deny"] {
        fs::set_permissions(stage.path().join(table), Permissions::from_mode(0o644)).unwrap();
    }
    change(stage.path());
    stage
}

/// The first line of each finding.
fn heads(stage: Sandbox, code: i32) -> Vec<String> {
    let run = stage.run(&["lint"]);
    let text = run.stdout_text().to_owned();
    run.stdout(&text).code(code).done();
    let heads = text.lines().filter(|line| line.contains("[TW"));
    heads.map(str::to_owned).collect()
}

fn mode(path: &str, mode: u32) -> impl FnOnce(&std::path::Path) {
    move |root| fs::set_permissions(root.join(path), Permissions::from_mode(mode)).unwrap()
}

#[test]
fn tables_as_they_should_be_are_silent() {
    assert_eq!(heads(stage(|_| ()), 0), [""; 0]);
}

#[test]
fn a_table_that_others_can_change_is_an_error() {
    assert_eq!(
        heads(stage(mode("etc/hosts.allow", 0o666)), 1),
        [
            "[ROOT]/etc/hosts.allow:1:1: error[TW801] others than root can change `[ROOT]/etc/hosts.allow`, and with it who gets in and what is run"
        ]
    );
    let found = heads(stage(mode("etc", 0o777)), 1);
    assert_eq!(found.len(), 2);
    assert!(
        found[0].contains("error[TW801] others than root can change the directory `[ROOT]/etc`")
    );
}

#[test]
fn a_table_that_daemons_cannot_read_is_told() {
    assert_eq!(
        heads(stage(mode("etc/hosts.deny", 0o600)), 1),
        [
            "[ROOT]/etc/hosts.deny:1:1: warning[TW802] daemons that do not run as root cannot read the deny table (mode 600): they refuse everybody"
        ]
    );
}

#[test]
fn what_is_no_file_is_an_error_and_not_an_absent_table() {
    let linked = stage(|root| {
        fs::remove_file(root.join("etc/hosts.deny")).unwrap();
        symlink("/nowhere/at/all", root.join("etc/hosts.deny")).unwrap();
    });
    let run = linked.run(&["lint"]);
    let text = run.stdout_text();
    assert!(text.contains("error[TW804] the deny table is a link to nothing: it keeps nobody out"));
    let directory = stage(|root| {
        fs::remove_file(root.join("etc/hosts.deny")).unwrap();
        fs::create_dir(root.join("etc/hosts.deny")).unwrap();
    });
    let run = directory.run(&["lint"]);
    let text = run.stdout_text();
    assert!(text.contains("error[TW803] the deny table is a directory: it keeps nobody out"));
}
