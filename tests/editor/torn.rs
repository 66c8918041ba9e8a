//! Tables that cannot be renamed over, a mount point and a file with two names, are written where
//! they are: a write that stops in the middle is undone, or repaired by the next command.

use super::sandbox::{Ran, Sandbox};
use crate::proof::say;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

/// Ten pages less five bytes, so that another rule needs a page more.
const FULL: usize = 10 * 4096 - 5;
const RULE: &str = "ALL: 10.1.2.3\n";

/// Lines of a table, `FULL` bytes of them.
fn full() -> String {
    let mut text = "# filler\n".repeat(FULL / 9);
    let rest = FULL - text.len();
    text.push_str(&"#".repeat(rest - 1));
    text.push('\n');
    text
}

/// Runs a shell script in a private mount namespace: `$tcpw` is the program with its root, `$root`
/// the sandbox; `told` compares a table with its old and its new content.
fn with_mounts(sandbox: &Sandbox, script: &str) -> Ran {
    std::fs::write(sandbox.path("old"), full()).unwrap();
    std::fs::write(sandbox.path("new"), full() + RULE).unwrap();
    let words = r#"
        root=$2; tcpw="$1 --root $root"
        told() {
            if cmp -s "$1" "$root/old"; then echo "$2: old"
            elif cmp -s "$1" "$root/new"; then echo "$2: new"
            else echo "$2: torn"; fi
        }
        kill_at() {
            code=0
            strace -qq -o /dev/null -e trace=pwrite64 -e inject=pwrite64:signal=KILL:when=$1 \
                $tcpw allow 10.1.2.3 >/dev/null || code=$?
            echo "code $code"
        }
    "#;
    let mut command = Command::new("unshare");
    command.arg(if nix::unistd::geteuid().is_root() {
        "-m"
    } else {
        "-Urm"
    });
    command
        .args(["sh", "-ec", &format!("{words}{script}"), "sh"])
        .arg(env!("CARGO_BIN_EXE_tcpw"))
        .arg(sandbox.directory.path())
        .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22");
    sandbox.ran(&mut command)
}

/// The table is a file of another file system, which is full but for the rest of its last page.
const MOUNTED: &str = r#"
    mkdir "$root/other"
    mount -t tmpfs -o size=40k none "$root/other"
    cp "$root/old" "$root/other/table"
    mount --bind "$root/other/table" "$root/etc/hosts.allow"
    table=$root/other/table
"#;

/// The table has two names in a file system that has room for the new content once.
const LINKED: &str = r#"
    mount -t tmpfs -o size=84k none "$root/etc"
    cp "$root/old" "$root/etc/hosts.allow"; : > "$root/etc/hosts.deny"
    ln "$root/etc/hosts.allow" "$root/etc/second"
    table=$root/etc/second
"#;

#[test]
fn a_write_for_which_there_is_no_room_is_undone() {
    for (kind, stage) in [("mount point", MOUNTED), ("two names", LINKED)] {
        let sandbox = Sandbox::new("", "");
        let script = format!(
            "{stage} code=0; $tcpw allow 10.1.2.3 || code=$?; told $table after; exit $code"
        );
        let ran = with_mounts(&sandbox, &script);
        assert_eq!(
            (ran.code, &*ran.out),
            (Some(2), "after: old\n"),
            "{kind}: {}",
            ran.err
        );
        for words in [
            "cannot write /etc/hosts.allow",
            "No space left",
            "make room",
        ] {
            assert!(ran.err.contains(words), "{kind}: {}", ran.err);
        }
    }
}

#[test]
fn a_write_that_was_killed_in_the_middle_is_repaired() {
    for (kind, stage, larger) in [
        ("mount point", MOUNTED, "other"),
        ("two names", LINKED, "etc"),
    ] {
        // Killed before the first write nothing is written; before the second a part.
        for (number, between) in [(1, "old"), (2, "torn")] {
            let sandbox = Sandbox::new("", "");
            let script = format!(
                "{stage} kill_at {number}; told $table between
                 mount -o remount,size=400k \"$root/{larger}\"
                 $tcpw allow 10.1.2.3 >/dev/null; told $table after
                 $tcpw history | wc -l; stat -c %h $table; ls -A \"$root/etc\" | tr '\\n' ' '"
            );
            let ran = with_mounts(&sandbox, &script);
            let (links, second) = if larger == "etc" {
                (2, "second ")
            } else {
                (1, "")
            };
            assert_eq!(
                ran.out,
                format!(
                    "code 137\nbetween: {between}\nafter: new\n1\n{links}\nhosts.allow hosts.deny {second}"
                ),
                "{kind} {number}: {}",
                ran.err
            );
            if between == "torn" {
                assert!(
                    ran.err.contains("had been cut short and is now finished"),
                    "{}",
                    ran.err
                );
            }
        }
    }
    say(
        "commit: a table written where it is, killed in the middle, is repaired by the next command",
    );
}

#[test]
fn both_names_of_a_table_show_the_change() {
    let sandbox = Sandbox::new("# mine\n", "");
    let (table, second) = (sandbox.path("etc/hosts.allow"), sandbox.path("second"));
    std::fs::hard_link(&table, &second).unwrap();
    let number = std::fs::metadata(&table).unwrap().ino();
    assert_eq!(sandbox.run(&["allow", "10.1.2.3"]).code, Some(0));
    assert_eq!(std::fs::metadata(&table).unwrap().ino(), number);
    let text = std::fs::read_to_string(&second).unwrap();
    assert_eq!(text, format!("# mine\n{RULE}"));
    assert_eq!(sandbox.run(&["undo"]).code, Some(0));
    assert_eq!(std::fs::read_to_string(&second).unwrap(), "# mine\n");
}
