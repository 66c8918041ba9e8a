//! The program as a rule runs it. That this target is called `main`, like the one of the whole
//! toolkit, lets `cargo test --test main` build the program for the tests there.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;
use tcpw_event::encoding::decode;
use tcpw_event::ways::Way;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tcpw-notify");

fn notify(root: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.arg("--root").arg(root).args(args).output().unwrap()
}

fn root() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for folder in ["dev", "etc", "var/lib", "var/spool"] {
        fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    root
}

#[test]
fn an_event_is_a_file_in_the_drop_directory() {
    let root = root();
    let ran = notify(
        root.path(),
        &["--addr", "192.0.2.7", "--daemon", "sshd", "--", "-evil"],
    );
    assert_eq!(
        (ran.status.code(), ran.stderr.len(), ran.stdout.len()),
        (Some(0), 0, 0)
    );
    let drop = root.path().join("var/spool/tcpw/root");
    let found: Vec<_> = fs::read_dir(drop)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(found.len(), 1);
    let event = decode(&fs::read(&found[0]).unwrap(), 0).unwrap();
    assert_eq!(event.host.bytes(), b"-evil");
    assert_eq!(event.addr.bytes(), b"192.0.2.7");
    assert_eq!(event.daemon.bytes(), b"sshd");
}

/// Each test here runs as root, whose events have a way of their own.
#[test]
fn where_roots_way_cannot_be_used_the_event_goes_the_way_of_everybody() {
    let root = root();
    let log = UnixDatagram::bind(root.path().join("dev/log")).unwrap();
    log.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let [own, public] =
        ["root", "drop"].map(|name| root.path().join(format!("var/spool/tcpw/{name}")));
    fs::create_dir_all(&own).unwrap();
    fs::set_permissions(&own, fs::Permissions::from_mode(0o1777)).unwrap();
    let ran = notify(root.path(), &["--", "h"]);
    assert_eq!((ran.status.code(), ran.stderr.len()), (Some(0), 0));
    assert_eq!(fs::read_dir(&own).unwrap().count(), 0);
    assert_eq!(fs::read_dir(&public).unwrap().count(), 1);
    let mut line = vec![0; 8192];
    let length = log.recv(&mut line).unwrap();
    let line = String::from_utf8_lossy(&line[..length]);
    assert!(
        line.contains("others than root can change it; the event is in")
            && line.contains("does not count as root's"),
        "{line}"
    );
}

