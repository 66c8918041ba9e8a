//! The programs that the campaign tries, run by strace, which makes their system calls fail.

use super::calls::{Fault, Harm};
use crate::alert::stage::Stage;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Longer than every time limit of the program taken together.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(4);
/// How long a deliverer in the background works before it is asked to make room.
const BACKGROUND: Duration = Duration::from_millis(400);

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    /// `tcpw-notify`, what an alert rule runs.
    Notifier,
    /// `tcpw notify`.
    Notify,
    /// `tcpw deliver`.
    Deliver,
    /// `tcpw deliver --background`, what `notify` starts.
    Background,
}

impl Program {
    /// Whether it records an event.
    pub(super) fn records(self) -> bool {
        matches!(self, Self::Notifier | Self::Notify)
    }

    fn binary(self) -> PathBuf {
        match self {
            Self::Notifier => concat!(env!("CARGO_BIN_EXE_tcpw"), "-notify").into(),
            Self::Notify | Self::Deliver | Self::Background => env!("CARGO_BIN_EXE_tcpw").into(),
        }
    }

    /// Its words after `--root`; `host` is the event that it records.
    fn words(self, host: &str) -> Vec<String> {
        let number: u32 = host.bytes().map(u32::from).sum();
        let event = format!(
            "--addr=10.9.{}.{} --daemon=sshd --server=sshd@192.0.2.1 --pid=4711 -- {host}",
            number % 250,
            number % 199
        );
        let words = match self {
            Self::Notifier => event,
            Self::Notify => format!("notify {event}"),
            Self::Deliver => "deliver".to_owned(),
            Self::Background => "deliver --background".to_owned(),
        };
        words.split(' ').map(str::to_owned).collect()
    }
}

/// How a run under faults ended.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Nothing if it was killed.
    pub(super) code: Option<i32>,
    pub(super) told: String,
    /// What strace wrote of it and of what it started.
    pub(super) log: String,
    /// How many faults there were.
    pub(super) hits: usize,
    /// Whether it had to be ended.
    pub(super) is_hung: bool,
}

impl Ended {
    /// What was said or done by anybody of it that must never be.
    pub(super) fn panics(&self) -> Vec<String> {
        let mut found = Vec::new();
        // The standard library does not believe that a directory cannot be closed, and Linux has no
        // file system in which that fails; and it needs some memory before the program begins.
        let is_std = self.told.contains("error during closedir")
            || self
                .told
                .contains("failed to allocate an alternative stack")
            || self
                .told
                .contains("failed to set up alternative stack guard page");
        if self.told.contains("panicked") && !is_std {
            found.push(self.told.clone());
        }
        // Rust programs end so when there is no memory.
        if self.code == Some(101) && !is_std {
            found.push(format!("exit code 101: {}", self.told));
        }
        let is_memory = self.told.contains("memory allocation of") || self.log.contains("ENOMEM");
        for line in self.log.lines() {
            let is_panic = line.contains("+++ exited with 101 +++") && !is_std;
            let is_abort = line.contains("+++ killed by SIGABRT") && !is_memory && !is_std;
            let is_crash = line.contains("+++ killed by SIGSEGV") && !self.log.contains("ENOMEM");
            if is_panic || is_abort || is_crash {
                found.push(line.to_owned());
            }
        }
        found
    }
}

/// Runs `program` with `faults`, until it has ended; what it has started goes on without faults.
pub(super) fn run(stage: &Stage, program: Program, host: &str, faults: &[Fault]) -> Ended {
    let log = stage.path("trace");
    // That of an earlier run tells of an end that is not this one's.
    drop(fs::remove_file(&log));
    let said = fs::File::create(stage.path("said")).unwrap();
    let mut command = Command::new("strace");
    // It follows the program from beside, so that this is the program's own end and code.
    command.args(["-D", "-f", "-I", "2", "-o"]).arg(&log);
    // Faster; but so strace kills nobody.
    if faults.iter().all(|fault| fault.harm != Harm::Kill) {
        command.arg("--seccomp-bpf");
    }
    if !faults.is_empty() {
        let calls: Vec<&str> = faults.iter().map(|fault| &*fault.call).collect();
        command.args(["-e", &format!("trace={}", calls.join(","))]);
    }
    for fault in faults {
        command.args(["-e", &fault.injection()]);
    }
    let child = command
        .arg(program.binary())
        .arg("--root")
        .arg(stage.path(""))
        .args(program.words(host))
        .env("NO_COLOR", "1")
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(said)
        .spawn()
        .unwrap();
    let status = wait(child, stage, program);
    end_tracer(&log);
    let log = fs::read_to_string(&log).unwrap_or_default();
    let kills = log.matches("+++ killed by SIGKILL").count();
    Ended {
        code: status.and_then(|status| status.code()),
        told: fs::read_to_string(stage.path("said")).unwrap(),
        hits: log.matches("(INJECTED)").count()
            + kills.max(usize::from(
                status.is_some_and(|status| status.signal() == Some(9)),
            )),
        log,
        is_hung: status.is_none(),
    }
}

/// Waits until the program has ended; nothing if it had to be ended.
fn wait(mut child: Child, stage: &Stage, program: Program) -> Option<ExitStatus> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if begin.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        if program == Program::Background && begin.elapsed() > BACKGROUND {
            // There may be no directory for it.
            drop(fs::write(stage.journal().with_extension("db.handover"), ""));
        }
        sleep(LOOK);
    }
}

/// Has strace let go of what the program has started, and write its log to the end.
fn end_tracer(log: &Path) {
    let log = log.to_str().unwrap();
    let is_it = |process: &i32| {
        let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        line.starts_with(b"strace\0") && String::from_utf8_lossy(&line).contains(log)
    };
    let names = fs::read_dir("/proc").unwrap().flatten();
    let numbers = names.filter_map(|name| name.file_name().to_str()?.parse().ok());
    for process in numbers.filter(is_it) {
        let begin = Instant::now();
        while is_it(&process) {
            // It may wait for ever for a thread that was killed.
            let is_late = begin.elapsed() > Duration::from_secs(2);
            let signal = if is_late {
                Signal::SIGKILL
            } else {
                Signal::SIGTERM
            };
            // It may have ended by itself.
            _ = kill(Pid::from_raw(process), signal);
            sleep(LOOK);
        }
    }
}
