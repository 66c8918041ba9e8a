//! Recording: fast, without a mail server, without a drop directory.

use super::stage::{Stage, wait_until};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

pub(super) fn listen(stage: &Stage) -> UnixDatagram {
    let log = UnixDatagram::bind(stage.path("dev/log")).unwrap();
    log.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    log
}

pub(super) fn heard(log: &UnixDatagram) -> String {
    let mut bytes = vec![0; 200_000];
    let length = log.recv(&mut bytes).unwrap();
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

#[test]
fn an_unwritable_drop_directory_sends_the_event_to_the_system_log() {
    let stage = Stage::configured("[drop]\npath = '/etc/tcpw.toml/drop'\n");
    let log = listen(&stage);
    let args = [
        "notify",
        "--addr",
        "192.0.2.7",
        "--daemon=sshd",
        "--",
        "-evil\n\x1b",
    ];
    stage
        .run(&args)
        .says(75, &["cannot create", "sent to the system log instead"]);
    let line = heard(&log);
    assert!(line.starts_with("<35>tcpw["), "{line}");
    for fact in ["host 7 -evil", "x0a", "addr 9 192.0.2.7", "daemon 4 sshd"] {
        assert!(line.contains(fact), "{fact}: {line}");
    }
    assert!(!line.contains('\n') && !line.contains('\x1b'));
    let whole = "b".repeat(10_000);
    stage.run(&["notify", &whole]).says(75, &[]);
    assert!(heard(&log).contains(&whole), "in full");
    drop(log);
    let lost = [
        "the system log did not take the event either (Connection refused",
        "it is lost",
    ];
    let ran = stage.run(&args);
    ran.says(74, &lost);
    assert!(!ran.err.contains("instead"), "{}", ran.err);
    fs::remove_file(stage.path("dev/log")).unwrap();
    let lost = ["did not take the event either (No such file", "it is lost"];
    stage.run(&args).says(74, &lost);
    stage.alarm(&args[1..]).says(74, &lost);
    stage.alarm(&["--adr", "x", "--", "h"]).says(2, &[]);
}

#[test]
fn a_broken_configuration_does_not_lose_the_event() {
    let stage = Stage::configured("[mail]\nfrm = 1\n");
    let log = listen(&stage);
    stage.run(&["notify", "h"]).says(0, &[]);
    // Where the event goes does not hang on it, so that the client does not wait for it.
    wait_until("the deliverer complains", || {
        heard(&log).contains("unknown key")
    });
    assert_eq!(stage.drops().len(), 1, "it waits for the repair");
    stage.configure("[drop]\npth = '/var/spool/other'\n");
    stage.run(&["notify", "h"]).says(0, &[]);
    let line = heard(&log);
    assert!(line.contains("using the defaults"), "{line}");
    stage.configure("[drop]\npath = '/var/spool/other'\n");
    stage.run(&["deliver"]).says(0, &["sent"]);
    assert_eq!(stage.count("SELECT count(*) FROM events"), 2);
}

#[test]
fn a_rule_with_wrong_arguments_is_told_to_the_system_log() {
    let stage = Stage::new();
    let log = listen(&stage);
    let root = stage.path("");
    let ran = Command::new(env!("CARGO_BIN_EXE_tcpw"))
        .args(["notify", "--root"])
        .arg(&root)
        .args(["--adr", "192.0.2.7\x1b", "--", "h"])
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(2));
    let line = heard(&log);
    assert!(line.contains("nothing was recorded; arguments:"), "{line}");
    assert!(
        line.contains(r#""--adr" "192.0.2.7\x1b" "--" "h""#),
        "{line}"
    );
}

#[test]
fn a_drop_directory_of_its_own() {
    let stage = Stage::new();
    let drop = stage.path("elsewhere");
    stage
        .run(&["notify", "--drop", drop.to_str().unwrap(), "h"])
        .says(0, &[]);
    wait_until("a mail", || stage.mails().len() == 1);
}

#[test]
fn inherited_descriptors_are_let_go_of() {
    let stage = Stage::new();
    // The writing end of a pipe as descriptor 9, the way sshd leaves its own open: the reader
    // sees the end only when neither notify nor the deliverer it starts holds it any more.
    let script = format!(
        "{{ {} --root {} notify h 9>&1 >/dev/null 2>&1; }} | cat; echo ended",
        env!("CARGO_BIN_EXE_tcpw"),
        stage.path("").display()
    );
    let begin = Instant::now();
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(
        begin.elapsed() < Duration::from_secs(2),
        "the deliverer kept the pipe"
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "ended\n");
    wait_until("a mail", || stage.mails().len() == 1);
}

/// As root a second report comes from `nobody`, who may neither list the drop directory nor see
/// the journal; anybody else can only report as themselves.
#[test]
fn the_reporter_is_the_owner_of_the_file() {
    let own = nix::unistd::geteuid();
    let stage = Stage::new();
    let everybody = fs::Permissions::from_mode(0o755);
    fs::set_permissions(stage.path(""), everybody).unwrap();
    stage.notify("first");
    wait_until("the directories", || stage.mails().len() == 1);
    let (prefix, other) = if own.is_root() {
        ("setpriv --reuid 65534 --regid 65534 --clear-groups", 65534)
    } else {
        ("", own.as_raw())
    };
    let script = format!(
        "exec {prefix} {} --root {} notify second",
        env!("CARGO_BIN_EXE_tcpw"),
        stage.path("").display()
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    stage.run(&["deliver"]).says(0, &[]);
    let uids: Vec<i64> = stage.query("SELECT uid FROM events ORDER BY id");
    assert_eq!(uids, [i64::from(own.as_raw()), i64::from(other)]);
}
