//! What keeps an event out of the drop directories, each for real: the event goes to the system log
//! in full, and the exit code says so. Needs root, for whom both directories must fail, and mount
//! namespaces.

use super::record::{heard, listen};
use super::stage::Stage;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Output};

const DROPS: [&str; 2] = ["var/spool/tcpw/root", "var/spool/tcpw/drop"];
const PROGRAMS: [&str; 2] = [
    concat!(env!("CARGO_BIN_EXE_tcpw"), " notify"),
    concat!(env!("CARGO_BIN_EXE_tcpw"), "-notify"),
];
const EVENT: &str =
    "--addr 192.0.2.7 --daemon sshd --server sshd@192.0.2.1 --pid 4711 -- '-evil\nhost'";

/// Runs `before` and then each of the two programs in a mount namespace; it must say `cause`.
fn fails(stage: &Stage, log: &UnixDatagram, before: &str, cause: &str) {
    for program in PROGRAMS {
        let root = stage.path("");
        let script = format!(
            "set -e; for drop in {0}/{1} {0}/{2}; do {before}\n:; done\nexec $user {3} --root {4} {EVENT}",
            root.display(),
            DROPS[0],
            DROPS[1],
            program,
            root.display()
        );
        let output = shell(&script);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(75), "{before}: {told}");
        assert!(told.contains(cause), "{before}: {told}");
        let line = heard(log);
        let event = "host 10 -evil\\x0ahost; addr 9 192.0.2.7; daemon 4 sshd; \
                     server 14 sshd@192.0.2.1; pid 4 4711; end";
        assert!(line.contains(cause), "{line}");
        assert!(line.contains(event), "{line}");
    }
}

fn shell(script: &str) -> Output {
    Command::new("unshare")
        .args(["-m", "--propagation", "private", "bash", "-c", script])
        .env_remove("user")
        .output()
        .unwrap()
}

fn stage() -> (Stage, UnixDatagram) {
    let stage = Stage::new();
    for path in ["", "dev", "var", "var/spool"] {
        fs::set_permissions(stage.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let log = listen(&stage);
    fs::set_permissions(stage.path("dev/log"), fs::Permissions::from_mode(0o666)).unwrap();
    (stage, log)
}

fn make(stage: &Stage) {
    for path in DROPS {
        fs::create_dir_all(stage.path(path)).unwrap();
    }
}

#[test]
fn a_missing_directory_that_cannot_be_made() {
    let (stage, log) = stage();
    fs::remove_dir(stage.path("var/spool")).unwrap();
    fails(&stage, &log, "", "cannot make the directory");
}

#[test]
fn a_file_in_the_place_of_the_directory() {
    let (stage, log) = stage();
    fs::create_dir(stage.path("var/spool/tcpw")).unwrap();
    for path in DROPS {
        fs::write(stage.path(path), "").unwrap();
    }
    fails(&stage, &log, "", "Not a directory");
    for path in DROPS {
        fs::remove_file(stage.path(path)).unwrap();
        std::os::unix::fs::symlink("/nonexistent/drop", stage.path(path)).unwrap();
    }
    fails(&stage, &log, "", "No such file or directory");
}

#[test]
fn a_directory_that_is_full_or_used_up_or_read_only() {
    let (stage, log) = stage();
    make(&stage);
    let full = "mount -t tmpfs -o size=64k,mode=755 none $drop; head -c 64k /dev/zero >$drop/x";
    fails(&stage, &log, full, "No space left on device");
    let no_inodes = "mount -t tmpfs -o nr_inodes=2,mode=755 none $drop; : >$drop/x";
    fails(&stage, &log, no_inodes, "No space left on device");
    let read_only = "mount -t tmpfs -o ro,mode=755 none $drop";
    fails(&stage, &log, read_only, "Read-only file system");
    for (call, error, told) in [
        ("write", "EDQUOT", "Disk quota exceeded"),
        ("fdatasync", "EIO", "Input/output error"),
        ("rename", "ENOSPC", "No space left on device"),
    ] {
        let kernel = format!("-e trace={call} -e inject={call}:error={error}:when=1..2");
        let fault = format!("user='strace -qq -o /dev/null {kernel}'");
        fails(&stage, &log, &fault, told);
    }
    assert_eq!(stage.drops().len(), 0);
}

#[test]
fn a_directory_that_the_daemons_user_may_not_write() {
    let (stage, log) = stage();
    make(&stage);
    let user = "user='setpriv --reuid 65534 --regid 65534 --clear-groups'";
    fails(&stage, &log, user, "Permission denied");
}

/// sshd's limits are its children's.
#[test]
fn a_limit_on_the_size_of_files() {
    let (stage, log) = stage();
    make(&stage);
    fails(&stage, &log, "ulimit -f 0", "File too large");
    for path in DROPS {
        let left = fs::read_dir(stage.path(path)).unwrap().count();
        assert_eq!(left, 0, "nothing unfinished stays");
    }
}
