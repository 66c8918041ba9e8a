//! The package on a system of its own, which is this machine's with a layer above it that is thrown away: it is
//! installed, upgraded, removed, purged and installed again while rules call its programs.

use super::deb::package;
use crate::proof;
use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// New mount, network and process namespaces that end with the script.
const NAMESPACES: [&str; 6] = ["-m", "-n", "-p", "--fork", "--kill-child", "--mount-proc"];

/// Plays a script on a system of its own; gives its log.
pub(super) fn play(script: &str, args: &[&OsStr]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/packages")
        .join(script);
    let stage = TempDir::with_prefix("tcpw-package-").unwrap();
    let output = Command::new("unshare")
        .args(NAMESPACES)
        .args(["--propagation", "private", "bash"])
        .arg(script)
        .arg(stage.path())
        .args(args)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .envs(std::env::var_os("TCPW_SCREENS").map(|folder| ("TCPW_SCREENS", folder)))
        .output()
        .expect("unshare (util-linux) is installed");
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    io::stderr().write_all(log.as_bytes()).unwrap();
    assert!(
        output.status.success(),
        "{}; needs root, namespaces and overlayfs\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    log
}

#[test]
fn it_comes_and_goes_without_a_trace_and_never_under_a_rule() {
    let log = play("lifecycle.sh", &[package().as_os_str()]);
    let proven: Vec<&str> = log
        .lines()
        .filter(|line| line.starts_with("package: "))
        .collect();
    assert_eq!(proven.len(), 7, "the script did not reach its end");
    for line in proven {
        proof::say(line);
    }
}
