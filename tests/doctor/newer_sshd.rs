//! The sshd of a newer suite, which asks libwrap by `sshd-session`, unpacked and never installed.

#![expect(
    clippy::unwrap_in_result,
    reason = "nothing means that the suite cannot be reached; what the test itself cannot do is a panic"
)]

use crate::proof;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const SUITE: &str = "trixie";
/// sshd, and what it is linked with.
const PACKAGES: [&str; 20] = [
    "openssh-server",
    "libwrap0",
    "libc6",
    "libssl3t64",
    "libgssapi-krb5-2",
    "libkrb5-3",
    "libk5crypto3",
    "libkrb5support0",
    "libcom-err2",
    "libkeyutils1",
    "libpam0g",
    "libaudit1",
    "libcap-ng0",
    "libselinux1",
    "libpcre2-8-0",
    "libcrypt1",
    "libwtmpdb0",
    "zlib1g",
    "libzstd1",
    "libsqlite3-0",
];

/// Where it is unpacked, fetched if no earlier run left it there; nothing if it cannot be fetched, which
/// the summary of the run says.
pub(crate) fn unpack() -> Option<PathBuf> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("suites/trixie-sshd");
    let done = place.join("packages");
    if !done.exists() {
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/engine/unpack-libwrap");
        let output = Command::new("sh")
            .args([script, SUITE])
            .arg(&place)
            .args(PACKAGES)
            .output()
            .unwrap();
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr);
            let reason = reason.lines().last().unwrap_or("no reason given");
            proof::say(&format!("doctor: sshd of {SUITE}: NOT checked: {reason}"));
            return None;
        }
        // What base-files would bring.
        for folder in ["bin", "sbin", "lib", "lib64"] {
            symlink(format!("usr/{folder}"), place.join("root").join(folder)).unwrap();
        }
        fs::write(&done, output.stdout).unwrap();
    }
    Some(place.join("root"))
}
