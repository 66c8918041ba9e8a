//! Changes that have to be confirmed: they are rolled back by themselves, also when the process
//! that waits is gone, and what others wrote meanwhile stays. A new login at the real sshd is tried
//! in `tests/sshd`.

use super::sandbox::Sandbox;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::thread;
use std::time::{Duration, Instant};

const ALLOW: &str = "# mine\nALL: 0.0.0.1\n";

/// A change that has to be confirmed within five seconds; what it printed.
fn provisional(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let mut all = arguments.to_vec();
    all.extend(["--confirm-within", "5s"]);
    let ran = sandbox.run(&all);
    assert_eq!((ran.code, &*ran.err), (Some(0), ""), "{}", ran.out);
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

/// Ends the process that waits in `sandbox`, as a reboot would.
fn end_waiting(sandbox: &Sandbox) {
    let root = sandbox.directory.path().display().to_string();
    let is_it = |process: &u32| {
        let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        line.contains("\0rollback\0") && line.contains(&root)
    };
    let find = || -> Vec<u32> {
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        processes
            .filter_map(|process| process.file_name().to_str()?.parse().ok())
            .filter(is_it)
            .collect()
    };
    // On a busy machine it takes a moment until it is the program that it starts.
    let start = Instant::now();
    let mut found = find();
    while found.is_empty() && start.elapsed() < Duration::from_secs(4) {
        thread::sleep(Duration::from_millis(20));
        found = find();
    }
    assert_eq!(found.len(), 1);
    let process = Pid::from_raw(found[0].try_into().unwrap());
    kill(process, Signal::SIGKILL).unwrap();
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
    let commands = ["expire", "history", "deliver"].map(|verb| {
        let sandbox = Sandbox::new(ALLOW, "");
        provisional(&sandbox, &["allow", "10.1.2.3"]);
        end_waiting(&sandbox);
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
