//! `tcpw uninstall`: alerts, schedules and units go, access stays, and what stays is said.

use super::sandbox::{Sandbox, alarm, mail_program, names};
use crate::proof::say;
use std::fs;
use std::os::unix::fs::symlink;

const SETUP: [&str; 7] = [
    "setup",
    "--allow",
    "0.0.0.1",
    "--sendmail",
    "--mail-to",
    "ann@example.org",
    "--no-test-mail",
];

fn ready(schedule: &str) -> Sandbox {
    let sandbox = Sandbox::new("# mine\nsshd: 192.0.2.7\n", "");
    mail_program(&sandbox, "cat > /dev/null");
    let ran = sandbox.run(&[&SETUP[..], &["--on", "both", schedule]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    sandbox
}

#[test]
fn alerts_and_units_go_and_access_stays() {
    let sandbox = ready("--systemd");
    let units = sandbox.path("etc/systemd/system");
    // The report is enabled by hand, and a drop-in is somebody's own.
    symlink(
        "/etc/systemd/system/tcpw-report.timer",
        units.join("timers.target.wants/tcpw-report.timer"),
    )
    .unwrap();
    fs::create_dir_all(units.join("tcpw-deliver.service.d")).unwrap();
    fs::write(units.join("tcpw-deliver.service.d/own.conf"), "").unwrap();
    let check = sandbox.run(&["uninstall", "--check"]);
    assert_eq!(check.code, Some(1), "{}", check.err);
    assert_eq!(
        check
            .out
            .matches("runs a program of tcpw: /etc/hosts.")
            .count(),
        2,
        "{}",
        check.out
    );

    let before = sandbox.tables();
    let dry = sandbox.run(&["uninstall", "--dry-run"]);
    assert_eq!(dry.code, Some(0), "{}{}", dry.out, dry.err);
    assert!(
        dry.out
            .contains("dry run: /etc/systemd/system/tcpw-deliver.path would be removed"),
        "{}",
        dry.out
    );
    assert_eq!(sandbox.tables(), before);
    assert!(units.join("tcpw-deliver.path").exists());

    let ran = sandbox.run(&["uninstall"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    check_what_is_left(&sandbox, &ran.out);
    let check = sandbox.run(&["uninstall", "--check"]);
    assert_eq!(
        (check.code, &*check.out),
        (Some(0), "no rule runs a program of tcpw\n")
    );
    let again = sandbox.run(&["uninstall"]);
    assert_eq!(again.code, Some(0), "{}", again.err);
    // It can be undone like any other change.
    assert_eq!(sandbox.run(&["undo"]).code, Some(0));
    assert_eq!(sandbox.tables(), before);
    say(
        "uninstall: alerts, links and units are gone, access is what it was, and undo brings it back",
    );
}

/// What `out` says is true of the tables, and nothing of the units is left but what is somebody's own.
fn check_what_is_left(sandbox: &Sandbox, out: &str) {
    let units = sandbox.path("etc/systemd/system");
    assert_eq!(
        sandbox.tables(),
        (
            "# mine\nsshd: 192.0.2.7\nALL: 0.0.0.1\n".to_owned(),
            "ALL: ALL\n".to_owned()
        )
    );
    for line in [
        "access stays as it is: /etc/hosts.allow, /etc/hosts.deny",
        "/etc/tcpw.toml stays: the configuration",
        "/var/spool/tcpw stays: the way of the alerts, with none that waits",
        "/var/lib/tcpw stays: the journal",
        "to remove them too: rm -r /etc/tcpw.toml /var/spool/tcpw /var/lib/tcpw",
    ] {
        assert!(out.contains(line), "{line} is not in {out}");
    }
    assert_eq!(names(&units.join("timers.target.wants")), [""; 0]);
    assert_eq!(names(&units.join("paths.target.wants")), [""; 0]);
    assert_eq!(names(&units.join("tcpw-deliver.service.d")), ["own.conf"]);
    let left = names(&units)
        .into_iter()
        .filter(|name| name.starts_with("tcpw-"));
    assert_eq!(left.collect::<Vec<_>>(), ["tcpw-deliver.service.d"]);
}

#[test]
fn the_lines_of_cron_go_too() {
    let sandbox = ready("--cron");
    assert_eq!(names(&sandbox.path("etc/cron.d")), ["tcpw"]);
    // Nothing of it runs, and nothing is said, where the program is gone.
    let text = fs::read_to_string(sandbox.path("etc/cron.d/tcpw")).unwrap();
    let program = env!("CARGO_BIN_EXE_tcpw");
    for line in text
        .lines()
        .filter(|line| !line.starts_with('#') && line.contains(" root "))
    {
        let guard = format!("[ -x {program} ] && {program} ");
        assert!(line.contains(&guard), "{line}");
    }
    assert_eq!(sandbox.run(&["uninstall"]).code, Some(0));
    assert_eq!(names(&sandbox.path("etc/cron.d")), [""; 0]);
}

#[test]
fn what_was_written_by_hand_is_named_and_stays() {
    let own = "sshd: ALL: spawn /usr/sbin/tcpw-notify --addr %a -- %h : allow\n";
    let sandbox = Sandbox::new(own, &format!("ALL: ALL : {}\n", alarm()));
    let ran = sandbox.run(&["uninstall"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    assert!(
        ran.out
            .contains("runs a program of tcpw: /etc/hosts.allow:1: `sshd: ALL"),
        "{}",
        ran.out
    );
    assert!(
        ran.err.contains("tcpw edit what was written by hand"),
        "{}",
        ran.err
    );
    assert_eq!(sandbox.tables(), (own.to_owned(), "ALL: ALL\n".to_owned()));
    assert_eq!(sandbox.run(&["uninstall", "--check"]).code, Some(1));
}

#[test]
fn what_runs_out_or_waits_is_not_left_alone() {
    let sandbox = Sandbox::new("", "");
    assert_eq!(
        sandbox.run(&["allow", "192.0.2.9", "--for", "1h"]).code,
        Some(0)
    );
    let ran = sandbox.run(&["uninstall"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.err
            .contains("192.0.2.9` ends by itself only as long as tcpw runs"),
        "{}",
        ran.err
    );
    let ran = sandbox.run(&["deny-all", "--force", "--confirm-within", "1h"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let ran = sandbox.run(&["uninstall"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(ran.err.contains("waits to be confirmed"), "{}", ran.err);
    // What a package asks before its programs go.
    let ran = sandbox.run(&["uninstall", "--check"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("change 2 waits to be confirmed"),
        "{}",
        ran.out
    );
    assert!(
        ran.err.contains("ends by itself only as long"),
        "{}",
        ran.err
    );
    assert_eq!(sandbox.run(&["undo"]).code, Some(0));
    assert_eq!(sandbox.run(&["uninstall"]).code, Some(0));
}

#[test]
fn what_cannot_be_looked_at_is_not_called_free_of_it() {
    let sandbox = Sandbox::new("", "");
    fs::remove_file(sandbox.path("etc/hosts.deny")).unwrap();
    assert_eq!(sandbox.run(&["uninstall", "--check"]).code, Some(0));
    fs::create_dir(sandbox.path("etc/hosts.deny")).unwrap();
    let ran = sandbox.run(&["uninstall", "--check"]);
    assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.err);
    let ran = sandbox.run(&["uninstall", "--check", "--allow-file", "/nowhere"]);
    assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.err);
}
