//! What daemons with a sandbox or odd limits report is mailed, or it waits and the system log says so.

use super::stage::{GID, Stage, UID, wait_until};
use nix::unistd::geteuid;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Output};

const NOTIFIER: &str = concat!(env!("CARGO_BIN_EXE_tcpw"), "-notify");
const EVENT: &str = "--addr=192.0.2.7 --daemon=sshd -- visitor.example";

/// Runs a notify on the stage in the surroundings that `before` makes.
fn notify_in(stage: &Stage, starter: &[&str], before: &str) -> Output {
    let root = stage.path("");
    let script = format!(
        "set -e; root={0}; {before}\nexec {NOTIFIER} --root {0} {EVENT}",
        root.display()
    );
    let mut command = Command::new("env");
    command.args(starter).args(["bash", "-c", &script]);
    command.output().unwrap()
}

fn heard(log: &UnixDatagram) -> String {
    let mut text = String::new();
    let mut line = [0; 4096];
    log.set_nonblocking(true).unwrap();
    while let Ok(length) = log.recv(&mut line) {
        text.push_str(&String::from_utf8_lossy(&line[..length]));
    }
    text
}

#[test]
fn limits_of_a_daemon_do_not_reach_the_deliverer() {
    assert!(geteuid().is_root(), "this test needs root");
    for (limits, of) in [
        ("-f 4", "size of files"),
        ("-n 8", "descriptors"),
        ("-u 3", "processes"),
        ("-v 65536", "memory"),
        ("-t 1", "computing time"),
    ] {
        let stage = Stage::with_user();
        let output = notify_in(&stage, &[], &format!("ulimit -S {limits}"));
        assert!(output.status.success(), "{limits}: {output:?}");
        wait_until(limits, || stage.mails().len() == 1);
        super::stage::end_deliverer(&stage);
        // Who may lift a hard limit does; else nobody holds the lock in vain, and it is told.
        let stage = Stage::with_user();
        let log = UnixDatagram::bind(stage.path("dev/log")).unwrap();
        let output = notify_in(&stage, &[], &format!("ulimit {limits}"));
        assert!(output.status.success(), "{limits}: {output:?}");
        let mut told = String::new();
        if may_lift_limits() {
            wait_until(limits, || stage.mails().len() == 1);
            continue;
        }
        wait_until("it is told", || {
            told.push_str(&heard(&log));
            told.contains("the event waits for tcpw deliver")
        });
        assert!(told.contains(&format!("({of})")), "{told}");
        stage.run(&["deliver"]).says(0, &[]);
        assert_eq!(stage.mails().len(), 1);
    }
}

/// Whether this process has `CAP_SYS_RESOURCE` (capabilities(7)).
fn may_lift_limits() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let set = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:\t"));
    u64::from_str_radix(set.unwrap(), 16).unwrap() & (1 << 24) != 0
}

/// Nothing at all can be written: then the system log has the event, as ever.
#[test]
fn a_daemon_that_may_write_nothing_has_the_system_log() {
    assert!(geteuid().is_root(), "this test needs root");
    let stage = Stage::with_user();
    let log = UnixDatagram::bind(stage.path("dev/log")).unwrap();
    let output = notify_in(&stage, &[], "ulimit -f 0");
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    assert!(heard(&log).contains("visitor.example"));
}

#[test]
fn a_sandbox_leaves_the_alert_to_others_and_says_so() {
    assert!(geteuid().is_root(), "this test needs root");
    let read_only = "mkdir -p $root/var/lib/tcpw; mount --bind $root/var/lib $root/var/lib; \
                     mount -o remount,bind,ro $root/var/lib";
    for (unshare, before, what) in [
        ("--net", "", "network"),
        ("--mount", "", "files"),
        ("--mount", read_only, "Read-only file system"),
    ] {
        let stage = Stage::with_user();
        let log = UnixDatagram::bind(stage.path("dev/log")).unwrap();
        let output = notify_in(&stage, &["unshare", unshare], before);
        assert!(output.status.success(), "{output:?}");
        let mut told = String::new();
        wait_until("it is told", || {
            told.push_str(&heard(&log));
            told.contains(" waits for tcpw")
        });
        assert!(told.contains(what), "{told}");
        assert_eq!((stage.drops().len(), stage.mails().len()), (1, 0));
        // The schedule, which is no part of the sandbox.
        stage.run(&["deliver", "--background"]).says(0, &[]);
        assert_eq!((stage.drops().len(), stage.mails().len()), (0, 1));
    }
}

