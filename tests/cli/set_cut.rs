//! A compiled set is the old one or the new one, whenever its building is ended.

use crate::proof::say;
use crate::sandbox::program;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Instant;
use tempfile::TempDir;

/// How often it is ended.
const TIMES: u32 = 24;
/// How often several are built at the same time.
const ROUNDS: u32 = 40;
/// The lines of the old list and of the new one.
const LINES: [u32; 2] = [20_000, 30_000];

fn build(folder: &Path, list: &str) -> Child {
    Command::new(program())
        .args(["set", "build", "bans.set", list])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The networks of the set, which is whole.
fn networks(folder: &Path) -> u64 {
    let shown = Command::new(program())
        .args(["set", "show", "bans.set", "--format", "json"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(shown.status.success(), "{shown:?}");
    let json: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    json["networks"].as_u64().unwrap()
}

fn stage() -> TempDir {
    let folder = TempDir::with_prefix("tcpw-set-").unwrap();
    for (name, lines) in ["old", "new"].iter().zip(LINES) {
        let mut text = String::new();
        for n in 0..lines {
            writeln!(text, "10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255).unwrap();
        }
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn a_build_that_is_killed_leaves_the_old_set_or_the_new_one() {
    let stage = stage();
    let folder = stage.path();
    assert!(build(folder, "old").wait().unwrap().success());
    let begin = Instant::now();
    assert!(build(folder, "new").wait().unwrap().success());
    let whole = begin.elapsed();
    let (mut old, mut new) = (0, 0);
    for time in 0..TIMES {
        assert!(build(folder, "old").wait().unwrap().success());
        let mut child = build(folder, "new");
        sleep(whole * time / (TIMES - 4));
        drop(child.kill());
        child.wait().unwrap();
        match networks(folder) {
            found if found == u64::from(LINES[0]) => old += 1,
            found if found == u64::from(LINES[1]) => new += 1,
            other => panic!("{other} networks"),
        }
    }
    assert!(old > 0, "no build was ended in time");
    assert!(build(folder, "new").wait().unwrap().success());
    let mut left: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(
        left,
        ["bans.set", "new", "old"],
        "what a killed build left is gone"
    );
    say(&format!(
        "sets: {TIMES} builds were killed: {old} left the old set, {new} the new one, each whole"
    ));
}

#[test]
fn of_builds_at_the_same_time_each_writes_a_whole_set_or_nothing() {
    let stage = stage();
    let folder = stage.path();
    assert!(build(folder, "old").wait().unwrap().success());
    let mut done = 0;
    for _ in 0..ROUNDS {
        let builds: Vec<Child> = (0..8).map(|_| build(folder, "new")).collect();
        for child in builds {
            let output = child.wait_with_output().unwrap();
            let told = String::from_utf8(output.stderr).unwrap();
            if output.status.success() {
                done += 1;
            } else {
                assert!(told.contains("another tcpw is building it"), "{told}");
            }
        }
        networks(folder);
    }
    assert!(done > 0);
    assert!(build(folder, "new").wait().unwrap().success());
    assert_eq!(networks(folder), u64::from(LINES[1]));
    assert_eq!(fs::read_dir(folder).unwrap().count(), 3);
}

/// Needs root, for a disk that is small.
#[test]
fn a_disk_that_is_full_keeps_the_old_set_and_says_so() {
    let stage = stage();
    let script = "mkdir disk\nmount -t tmpfs -o size=700k none disk\n\
                  \"$TCPW\" set build disk/bans.set old >/dev/null\n\
                  if \"$TCPW\" set build disk/bans.set new; then exit 9; else echo $?; fi\n\
                  ls -A disk\n\"$TCPW\" set show disk/bans.set 10.0.0.7";
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-euc", script])
        .env("TCPW", program())
        .current_dir(stage.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "2\nbans.set\n10.0.0.7 is in disk/bans.set by 10.0.0.7 of old\n"
    );
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "tcpw: cannot write disk/bans.set: No space left on device (os error 28)\n  help: make room \
         on its disk; nothing was changed\n"
    );
}
