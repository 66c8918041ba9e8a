//! From a refused stranger at Debian's real sshd to a mail in a real inbox, over STARTTLS and AUTH.
//!
//! `scenario.sh` plays it in namespaces of its own (mounts, network, processes), so that no file,
//! port or process of the machine is touched and nothing outlives the test.

use crate::{proof, sandbox};
use std::io::{self, Write as _};
use std::process::Command;
use tempfile::TempDir;

/// New mount, network and process namespaces that end with the script.
const NAMESPACES: [&str; 6] = ["-m", "-n", "-p", "--fork", "--kill-child", "--mount-proc"];

#[test]
fn a_refused_stranger_becomes_a_mail() {
    let stage = TempDir::with_prefix("tcpw-sshd-").unwrap();
    let output = Command::new("unshare")
        .args(NAMESPACES)
        .args(["--propagation", "private", "bash"])
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/sshd/scenario.sh"
        ))
        .arg(stage.path())
        .arg(sandbox::program())
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("unshare (util-linux) is installed");
    let log = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    io::stderr().write_all(log.as_bytes()).unwrap();
    assert!(
        output.status.success(),
        "{}; needs root and namespaces, sshd, openssl and aiosmtpd\n{complaints}",
        output.status
    );
    let proven: Vec<&str> = log
        .lines()
        .filter(|line| line.starts_with("sshd: "))
        .collect();
    assert_eq!(proven.len(), 6, "the script did not reach its end");
    for line in proven {
        proof::say(line);
    }
}
