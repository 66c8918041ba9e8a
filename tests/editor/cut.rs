//! A change of both tables is killed before every system call that writes, and each of these
//! calls is made to fail: the tables are then the old pair or the new one, at the latest after the
//! next command, and nothing is left lying about.

use super::sandbox::{Ran, Sandbox, names};
use crate::proof::say;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

/// The system calls by which a commit changes files; strace counts each of them by itself.
const WRITING: &str = "rename renameat renameat2 fsync fdatasync write pwrite64 ftruncate openat \
                       unlink unlinkat chmod fchmod fchmodat fchown fsetxattr flock mkdir";
/// Those that are never made to fail: without memory and signals a program does nothing at all.
const VITAL: &str = "execve brk mmap munmap mprotect arch_prctl set_tid_address set_robust_list rseq \
                     rt_sigaction rt_sigprocmask sigaltstack futex exit_group prlimit64 \
                     clock_nanosleep";
/// More calls than a commit makes.
const MANY: usize = 5000;
/// Set it to try every system call of the program, and not only those that write: minutes, not
/// seconds.
const EVERY: &str = "TCPW_EVERY_CALL";

/// The calls that are tried in turn.
fn calls() -> Vec<String> {
    if std::env::var_os(EVERY).is_none() {
        return WRITING.split_whitespace().map(str::to_owned).collect();
    }
    let sandbox = stage();
    let ran = run(&sandbox, "all", "delay_exit=0", 1);
    assert!(ran.is_none_or(|(ran, _)| ran.code == Some(0)));
    let log = std::fs::read_to_string(sandbox.path("log")).unwrap();
    let name = |line: &str| Some(line.split_once('(')?.0.to_owned());
    let names: std::collections::BTreeSet<String> = log.lines().filter_map(name).collect();
    assert!(names.len() > 30, "{names:?}");
    names.into_iter().collect()
}

const OLD: (&str, &str) = ("# mine\nALL: 0.0.0.1\n", "# theirs\n");
/// A change of both tables.
const CHANGE: [&str; 2] = ["install-alert", "--force"];

fn stage() -> Sandbox {
    let sandbox = Sandbox::new(OLD.0, OLD.1);
    let mode = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(sandbox.path("etc/hosts.deny"), mode).unwrap();
    sandbox
}

/// Both tables as the change makes them.
fn new() -> (String, String) {
    let sandbox = stage();
    assert_eq!(sandbox.run(&CHANGE).code, Some(0));
    let new = sandbox.tables();
    assert!(new.0 != OLD.0 && new.1 != OLD.1, "it changes both tables");
    new
}

/// Runs the change with a fault at the call `number` of a name; none if it makes no such call.
fn run(sandbox: &Sandbox, calls: &str, fault: &str, number: usize) -> Option<(Ran, bool)> {
    let log = sandbox.path("log");
    // With few processes to look at, so that the calls are those of the commit.
    let is_root = nix::unistd::geteuid().is_root();
    let namespaces = if is_root { "-pf" } else { "-Urpf" };
    let mut command = Command::new("unshare");
    command.args([namespaces, "--mount-proc", "strace"]);
    command
        .arg("-o")
        .arg(&log)
        .arg("-e")
        .arg(format!("trace={calls}"))
        .args(["-e", &format!("inject={calls}:{fault}:when={number}")])
        .arg(env!("CARGO_BIN_EXE_tcpw"))
        .arg("--root")
        .arg(sandbox.directory.path())
        .args(CHANGE)
        .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22");
    let output = command.output().expect("strace is needed");
    let log = std::fs::read_to_string(&log).unwrap();
    let is_killed = output.status.signal().is_some() || log.contains("+++ killed by SIGKILL");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let ran = Ran {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    };
    (is_killed || log.contains("(INJECTED)")).then_some((ran, is_killed))
}

/// The next command repairs the pair, and removes what was left.
fn check_repaired(sandbox: &Sandbox, new: &(String, String), told: &str) -> bool {
    let ran = sandbox.run(&["allow", "0.0.0.1"]);
    assert_eq!(ran.code, Some(0), "{told}: {}", ran.err);
    let tables = sandbox.tables();
    let is_new = tables == *new;
    let is_old = (tables.0.as_str(), tables.1.as_str()) == OLD;
    assert!(is_new || is_old, "{told}: {tables:?}");
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"], "{told}");
    let mode = |name| std::fs::metadata(sandbox.path(name)).unwrap().mode() & 0o777;
    let modes = (mode("etc/hosts.allow"), mode("etc/hosts.deny"));
    assert_eq!(modes, (0o644, 0o640), "{told}");
    let history = sandbox.run(&["history", "--format", "json"]).out;
    assert_eq!(history.lines().count(), usize::from(is_new), "{told}");
    if sandbox.path("var/lib/tcpw/history").exists() {
        let left = names(&sandbox.path("var/lib/tcpw/history"));
        assert!(!left.contains(&"pending.json".to_owned()), "{told}");
    }
    is_new
}

