//! A change that nobody confirms is back in time, whatever happens meanwhile: the session is killed,
//! the machine restarts, others hold every lock that they can, the clock jumps. Needs root.

use super::sandbox::Sandbox;
use crate::proof::say;
use std::fs::{self, File, Permissions};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const ALLOW: &str = "# mine\nALL: 0.0.0.1\n";
const DENY: &str = "# theirs\n";
/// Until when a change has to be confirmed.
const TIME: Duration = Duration::from_secs(6);
/// How much later it may be back on a machine that is busy: a nap of two seconds, two more for locks
/// out of courtesy, and the rest for whoever else works here.
const MARGIN: Duration = Duration::from_secs(14);
const CHANGE: [&str; 4] = ["install-alert", "--force", "--confirm-within", "6s"];

/// A preloaded library for which the clock is as many seconds ahead as a file says.
const CLOCK: &str = r#"
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
int clock_gettime(clockid_t id, struct timespec *now) {
    int done = syscall(SYS_clock_gettime, id, now);
    FILE *file = id == CLOCK_REALTIME ? fopen(JUMP, "r") : NULL;
    long ahead = 0;
    if (file) { if (fscanf(file, "%ld", &ahead) == 1) now->tv_sec += ahead; fclose(file); }
    return done;
}
time_t time(time_t *to) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (to) *to = now.tv_sec;
    return now.tv_sec;
}
"#;

fn stage() -> Sandbox {
    assert!(nix::unistd::geteuid().is_root(), "this test needs root");
    let sandbox = Sandbox::new(ALLOW, DENY);
    for path in [sandbox.directory.path().to_owned(), sandbox.path("etc")] {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }
    for table in ["etc/hosts.allow", "etc/hosts.deny"] {
        fs::set_permissions(sandbox.path(table), Permissions::from_mode(0o644)).unwrap();
    }
    sandbox
}

fn is_changed(sandbox: &Sandbox) -> bool {
    let (allow, deny) = sandbox.tables();
    allow != ALLOW || deny != DENY
}

/// Changes both tables by `before`, a program that runs another one; gives when.
fn change(sandbox: &Sandbox, before: &[&str]) -> Instant {
    let mut words = before.to_vec();
    words.extend([env!("CARGO_BIN_EXE_tcpw"), "--root"]);
    let output = Command::new(words[0])
        .args(&words[1..])
        .arg(sandbox.directory.path())
        .args(CHANGE)
        .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(is_changed(sandbox), "nothing was changed");
    Instant::now()
}

/// Waits until the tables are as they were; says by how much that was before or after the time.
#[track_caller]
fn is_back_in_time(
    what: &str,
    sandbox: &Sandbox,
    made: Instant,
    mut meanwhile: impl FnMut(),
) -> String {
    while is_changed(sandbox) {
        let late = made.elapsed().saturating_sub(TIME);
        assert!(
            late < MARGIN,
            "{what}: {late:?} late, {:?}",
            sandbox.tables()
        );
        meanwhile();
        thread::sleep(Duration::from_millis(50));
    }
    format!("{what} after {:.1} s", made.elapsed().as_secs_f32())
}

/// The processes whose command line has `word` and the root of the sandbox.
fn processes(sandbox: &Sandbox, word: &str) -> Vec<i32> {
    let root = sandbox.directory.path().display().to_string();
    let has = |process: &i32| {
        let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        line.contains(word) && line.contains(&root)
    };
    let names = fs::read_dir("/proc").unwrap().flatten();
    let numbers = names.filter_map(|name| name.file_name().to_str()?.parse().ok());
    numbers.filter(has).collect()
}

fn kill(process: i32) {
    let process = nix::unistd::Pid::from_raw(process);
    nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGKILL).unwrap();
}

/// A program that holds something until it is killed: it says so first.
struct Holder(Child);

impl Holder {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        assert_eq!(line, "held\n");
        Self(child)
    }

    /// Holds a lock on a file, as root or as a user who may only read it.
    fn lock(path: &Path, kind: &str, is_root: bool) -> Self {
        let mut command = Command::new(if is_root { "flock" } else { "setpriv" });
        if !is_root {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "flock"]);
        }
        Self::start(command.args(["-F", kind]).arg(path).args([
            "sh",
            "-c",
            "echo held; exec sleep 300",
        ]))
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// All that belongs to the session is killed at once, and the terminal hangs up.
fn killed_session() -> String {
    let sandbox = stage();
    let script = "\"$0\" --root \"$@\" >/dev/null 2>&1 && echo held; exec sleep 300";
    let mut command = Command::new("setsid");
    command
        .args(["sh", "-c", script, env!("CARGO_BIN_EXE_tcpw")])
        .arg(sandbox.directory.path())
        .args(CHANGE)
        .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22")
        .process_group(0);
    let mut shell = Holder::start(&mut command);
    let made = Instant::now();
    assert!(is_changed(&sandbox));
    let group = shell.0.id();
    for signal in ["-HUP", "-KILL"] {
        let session = Command::new("pkill")
            .args([signal, "-s", &group.to_string()])
            .status();
        // The session may have ended by the first of them.
        assert!(session.unwrap().code().is_some_and(|code| code < 2));
    }
    shell.0.wait().unwrap();
    is_back_in_time("session killed", &sandbox, made, || {})
}

