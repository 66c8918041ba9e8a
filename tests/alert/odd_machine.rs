//! A machine without threads to spare, without a right time, with a log that takes nothing.

use super::delivery::smtp;
use super::rogue::{Protection, Rogue};
use super::stage::{Ran, Stage};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// A program that calls itself another time: the clock reads a day before 1970.
const CLOCK: &str = r"
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *now) {
    extern long syscall(long, ...);
    long done = syscall(228, id, now);
    if (id == CLOCK_REALTIME) now->tv_sec = -86400;
    return (int) done;
}
";

/// A run behind `before`, a program with its arguments.
fn run_behind(before: &[&str], stage: &Stage, program: &str, args: &[&str]) -> Ran {
    let begin = Instant::now();
    let output = Command::new(before[0])
        .args(&before[1..])
        .arg(program)
        .arg("--root")
        .arg(stage.path(""))
        .args(args)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    Ran::new(&output, begin.elapsed())
}

const TCPW: &str = env!("CARGO_BIN_EXE_tcpw");

#[test]
fn a_thread_that_cannot_be_started_is_a_failure_and_no_panic() {
    let rogue = Rogue::start(Protection::None, |_| None);
    let server = Stage::configured(&smtp(rogue.port, "tls = 'none'\n"));
    let trace = server.path("trace");
    let fault = format!(
        "strace -qq -o {} -e trace=clone3 -e inject=clone3:error=EAGAIN",
        trace.display()
    );
    let before: Vec<&str> = fault.split(' ').collect();
    let ran = run_behind(&before, &server, TCPW, &["mail", "test"]);
    ran.says(1, &["not sent", "cannot start a thread"]);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    assert!(fs::read_to_string(&trace).unwrap().contains("INJECTED"));
    assert!(rogue.mails().is_empty());
    // A program's first thread feeds it: the program is ended and not left behind.
    let mark = format!("7{}", std::process::id());
    let local = Stage::new();
    let mailer = local.path("mailer");
    fs::write(&mailer, format!("#!/bin/sh\nexec sleep {mark}\n")).unwrap();
    fs::set_permissions(&mailer, fs::Permissions::from_mode(0o755)).unwrap();
    local.configure("[mail]\nto = \"a@b\"\ntransport = \"sendmail\"\nsendmail = \"/mailer\"\n");
    for nth in 1..=4 {
        let fault = format!(
            "strace -qq -o {} -e trace=clone3 -e inject=clone3:error=EAGAIN:when={nth}+",
            trace.display()
        );
        let before: Vec<&str> = fault.split(' ').collect();
        let ran = run_behind(&before, &local, TCPW, &["mail", "test"]);
        assert!(!ran.err.contains("panicked"), "{nth}: {}", ran.err);
        ran.says(1, &["not sent"]);
        assert!(ran.time < Duration::from_secs(20), "{:?}", ran.time);
        if !fs::read_to_string(&trace).unwrap().contains("INJECTED") {
            assert!(nth > 2, "nothing was injected");
            break;
        }
        assert!(!is_running(&mark), "the mailer lives on");
    }
}

fn is_running(mark: &str) -> bool {
    let entries = fs::read_dir("/proc").unwrap();
    entries.flatten().any(|entry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line == format!("sleep\0{mark}\0").as_bytes()
    })
}