#[test]
fn an_event_of_another_user_goes_the_way_of_everybody() {
    let root = root();
    for below in ["", "var", "var/spool"] {
        let path = root.path().join(below);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    notify(root.path(), &["--", "first"]);
    let [own, public] =
        ["root", "drop"].map(|name| root.path().join(format!("var/spool/tcpw/{name}")));
    tcpw_event::ways::make(&public, Way::Public).unwrap();
    let copy = root.path().join("tcpw-notify");
    let copied = Command::new("cp").arg(PROGRAM).arg(&copy).status();
    assert!(copied.unwrap().success());
    let ran = Command::new("setpriv")
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(&copy)
        .arg("--root")
        .arg(root.path())
        .args(["--", "second"])
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    assert_eq!(fs::read_dir(&own).unwrap().count(), 1);
    let files: Vec<_> = fs::read_dir(&public).unwrap().collect();
    assert_eq!(files.len(), 1);
    let found = files[0].as_ref().unwrap().metadata().unwrap();
    assert_eq!(found.uid(), 65_534);
}

#[test]
fn what_cannot_be_dropped_goes_to_the_system_log() {
    let root = root();
    fs::write(root.path().join("var/spool/tcpw"), "no directory").unwrap();
    let args = ["--addr", "192.0.2.7", "--", "pc.example.org"];
    let ran = notify(root.path(), &args);
    assert_eq!(
        ran.status.code(),
        Some(74),
        "nobody listens: it is lost, and said so"
    );
    let log = UnixDatagram::bind(root.path().join("dev/log")).unwrap();
    log.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let ran = notify(root.path(), &args);
    assert_eq!(ran.status.code(), Some(75));
    let mut line = vec![0; 8192];
    let length = log.recv(&mut line).unwrap();
    let line = String::from_utf8_lossy(&line[..length]);
    assert!(
        line.contains("host 14 pc.example.org; addr 9 192.0.2.7;"),
        "{line}"
    );
}

#[test]
fn a_place_that_is_configured_is_the_business_of_tcpw() {
    let root = root();
    let other = root.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(
        root.path().join("etc/tcpw.toml"),
        "[drop]\npath = '/other'\n",
    )
    .unwrap();
    // A copy with no tcpw beside it: the event is not lost, but goes to the usual place.
    let alone = root.path().join("tcpw-notify");
    let copied = Command::new("cp")
        .args([Path::new(PROGRAM), &alone])
        .status();
    assert!(copied.unwrap().success());
    let mut command = Command::new(&alone);
    let ran = command
        .arg("--root")
        .arg(root.path())
        .args(["--", "h"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(0), "{told}");
    assert!(told.contains("cannot run"), "{told}");
    let usual = root.path().join("var/spool/tcpw/root");
    assert_eq!(fs::read_dir(usual).unwrap().count(), 1);
}

/// Arguments of an event, and whether it is the only one in the drop directories of `root`.
const EVENT: [&str; 6] = [
    "--addr",
    "192.0.2.7",
    "--daemon",
    "sshd",
    "--",
    "pc.example",
];

fn is_recorded(root: &Path) -> bool {
    let ways = ["drop", "root"].map(|way| fs::read_dir(root.join("var/spool/tcpw").join(way)));
    let files: Vec<_> = ways
        .into_iter()
        .flatten()
        .flatten()
        .map(|file| file.unwrap().path())
        .collect();
    let [file] = files.as_slice() else {
        return false;
    };
    let event = decode(&fs::read(file).unwrap(), 0).unwrap();
    event.host.bytes() == b"pc.example" && event.addr.bytes() == b"192.0.2.7"
}

#[test]
fn it_needs_no_other_file_to_start() {
    let output = Command::new("readelf")
        .args(["--wide", "--program-headers", "--dynamic", PROGRAM])
        .env("LC_ALL", "C")
        .output()
        .expect("binutils are there with a C compiler");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("LOAD"), "{text}");
    for word in ["INTERP", "(NEEDED)"] {
        assert!(!text.contains(word), "{text}");
    }
}

/// As below a daemon that has used up what it may: one descriptor is left, and 4 MiB in all.
#[test]
fn four_descriptors_and_four_mebibytes_are_enough() {
    for limits in [
        "ulimit -n 4; ulimit -v 4096",
        "ulimit -n 4; ulimit -v 4096; ulimit -s 128; ulimit -l 0",
    ] {
        let root = root();
        let script = format!("{limits}; exec \"$0\" --root \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, PROGRAM]).arg(root.path());
        let ran = command.args(EVENT).output().unwrap();
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!((ran.status.code(), &*told), (Some(0), ""), "{limits}");
        assert!(is_recorded(root.path()), "{limits}");
    }
}

/// In a system that is nothing but the program and the drop directory: no library, no `/proc`, no
/// `/dev`, no name service, and every limit as small as above.
#[test]
fn a_daemon_that_sees_only_the_drop_directory_is_heard() {
    assert_eq!(
        fs::metadata("/proc/self").unwrap().uid(),
        0,
        "this test needs root"
    );
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("var/spool/tcpw/drop")).unwrap();
    let inside = root.path().join("tcpw-notify");
    let copied = Command::new("cp")
        .args([Path::new(PROGRAM), &inside])
        .status();
    assert!(copied.unwrap().success());
    let script = "ulimit -n 4; ulimit -v 4096; exec chroot \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).arg(root.path());
    let ran = command.arg("/tcpw-notify").args(EVENT).output().unwrap();
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!((ran.status.code(), &*told), (Some(0), ""));
    assert!(is_recorded(root.path()));
}