/// Everybody is killed, also who waited, and the clock of the schedule runs `tcpw expire`.
fn killed_waiter() -> String {
    let sandbox = stage();
    let made = change(&sandbox, &["env"]);
    processes(&sandbox, "rollback").into_iter().for_each(kill);
    is_back_in_time("who waits killed, by the schedule", &sandbox, made, || {
        sandbox.run(&["expire"]);
    })
}

/// Everybody is gone and the machine has started again: the first run of the schedule is enough.
fn restarted() -> String {
    let sandbox = stage();
    let made = change(&sandbox, &["env"]);
    processes(&sandbox, "rollback").into_iter().for_each(kill);
    let path = sandbox.path("var/lib/tcpw/history/00000001.json");
    let text = fs::read_to_string(&path).unwrap();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    assert!(text.contains(boot.trim()), "{text}");
    fs::write(&path, text.replace(boot.trim(), "another")).unwrap();
    let ran = sandbox.run(&["expire"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(!is_changed(&sandbox), "not by the first run");
    is_back_in_time("restarted", &sandbox, made, || {})
}

/// Others hold locks on both tables, shared or alone, for ever.
fn locked_tables(kind: &str, is_root: bool) -> String {
    let sandbox = stage();
    let made = change(&sandbox, &["env"]);
    let _held: Vec<_> = ["etc/hosts.allow", "etc/hosts.deny"]
        .map(|table| Holder::lock(&sandbox.path(table), kind, is_root))
        .into();
    let who = if is_root { "root" } else { "uid 65534" };
    let what = format!("tables locked by {who} ({kind})");
    is_back_in_time(&what, &sandbox, made, || {})
}

/// Nobody but root can open the lock files of tcpw; who is root and holds them beyond the time lets
/// go of them at some time, and then it is taken back.
fn locked_side_files() -> String {
    let sandbox = stage();
    let made = change(&sandbox, &["env"]);
    let paths = [".hosts.allow.tcpw.lock", ".hosts.deny.tcpw.lock"]
        .map(|name| sandbox.path(&format!("etc/{name}")));
    for path in &paths {
        File::create(path).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
        let other = Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .args(["flock", "-n"])
            .arg(path)
            .arg("true")
            .stderr(Stdio::null())
            .status();
        assert!(
            !other.unwrap().success(),
            "others can lock {}",
            path.display()
        );
    }
    let held = paths.map(|path| Holder::lock(&path, "-x", true));
    while made.elapsed() < TIME + Duration::from_secs(2) {
        assert!(is_changed(&sandbox), "nobody held it up");
        thread::sleep(Duration::from_millis(50));
    }
    drop(held);
    is_back_in_time("lock files held by root for 8 s", &sandbox, made, || {})
}

/// The clock is set to another year while the change waits, forward and back.
fn clock_jumps(seconds: i64) -> String {
    let sandbox = stage();
    let (jump, library) = (sandbox.path("jump"), shim(&sandbox));
    fs::write(&jump, "0").unwrap();
    let script = "set -e; cp -a /etc \"$1/preloaded\"; echo \"$2\" >\"$1/preloaded/ld.so.preload\"
                  mount --bind \"$1/preloaded\" /etc; shift 2; exec \"$@\"";
    let root = sandbox.directory.path().to_str().unwrap();
    let library = library.to_str().unwrap();
    let made = change(
        &sandbox,
        &[
            "unshare",
            "-m",
            "--propagation",
            "private",
            "sh",
            "-c",
            script,
            "sh",
            root,
            library,
        ],
    );
    let waiting = processes(&sandbox, "rollback");
    assert_eq!(waiting.len(), 1);
    let maps = fs::read_to_string(format!("/proc/{}/maps", waiting[0])).unwrap();
    assert!(maps.contains("clock.so"), "{maps}");
    fs::write(&jump, seconds.to_string()).unwrap();
    let what = format!("clock set by {seconds} s");
    let told = is_back_in_time(&what, &sandbox, made, || {});
    assert!(
        made.elapsed() + Duration::from_secs(1) > TIME,
        "too early: {told}"
    );
    told
}

pub(super) fn shim(sandbox: &Sandbox) -> PathBuf {
    let (source, library) = (sandbox.path("clock.c"), sandbox.path("clock.so"));
    fs::write(&source, CLOCK).unwrap();
    let jump = format!("-DJUMP=\"{}\"", sandbox.path("jump").display());
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", &jump, "-o"])
        .args([&library, &source])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{told}");
    library
}

#[test]
fn what_nobody_confirms_is_back_in_time_whatever_happens() {
    const YEARS: i64 = 10 * 365 * 24 * 3600;
    let tries: Vec<Box<dyn Fn() -> String + Send>> = vec![
        Box::new(killed_session),
        Box::new(killed_waiter),
        Box::new(restarted),
        Box::new(|| locked_tables("-s", false)),
        Box::new(|| locked_tables("-x", false)),
        Box::new(|| locked_tables("-x", true)),
        Box::new(locked_side_files),
        Box::new(|| clock_jumps(YEARS)),
        Box::new(|| clock_jumps(-YEARS)),
    ];
    let told: Vec<String> = thread::scope(|scope| {
        let runs: Vec<_> = tries.into_iter().map(|one| scope.spawn(one)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    say(&format!(
        "rollback: to be confirmed within 6 s, back in time: {}",
        told.join("; ")
    ));
}