/// `code` as a library to be loaded before all others.
fn library(stage: &Stage, code: &str) -> String {
    let (source, library) = (stage.path("shim.c"), stage.path("shim.so"));
    fs::write(&source, code).unwrap();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(&source)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{told}");
    library.display().to_string()
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_clock_before_1970_loses_no_event() {
    let stage = Stage::new();
    let preload = format!("LD_PRELOAD={}", library(&stage, CLOCK));
    let before = ["env", preload.as_str()];
    let args = ["--addr=192.0.2.7", "--daemon=sshd", "--", "host.example"];
    let lock = stage.hold_lock();
    let notifier = concat!(env!("CARGO_BIN_EXE_tcpw"), "-notify");
    let ran = run_behind(&before, &stage, notifier, &args);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let text = fs::read_to_string(&stage.drops()[0]).unwrap();
    assert!(text.contains("\ntime 1969-12-31T00:00:00"), "{text}");
    drop(lock);
    let ran = run_behind(&before, &stage, TCPW, &["deliver"]);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    assert_eq!(stage.count("SELECT count(*) FROM events"), 1, "{}", ran.out);
}

#[test]
fn a_log_that_takes_nothing_does_not_hold_up_mail() {
    let stage = Stage::new();
    let lock = stage.hold_lock();
    for n in 0..60 {
        stage.alarm(&[
            "--addr=192.0.2.7",
            "--daemon=sshd",
            "--",
            &format!("h{n}.example"),
        ]);
    }
    drop(lock);
    let log = UnixDatagram::bind(stage.path("dev/log")).unwrap();
    fill(&stage.path("dev/log"));
    let ran = stage.run(&["deliver"]);
    assert_eq!(
        stage.count("SELECT count(*) FROM events"),
        60,
        "{}",
        ran.err
    );
    assert!(!stage.mails().is_empty());
    // 60 times 0.2 s would be 12 s.
    assert!(ran.time < Duration::from_secs(6), "{:?}", ran.time);
    drop(log);
}

/// Sends to the socket at `path` until it takes no more.
fn fill(path: &Path) {
    let sender = UnixDatagram::unbound().unwrap();
    sender.set_nonblocking(true).unwrap();
    while sender.send_to(b"x", path).is_ok() {}
}

/// Root runs the system's own programs, whatever `PATH` says.
#[test]
fn root_runs_no_program_that_path_names() {
    let stage = Stage::new();
    let bin = stage.path("bin");
    fs::create_dir(&bin).unwrap();
    for name in ["journalctl", "systemctl", "getent"] {
        let program = bin.join(name);
        let script = format!("#!/bin/sh\ntouch {}/ran\n", stage.path("").display());
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::write(stage.path("etc/hosts.allow"), "sshd : @group\n").unwrap();
    let search = format!("{}:/usr/bin:/bin", bin.display());
    for args in [
        vec!["report", "--journald"],
        vec!["match", "sshd", "192.0.2.7"],
        vec!["lint"],
    ] {
        let output = stage.command(&args).env("PATH", &search).output().unwrap();
        assert!(!stage.path("ran").exists(), "{args:?}: {output:?}");
    }
}

/// What the deliverer knows stays out of core dumps.
#[test]
fn a_process_that_holds_secrets_leaves_no_core_dump() {
    let rogue = Rogue::at(Protection::None, "greeting", super::rogue::Act::Stall);
    let stage = Stage::configured(&smtp(rogue.port, "tls = 'none'\n"));
    let mut child = stage.command(&["mail", "test"]).spawn().unwrap();
    let of = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", child.id()));
    super::stage::wait_until("the core limit is set", || {
        of("limits").is_ok_and(|limits| {
            let line = limits.lines().find(|line| line.contains("core file size"));
            line.is_some_and(|line| line.split_whitespace().nth(4) == Some("0"))
        })
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let trace = stage.path("trace");
    let fault = format!("strace -qq -o {} -e trace=prctl,openat", trace.display());
    let before: Vec<&str> = fault.split(' ').collect();
    let notifier = concat!(env!("CARGO_BIN_EXE_tcpw"), "-notify");
    let args = [
        "--addr",
        "192.0.2.7",
        "--daemon",
        "sshd",
        "--",
        "host.example",
    ];
    for (program, args) in [(notifier, &args[..]), (TCPW, &["queue", "list"])] {
        run_behind(&before, &stage, program, args);
        let calls = fs::read_to_string(&trace).unwrap();
        let off = calls.find("PR_SET_DUMPABLE, SUID_DUMP_DISABLE");
        let config = calls.find("tcpw.toml").unwrap();
        assert!(off.is_some_and(|off| off < config), "{program}: {calls}");
    }
}
