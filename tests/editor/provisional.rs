//! Changes that have to be confirmed: they are rolled back by themselves, also when the process
//! that waits is told to end or is gone, when the machine restarts, or when the one that makes the
//! change is killed; and what others wrote meanwhile stays. A new login at the real sshd is tried in
//! `tests/sshd`.

use super::sandbox::Sandbox;
use crate::proof::say;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

const ALLOW: &str = "# mine\nALL: 0.0.0.1\n";

/// A change that has to be confirmed within five seconds; what it printed.
fn provisional(sandbox: &Sandbox, arguments: &[&str]) -> String {
    within(sandbox, arguments, "5s")
}

fn within(sandbox: &Sandbox, arguments: &[&str], time: &str) -> String {
    let mut all = arguments.to_vec();
    all.extend(["--confirm-within", time]);
    let ran = sandbox.run(&all);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    // What nothing here can guarantee is said, since these tables have no schedule.
    let start = "tcpw: if this machine restarts, or if the process that waits is killed, ";
    assert!(ran.err.starts_with(start), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    ran.out
}

/// The word that confirms.
fn word(out: &str) -> String {
    let tail = out.split("`tcpw confirm ").nth(1).unwrap();
    tail.split('`').next().unwrap().to_owned()
}

fn await_allow(sandbox: &Sandbox, wanted: &str) {
    let start = Instant::now();
    while sandbox.tables().0 != wanted {
        assert!(
            start.elapsed() < Duration::from_secs(40),
            "{:?}",
            sandbox.tables()
        );
        thread::sleep(Duration::from_millis(50));
    }
}

/// The history is written after the table.
fn await_history(sandbox: &Sandbox, wanted: &str) {
    let start = Instant::now();
    loop {
        let rows = sandbox.run(&["history"]).out;
        if rows.contains(wanted) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(40), "{rows}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Sends a signal to the process that waits in `sandbox`.
fn send(sandbox: &Sandbox, signal: Signal) {
    let found = waiting(sandbox);
    assert_eq!(found.len(), 1);
    kill(Pid::from_raw(found[0].try_into().unwrap()), signal).unwrap();
}

/// The processes that wait in `sandbox`.
fn waiting(sandbox: &Sandbox) -> Vec<u32> {
    let root = sandbox.directory.path().display().to_string();
    let is_it = |process: &u32| {
        let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        line.contains("\0rollback\0") && line.contains(&root)
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|process| process.file_name().to_str()?.parse().ok())
        .filter(is_it)
        .collect()
}

/// Waits until nobody waits in `sandbox`.
fn await_end(sandbox: &Sandbox) {
    let start = Instant::now();
    while !waiting(sandbox).is_empty() {
        assert!(start.elapsed() < Duration::from_secs(40), "it still waits");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Makes the entry of change 1 one of another boot, as it is after a restart.
fn restart(sandbox: &Sandbox) {
    let path = sandbox.path("var/lib/tcpw/history/00000001.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let (start, rest) = text.split_once("\"boot\":\"").unwrap();
    let (_, end) = rest.split_once('"').unwrap();
    std::fs::write(&path, format!("{start}\"boot\":\"another\"{end}")).unwrap();
}

#[test]
fn it_is_taken_back_by_itself_and_what_others_wrote_stays() {
    let sandbox = Sandbox::new(ALLOW, "");
    let out = provisional(&sandbox, &["allow", "10.1.2.3"]);
    assert!(out.contains("change 1 will be rolled back at "), "{out}");
    let table = sandbox.path("etc/hosts.allow");
    let with = sandbox.tables().0;
    assert_eq!(with, format!("{ALLOW}ALL: 10.1.2.3\n"));
    let rows = sandbox.run(&["history"]).out;
    assert!(rows.contains(" unless confirmed)"), "{rows}");
    std::fs::write(&table, format!("{with}foreign: 10.9.9.9\n")).unwrap();
    await_allow(&sandbox, &format!("{ALLOW}foreign: 10.9.9.9\n"));
    await_history(&sandbox, "(rolled back by 2)");
    let ran = sandbox.run(&["confirm", &word(&out)]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("no change waits"), "{}", ran.err);
}

#[test]
fn the_word_is_told_also_where_nothing_else_is() {
    let sandbox = Sandbox::new(ALLOW, "");
    let ran = sandbox.run(&["--quiet", "deny-all", "--confirm-within", "1h"]);
    assert_eq!((ran.code, &*ran.out), (Some(0), ""), "{}", ran.err);
    let ran = sandbox.run(&["confirm", &word(&ran.err)]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    await_end(&sandbox);
}

#[test]
fn the_word_confirms_and_then_it_stays() {
    let sandbox = Sandbox::new(ALLOW, "");
    let out = provisional(&sandbox, &["deny-all"]);
    let ran = sandbox.run(&["confirm", "nonsense"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.contains("`nonsense` does not confirm a change"),
        "{}",
        ran.err
    );
    // This test was not started by an sshd of after the change, if by any.
    let ran = sandbox.run(&["confirm"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(ran.err.contains("log in again"), "{}", ran.err);
    let ran = sandbox.run(&["confirm", &word(&out)]);
    assert_eq!(
        (ran.code, &*ran.out),
        (Some(0), "change 1 is confirmed and stays\n")
    );
    let rows = sandbox.run(&["history"]).out;
    assert!(rows.ends_with("(confirmed)\n"), "{rows}");
    thread::sleep(Duration::from_secs(8));
    assert_eq!(sandbox.tables().1, "ALL: ALL\n");
    // What is confirmed can still be undone.
    assert_eq!(sandbox.run(&["undo"]).code, Some(0));
    assert_eq!(sandbox.tables().1, "");
}

#[test]
fn the_next_command_takes_it_back_if_nobody_waits_any_more() {
    let commands = ["expire", "history", "list", "deliver"].map(|verb| {
        let sandbox = Sandbox::new(ALLOW, "");
        provisional(&sandbox, &["allow", "10.1.2.3"]);
        send(&sandbox, Signal::SIGKILL);
        (verb, sandbox)
    });
    thread::sleep(Duration::from_secs(6));
    for (verb, sandbox) in commands {
        assert!(sandbox.tables().0.contains("10.1.2.3"));
        let ran = sandbox.run(&[verb]);
        assert_eq!(ran.code, Some(0), "{verb}: {}", ran.err);
        let told = "change 1 was not confirmed and was rolled back";
        assert!(ran.err.contains(told), "{verb}: {}", ran.err);
        assert_eq!(sandbox.tables().0, ALLOW, "{verb}");
    }
}

#[test]
fn nobody_waits_for_tables_that_are_gone() {
    let sandbox = Sandbox::new(ALLOW, "");
    within(&sandbox, &["allow", "10.1.2.3"], "1h");
    assert_eq!(waiting(&sandbox).len(), 1);
    for directory in ["etc", "var"] {
        std::fs::remove_dir_all(sandbox.path(directory)).unwrap();
    }
    await_end(&sandbox);
}

#[test]
fn who_is_told_to_end_rolls_back_at_once() {
    for signal in [
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGINT,
        Signal::SIGQUIT,
    ] {
        let sandbox = Sandbox::new(ALLOW, "");
        within(&sandbox, &["allow", "10.1.2.3"], "1h");
        assert!(sandbox.tables().0.contains("10.1.2.3"));
        let start = Instant::now();
        send(&sandbox, signal);
        await_allow(&sandbox, ALLOW);
        let took = start.elapsed();
        await_history(&sandbox, "(rolled back by 2)");
        await_end(&sandbox);
        say(&format!(
            "rollback: {signal} takes the change back after {took:.1?}, not in an hour"
        ));
    }
}

/// The top of the unified hierarchy of control groups, if there is one.
fn unified() -> Option<PathBuf> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let line = mounts.lines().find(|line| line.contains(" - cgroup2 "))?;
    line.split(' ').nth(4).map(PathBuf::from)
}

/// Who ends a session ends all that is in its control group.
#[test]
fn the_end_of_the_control_group_is_not_that_of_the_process_that_waits() {
    let top = unified();
    let group = top.map(|top| top.join(format!("tcpw-session-{}", std::process::id())));
    let Some(group) = group.filter(|group| std::fs::create_dir(group).is_ok()) else {
        say("rollback: not tried in a control group of its own, since none can be made here");
        return;
    };
    let sandbox = Sandbox::new(ALLOW, "");
    let output = Command::new("sh")
        .args([
            "-c",
            "echo 0 >\"$1/cgroup.procs\" || exit 9; shift; \"$@\"; sleep 300 & sleep 0",
            "sh",
        ])
        .arg(&group)
        .arg(env!("CARGO_BIN_EXE_tcpw"))
        .arg("--root")
        .arg(sandbox.directory.path())
        .args(["allow", "10.1.2.3", "--confirm-within", "1h"])
        .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert_eq!(output.code(), Some(0));
    let procs = || std::fs::read_to_string(group.join("cgroup.procs")).unwrap();
    // What else was started in the session is there, and ends.
    assert_eq!(procs().lines().count(), 1, "{}", procs());
    std::fs::write(group.join("cgroup.kill"), "1").unwrap();
    let start = Instant::now();
    while !procs().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(20), "{}", procs());
        thread::sleep(Duration::from_millis(20));
    }
    std::fs::remove_dir(&group).unwrap();
    send(&sandbox, Signal::SIGTERM);
    await_allow(&sandbox, ALLOW);
    await_end(&sandbox);
    say("rollback: the process that waits outlives the control group of its session");
}

#[test]
fn after_a_restart_it_is_due_at_once() {
    for verb in ["expire", "list", "history"] {
        let sandbox = Sandbox::new(ALLOW, "");
        let out = within(&sandbox, &["allow", "10.1.2.3"], "1h");
        send(&sandbox, Signal::SIGKILL);
        let ran = sandbox.run(&["list"]);
        assert!(
            ran.err.contains("change 1 will be rolled back at "),
            "{}",
            ran.err
        );
        let ran = sandbox.run(&["deny", "10.7.7.7", "--dry-run"]);
        assert!(
            ran.err.contains("change 1 will be rolled back at "),
            "{}",
            ran.err
        );
        restart(&sandbox);
        let ran = sandbox.run(&["deny", "10.7.7.7", "--dry-run"]);
        assert!(
            ran.err
                .contains("change 1 was not confirmed: `tcpw expire`"),
            "{}",
            ran.err
        );
        assert!(sandbox.tables().0.contains("10.1.2.3"));
        let ran = sandbox.run(&[verb]);
        assert_eq!(ran.code, Some(0), "{verb}: {}", ran.err);
        assert_eq!(sandbox.tables().0, ALLOW, "{verb}");
        assert_eq!(sandbox.run(&["confirm", &word(&out)]).code, Some(2));
    }
}

/// A change of both tables is killed before each of its renames: whoever stands by finishes what was
/// cut short, and rolls it back in time.
#[test]
fn a_change_that_is_cut_short_is_rolled_back_too() {
    const MOST: usize = 30;
    let deny = "# theirs\n";
    let cut = |number: usize| -> bool {
        let sandbox = Sandbox::new(ALLOW, deny);
        let mut command = Command::new("strace");
        let calls = "rename,renameat,renameat2";
        command
            .arg("-o")
            .arg(sandbox.path("log"))
            .args(["-e", &format!("trace={calls}")])
            .args(["-e", &format!("inject={calls}:signal=KILL:when={number}")])
            .arg(env!("CARGO_BIN_EXE_tcpw"))
            .arg("--root")
            .arg(sandbox.directory.path())
            .args(["install-alert", "--force", "--confirm-within", "5s"])
            .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22");
        let output = command.output().expect("strace is needed");
        let log = std::fs::read_to_string(sandbox.path("log")).unwrap();
        await_end(&sandbox);
        let told = format!(
            "killed at rename {number}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(
            sandbox.tables(),
            (ALLOW.to_owned(), deny.to_owned()),
            "{told}"
        );
        assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"], "{told}");
        assert!(
            !sandbox.path("var/lib/tcpw/history/pending.json").exists(),
            "{told}"
        );
        log.contains("+++ killed by SIGKILL")
    };
    let killed = thread::scope(|scope| {
        let runs: Vec<_> = (1..MOST)
            .map(|number| scope.spawn(move || cut(number)))
            .collect();
        runs.into_iter()
            .filter_map(|run| run.join().unwrap().then_some(()))
            .count()
    });
    assert!((6..MOST - 1).contains(&killed), "{killed}");
    say(&format!(
        "rollback: killed at {killed} renames, back in time after each"
    ));
}

#[test]
fn what_cannot_be_rolled_back_is_not_made() {
    let sandbox = Sandbox::new(ALLOW, "");
    let output = Command::new("strace")
        .args([
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "inject=socketpair:error=EMFILE",
        ])
        .arg(env!("CARGO_BIN_EXE_tcpw"))
        .arg("--root")
        .arg(sandbox.directory.path())
        .args(["deny-all", "--force", "--confirm-within", "5s"])
        .output()
        .expect("strace is needed");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("cannot start what would roll the change back"),
        "{told}"
    );
    assert!(told.contains("nothing was written"), "{told}");
    assert_eq!(sandbox.tables(), (ALLOW.to_owned(), String::new()));
    assert!(waiting(&sandbox).is_empty());
}

#[test]
fn a_change_that_comes_too_late_to_be_confirmed_is_not_made() {
    let sandbox = Sandbox::new(ALLOW, "");
    let side = std::fs::File::create(sandbox.path("etc/.hosts.allow.tcpw.lock")).unwrap();
    side.lock().unwrap();
    let mut command = sandbox.command(&["allow", "10.1.2.3", "--confirm-within", "5s"]);
    let child = command
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_secs(7));
    drop(side);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("was over before the tables could be written"),
        "{told}"
    );
    await_end(&sandbox);
    assert_eq!(sandbox.tables().0, ALLOW);
}

#[test]
fn undo_settles_it_and_a_later_change_stays() {
    let sandbox = Sandbox::new(ALLOW, "");
    provisional(&sandbox, &["allow", "10.1.2.3"]);
    assert_eq!(sandbox.run(&["deny", "10.7.7.7"]).code, Some(0));
    assert_eq!(sandbox.run(&["undo", "1"]).code, Some(0));
    assert_eq!(sandbox.tables().0, ALLOW);
    let ran = sandbox.run(&["confirm"]);
    assert!(ran.err.contains("no change waits"), "{}", ran.err);
    thread::sleep(Duration::from_secs(7));
    assert_eq!(
        sandbox.tables(),
        (ALLOW.to_owned(), "ALL: 10.7.7.7\n".to_owned())
    );
    assert_eq!(sandbox.run(&["history"]).out.lines().count(), 3);
}

#[test]
fn times_that_make_no_sense_are_refused() {
    let sandbox = Sandbox::new(ALLOW, "");
    for time in ["0s", "1s", "25h", "soon", "", "-5m"] {
        let argument = format!("--confirm-within={time}");
        let ran = sandbox.run(&["deny-all", &argument]);
        assert_eq!(ran.code, Some(2), "{time}");
        assert!(ran.err.contains("from 5s to 24h"), "{}", ran.err);
    }
    assert_eq!(sandbox.tables().1, "");
}