/// The machine itself: its own users, paths and first process, in namespaces of its own.
const MACHINE: &str = r#"set -e
mount -t tmpfs tmpfs /var/lib
mount -t tmpfs tmpfs /var/spool
mount -t tmpfs tmpfs /run
mkdir -p /etc/systemd
mount -t tmpfs tmpfs /etc/systemd
cp /etc/passwd $place/passwd
echo "tcpw:x:$uid:$gid::/nonexistent:/usr/sbin/nologin" >>$place/passwd
chmod 644 $place/passwd
mount --bind $place/passwd /etc/passwd
"#;

fn on_machine(script: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new("unshare")
        .args([
            "--mount",
            "--pid",
            "--fork",
            "--mount-proc",
            "--kill-child",
            "bash",
            "-c",
        ])
        .arg(format!("{MACHINE}{script}"))
        .env("place", place.path())
        .env("uid", UID.to_string())
        .env("gid", GID.to_string())
        .env("notifier", NOTIFIER)
        .env("tcpw", env!("CARGO_BIN_EXE_tcpw"))
        .env("event", EVENT)
        .output()
        .expect("unshare (util-linux) is installed");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_user_is_looked_up_as_the_machine_looks_users_up() {
    assert!(geteuid().is_root(), "this test needs root");
    let out = on_machine(
        "$notifier $event\n\
         for i in $(seq 200); do ls /var/lib/tcpw/mail/*.eml >/dev/null 2>&1 && break; sleep 0.1; done\n\
         stat -c '%u:%g %a' /var/lib/tcpw/deliver /var/lib/tcpw/mail/*.eml\n\
         stat -c '%u' /var/lib/tcpw\n",
    );
    assert_eq!(out, format!("{UID}:{GID} 750\n{UID}:{GID} 600\n0\n"));
}

#[test]
fn where_systemd_watches_notify_starts_nothing() {
    assert!(geteuid().is_root(), "this test needs root");
    let out = on_machine(
        "mkdir -p /run/systemd/system /etc/systemd/system/paths.target.wants\n\
         ln -s /nonexistent /etc/systemd/system/paths.target.wants/tcpw-deliver.path\n\
         $notifier $event; sleep 1; pgrep -x tcpw | wc -l; find /var/spool/tcpw -name '*.event' | wc -l\n\
         ls -A /var/lib | wc -l\n\
         rm -r /run/systemd; $notifier $event\n\
         for i in $(seq 200); do ls /var/lib/tcpw/mail/*.eml >/dev/null 2>&1 && echo mailed && break; sleep 0.1; done\n",
    );
    assert_eq!(out, "0\n1\n0\nmailed\n");
}

/// Where no thread can be started, one thing is done after the other.
#[test]
fn without_threads_the_mail_is_sent_all_the_same() {
    assert!(geteuid().is_root(), "this test needs root");
    let stage = Stage::with_user();
    let lock = stage.hold_lock();
    stage.notify("visitor.example");
    drop(lock);
    let output = Command::new("strace")
        .args(["-qq", "-f", "-o"])
        .arg(stage.path("trace"))
        .args([
            "-e",
            "trace=clone3,clone",
            "-e",
            "inject=clone3:error=EAGAIN",
        ])
        .arg(env!("CARGO_BIN_EXE_tcpw"))
        .arg("--root")
        .arg(stage.path(""))
        .arg("deliver")
        .output()
        .expect("strace is installed");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let trace = fs::read_to_string(stage.path("trace")).unwrap();
    assert!(trace.contains("INJECTED"), "{trace}");
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert_eq!(stage.mails().len(), 1);
}