#[test]
fn a_change_cut_short_is_the_old_pair_or_the_new() {
    let new = new();
    let (mut points, mut finished) = (0, 0);
    for calls in &calls() {
        for number in 1..MANY {
            let sandbox = stage();
            let told = format!("killed at {calls} {number}");
            let Some((_, is_killed)) = run(&sandbox, calls, "signal=KILL", number) else {
                break;
            };
            assert!(is_killed, "{told}");
            let (allow, deny) = sandbox.tables();
            assert!(allow == OLD.0 || allow == new.0, "{told}: {allow}");
            assert!(deny == OLD.1 || deny == new.1, "{told}: {deny}");
            points += 1;
            finished += usize::from(check_repaired(&sandbox, &new, &told));
        }
    }
    assert!(
        points > 40 && finished > 0 && finished < points,
        "{points} {finished}"
    );
    say(&format!(
        "commit: killed at {points} points of failure, {finished} times finished, otherwise undone"
    ));
}

/// What runs by the clock repairs the pair, and until then a listing says that there is something to
/// repair.
#[test]
fn the_schedule_repairs_what_was_cut_short() {
    let new = new();
    let mut mixed = 0;
    for calls in ["rename", "renameat", "renameat2"] {
        for number in 1..MANY {
            let sandbox = stage();
            let told = format!("killed at {calls} {number}");
            if run(&sandbox, calls, "signal=KILL", number).is_none() {
                break;
            }
            let (allow, deny) = sandbox.tables();
            let is_mixed = (allow == OLD.0) != (deny == OLD.1);
            let words = "a change was cut short: `tcpw expire` finishes it";
            let listed = sandbox.run(&["list"]);
            assert!(
                !is_mixed || listed.err.contains(words),
                "{told}: {}",
                listed.err
            );
            let ran = sandbox.run(&["expire"]);
            assert_eq!(ran.code, Some(0), "{told}: {}", ran.err);
            let tables = sandbox.tables();
            let is_old = (tables.0.as_str(), tables.1.as_str()) == OLD;
            assert!(tables == new || is_old, "{told}: {tables:?}");
            assert!(!is_mixed || tables == new, "{told}: {tables:?}");
            assert!(!sandbox.run(&["list"]).err.contains(words), "{told}");
            mixed += usize::from(is_mixed);
        }
    }
    assert!(mixed > 0);
    say(&format!(
        "commit: {mixed} mixed pairs were told by list and repaired by expire"
    ));
}

#[test]
fn a_change_that_fails_is_undone_at_once() {
    let new = new();
    let mut points = 0;
    let mut calls = calls();
    calls.retain(|name| !VITAL.split_whitespace().any(|vital| vital == name));
    for (calls, error) in calls
        .iter()
        .flat_map(|calls| [(calls, "EIO"), (calls, "ENOSPC")])
    {
        for number in 1..MANY {
            let sandbox = stage();
            let told = format!("{error} at {calls} {number}");
            let fault = format!("error={error}");
            let Some((ran, _)) = run(&sandbox, calls, &fault, number) else {
                break;
            };
            let tables = sandbox.tables();
            let is_old = (tables.0.as_str(), tables.1.as_str()) == OLD;
            // Whoever cannot be told of a change may still have it.
            let is_untold = ran.err.contains("standard output");
            if ran.err.contains("error during closedir") {
                // The standard library ends the program there: cut short like by a kill.
                let (allow, deny) = tables;
                assert!(allow == OLD.0 || allow == new.0, "{told}: {allow}");
                assert!(deny == OLD.1 || deny == new.1, "{told}: {deny}");
            } else if ran.code == Some(0) || is_untold {
                assert_eq!(tables, new, "{told}: {}", ran.err);
            } else {
                assert!(is_old, "{told}: {} {tables:?}", ran.err);
            }
            points += 1;
            check_repaired(&sandbox, &new, &told);
        }
    }
    assert!(points > 80, "{points}");
    say(&format!(
        "commit: failed at {points} points of failure, each time the old pair or the new"
    ));
}
