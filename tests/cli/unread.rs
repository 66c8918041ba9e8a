//! What only root may read is not taken for empty: the verdict cannot be told.

use crate::sandbox::{Sandbox, copy_program, program};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

/// A system that everybody may look into, and whose list only root may read.
fn stage(allow: &str, deny: &str) -> Sandbox {
    let sandbox = Sandbox::new()
        .allow(allow)
        .deny(deny)
        .file("etc/friends", "203.0.113.9\n");
    let root = sandbox.path();
    copy_program(program(), &root.join("tcpw"));
    for (path, mode) in [("tcpw", 0o755), ("etc/friends", 0o600), ("", 0o755)] {
        fs::set_permissions(root.join(path), Permissions::from_mode(mode)).unwrap();
    }
    sandbox
}

/// A run as nobody: the tests run as root.
fn as_nobody(root: &Path, arguments: &[&str]) -> Output {
    Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(root.join("tcpw"))
        .arg("--root")
        .arg(root)
        .args(arguments)
        .env_clear()
        .env("LC_ALL", "C")
        .env("PATH", "/usr/sbin:/usr/bin")
        .output()
        .unwrap()
}

fn as_root(root: &Path, arguments: &[&str]) -> Output {
    Command::new(program())
        .arg("--root")
        .arg(root)
        .args(arguments)
        .env_clear()
        .env("LC_ALL", "C")
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8(both).unwrap()
}

const WHY: &str = "the list file /etc/friends cannot be read here: Permission denied";

#[test]
fn a_list_that_may_not_be_read_leaves_the_verdict_open() {
    for (allow, deny) in [
        ("", "ALL: ALL EXCEPT /etc/friends\n"),
        ("sshd: /etc/friends\n", "ALL: ALL\n"),
    ] {
        let sandbox = stage(allow, deny);
        let root = sandbox.path();
        let asked = ["match", "sshd", "203.0.113.9"];
        assert_eq!(as_root(root, &asked).status.code(), Some(0));
        for more in [&[][..], &["--explain"]] {
            let output = as_nobody(root, &[&asked[..], more].concat());
            assert_eq!(output.status.code(), Some(2), "{}", text(&output));
            assert!(text(&output).contains(WHY), "{}", text(&output));
        }
        // Where an earlier rule decides it is decided.
        let output = as_nobody(root, &["match", "vsftpd", "203.0.113.9"]);
        let is_for_all = allow.is_empty();
        assert_eq!(output.status.code(), Some(if is_for_all { 2 } else { 1 }));
    }
}

#[test]
fn an_audit_does_not_pass_what_hangs_on_a_list_that_may_not_be_read() {
    let sandbox = stage("", "ALL: ALL EXCEPT /etc/friends\n");
    let audit = ["audit", "-p", "GEN006620"];
    let output = as_root(sandbox.path(), &audit);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let output = as_nobody(sandbox.path(), &audit);
    let told = text(&output);
    assert!(told.contains("libwrap: cannot tell"), "{told}");
    assert!(
        told.contains("/etc/friends") && told.contains("Permission denied"),
        "{told}"
    );
}

#[test]
fn a_pipe_is_not_waited_for_and_not_taken_for_empty() {
    let sandbox = stage("sshd: /etc/pipe\n", "ALL: ALL\n");
    let root = sandbox.path();
    let made = Command::new("mkfifo").arg(root.join("etc/pipe")).status();
    assert!(made.unwrap().success());
    let asked = ["match", "sshd", "203.0.113.9"];
    let output = as_root(root, &asked);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(
        text(&output).contains("it is not a regular file"),
        "{}",
        text(&output)
    );
    fs::remove_file(root.join("etc/pipe")).unwrap();
    // What libwrap cannot open either matches nobody (F-FILE-07).
    let denied = |name: &str| {
        let output = as_root(root, &asked);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", text(&output));
    };
    denied("absent");
    fs::create_dir(root.join("etc/pipe")).unwrap();
    denied("directory");
    fs::remove_dir(root.join("etc/pipe")).unwrap();
    std::os::unix::fs::symlink("pipe", root.join("etc/pipe")).unwrap();
    denied("a link to itself");
}

#[test]
fn a_set_that_may_not_be_read_leaves_the_gate_open() {
    let gate = "usr/sbin/tcpw-gate";
    let rule = "sshd: ALL: aclexec /usr/sbin/tcpw-gate --in /etc/set.tcpw -- %a\n";
    let sandbox = stage(rule, "ALL: ALL\n").file(gate, "never run");
    let root = sandbox.path();
    fs::set_permissions(root.join(gate), Permissions::from_mode(0o755)).unwrap();
    let built = Command::new(program())
        .args(["set", "build"])
        .args([root.join("etc/set.tcpw"), root.join("etc/friends")])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", text(&built));
    fs::set_permissions(root.join("etc/set.tcpw"), Permissions::from_mode(0o600)).unwrap();
    let asked = ["match", "sshd", "203.0.113.9"];
    let output = as_root(root, &asked);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let output = as_nobody(root, &asked);
    let told = text(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("tcpw-gate needs /etc/set.tcpw, which cannot be read here"),
        "{told}"
    );
}
