//! `tcpw demo`: the whole way from a rule to a mail, as anybody, without a network.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

/// What a good run shows, in this order.
const MILESTONES: [&str; 14] = [
    "$ tcpw allow 192.0.2.10 --daemon sshd\n",
    "\n+sshd: 192.0.2.10\n",
    "$ tcpw deny-all\n",
    "\n+ALL: ALL\n",
    "$ tcpw install-alert\n",
    "\n+ALL: UNKNOWN : spawn /",
    "$ tcpw match sshd 192.0.2.10\ngranted: sshd from 192.0.2.10\n",
    "$ tcpw match sshd 203.0.113.77\ndenied: sshd from 203.0.113.77\n",
    "\n/bin/sh -c '/",
    "\nrecorded 1, sent 1 by file, into the directory ",
    " UTC  address 203.0.113.77  host 203.0.113.77  daemon sshd  server sshd@server.example  pid ",
    "\nSubject: [tcpw] ",
    "\nTo: admin@example.org\n",
    "\nAddress: 203.0.113.77\n",
];

fn check(output: &Output, folder: &std::path::Path) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let mut rest = text.as_str();
    for milestone in MILESTONES {
        let at = rest.find(milestone);
        let at = at.unwrap_or_else(|| panic_with(milestone, &text));
        rest = &rest[at + milestone.len()..];
    }
    let left: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[expect(clippy::panic, reason = "the failure of a test")]
fn panic_with(milestone: &str, text: &str) -> usize {
    panic!("no {milestone:?} in\n{text}")
}

#[test]
fn it_shows_each_step_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(crate::sandbox::program())
        .arg("demo")
        .env("TMPDIR", folder.path())
        // The session of whoever runs the demo is not on its sample list.
        .env("SSH_CONNECTION", "198.51.100.1 5000 192.0.2.1 22")
        .output()
        .unwrap();
    check(&output, folder.path());
}

/// Needs root, to become somebody who is not and to be without a network.
#[test]
fn it_needs_no_privileges_and_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("tcpw");
    crate::sandbox::copy_program(crate::sandbox::program(), &program);
    let work = folder.path().join("work");
    std::fs::create_dir(&work).unwrap();
    for (path, mode) in [(folder.path(), 0o755), (&program, 0o755), (&work, 0o777)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let output = Command::new("unshare")
        .args([
            "--net",
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ])
        .arg(&program)
        .arg("demo")
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("TMPDIR", &work)
        .output()
        .unwrap();
    check(&output, &work);
}

#[test]
fn without_a_place_to_work_it_says_so() {
    let output = Command::new(crate::sandbox::program())
        .arg("demo")
        .env("TMPDIR", "/proc/none")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.starts_with("tcpw: cannot create a temporary directory: "),
        "{text}"
    );
    assert!(
        text.contains("\n  help: set TMPDIR to a directory you may write to\n"),
        "{text}"
    );
}
