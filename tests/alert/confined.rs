//! The deliverer as a user of its own: what the kernel says of it while it works, what a program inside
//! it cannot do, and which files it obeys.

use super::delivery::smtp;
use super::rogue::{Act, Protection, Rogue};
use super::server::{Certificates, Server};
use super::stage::{GID, Stage, UID, files, wait_until};
use nix::unistd::geteuid;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

#[track_caller]
fn assert_root() {
    assert!(geteuid().is_root(), "this test needs root");
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn owner(path: &Path) -> (u32, u32, u32) {
    let found = fs::metadata(path).unwrap();
    (found.uid(), found.gid(), found.mode() & 0o7777)
}

/// The deliverer that works on the stage and is that user's.
fn deliverer(stage: &Stage) -> PathBuf {
    let root = format!("--root={}", stage.path("").display());
    let root = root.trim_end_matches('/');
    let mut found = None;
    wait_until("a deliverer works as tcpw", || {
        let entries = fs::read_dir("/proc").unwrap();
        found = entries.flatten().map(|entry| entry.path()).find(|process| {
            let line = fs::read(process.join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            let is_it = line.contains(root) && line.contains("\0--background\0");
            is_it && field(process, "Seccomp:").starts_with('2')
        });
        found.is_some()
    });
    found.unwrap()
}

fn field(process: &Path, name: &str) -> String {
    let status = fs::read_to_string(process.join("status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let words: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
    words.join(" ")
}

#[test]
fn at_work_it_has_no_rights_of_root_and_no_way_back() {
    assert_root();
    let rogue = Rogue::at(Protection::None, "greeting", Act::Stall);
    let stage = Stage::with_user();
    stage.configure(&smtp(rogue.port, "tls = 'none'\n"));
    let notifier = concat!(env!("CARGO_BIN_EXE_tcpw"), "-notify");
    let root = stage.path("");
    // As a daemon leaves it: limits, a variable that nobody needs, a descriptor, a signal ignored.
    let script = format!(
        "trap '' TERM CHLD; ulimit -Sf 64; ulimit -Sn 16; exec 7</dev/null; SECRET=1 LD_BIND_NOW=1 \
         exec {notifier} --root {} --addr=192.0.2.7 --daemon=sshd -- h.example",
        root.display()
    );
    let ran = Command::new("bash").args(["-c", &script]).status().unwrap();
    assert!(ran.success());
    let process = deliverer(&stage);
    for (name, value) in [
        ("Uid:", format!("{UID} {UID} {UID} {UID}")),
        ("Gid:", format!("{GID} {GID} {GID} {GID}")),
        ("Groups:", GID.to_string()),
        ("CapPrm:", "0000000000000000".to_owned()),
        ("CapEff:", "0000000000000000".to_owned()),
        ("CapAmb:", "0000000000000000".to_owned()),
        ("NoNewPrivs:", "1".to_owned()),
        ("Seccomp:", "2".to_owned()),
        ("Umask:", "0077".to_owned()),
        // SIGXFSZ is an error of a write.
        ("SigBlk:", "0000000001000000".to_owned()),
    ] {
        assert_eq!(field(&process, name), value, "{name}");
    }
    // So is SIGPIPE; what is beyond the usual signals is the C library's.
    let ignored = u64::from_str_radix(&field(&process, "SigIgn:"), 16).unwrap();
    assert_eq!(ignored & 0x7fff_ffff, 0x1000);
    let limits = fs::read_to_string(process.join("limits")).unwrap();
    let limit = |name: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().split_whitespace().next().unwrap().to_owned()
    };
    for name in ["Max file size", "Max address space", "Max cpu time"] {
        assert_eq!(limit(name), "unlimited", "{limits}");
    }
    let processes = limit("Max processes");
    assert!(processes.parse().is_ok_and(|most: u64| most > 1000) || processes == "unlimited");
    assert_eq!(
        (limit("Max open files"), limit("Max core file size")),
        ("1024".into(), "0".into())
    );
    let environment = fs::read(process.join("environ")).unwrap();
    assert!(!String::from_utf8_lossy(&environment).contains("SECRET"));
    assert_eq!(fs::read_link(process.join("cwd")).unwrap(), Path::new("/"));
    for stream in ["0", "1", "2"] {
        let to = fs::read_link(process.join("fd").join(stream)).unwrap();
        assert_eq!(to, Path::new("/dev/null"));
    }
    assert_files(&stage);
    kill(&process);
}

/// What it works with is its own; what is root's stays root's.
fn assert_files(stage: &Stage) {
    let directory = stage.path("var/lib/tcpw/deliver");
    assert_eq!(owner(&directory), (UID, GID, 0o750));
    assert_eq!(owner(&stage.path("var/lib/tcpw")).0, 0);
    for entry in fs::read_dir(&directory).unwrap() {
        assert_eq!(owner(&entry.unwrap().path()).0, UID);
    }
    assert_eq!(
        owner(&stage.path("var/spool/tcpw/drop")),
        (UID, GID, 0o3733)
    );
}

/// Ends a deliverer that waits for a server which never answers.
fn kill(process: &Path) {
    let pid = process
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGKILL).unwrap();
}

/// A program that the configuration names has the rights of the deliverer: it tries what must not be.
/// `tcpw-notify`, and `tcpw` beside it, where every user may run them: the folder of the source may be
/// closed to others.
fn copied_notifier(stage: &Stage) -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_tcpw"));
    for name in ["tcpw", "tcpw-notify"] {
        fs::copy(built.with_file_name(name), stage.path("etc").join(name)).unwrap();
    }
    stage.path("etc/tcpw-notify")
}

#[test]
fn a_program_inside_it_cannot_be_root() {
    assert_root();
    let stage = Stage::with_user();
    let table = stage.path("etc/hosts.allow");
    fs::write(&table, "sshd : 192.0.2.7\n").unwrap();
    mode(&table, 0o644);
    let out = stage.path("out");
    fs::create_dir(&out).unwrap();
    chown(&out, Some(UID), Some(GID)).unwrap();
    let program = stage.path("etc/probe");
    let notifier = copied_notifier(&stage);
    let script = format!(
        "#!/bin/sh\ncd {out}\ntest -e id && exit 0\ncat >note\nid -u >id\n\
         cat /etc/shadow >shadow 2>&1 && echo read >>bad\n\
         echo 'ALL : ALL' >>{table} && echo table >>bad\n\
         touch /etc/tcpw-probe && echo etc >>bad\n\
         cp /bin/sh {lib}/sh && echo history >>bad\n\
         grep -E 'NoNewPrivs|CapEff|CapPrm' /proc/self/status >status\n\
         env >env\n\
         {notifier} --root {root} --addr=192.0.2.99 --daemon=forged -- forged.example\necho done >end\n",
        out = out.display(),
        table = table.display(),
        lib = stage.path("var/lib/tcpw").display(),
        notifier = notifier.display(),
        root = stage.path("").display(),
    );
    fs::write(&program, script).unwrap();
    mode(&program, 0o755);
    stage.configure("[[alert.command]]\nname = 'probe'\nargv = ['/etc/probe']\n");
    stage.notify("visitor.example");
    wait_until("the program has ended", || out.join("end").exists());
    let said = |name: &str| fs::read_to_string(out.join(name)).unwrap_or_default();
    assert_eq!(said("id"), format!("{UID}\n"));
    assert_eq!(said("bad"), "", "{}", said("shadow"));
    assert!(
        said("shadow").contains("Permission denied"),
        "{}",
        said("shadow")
    );
    assert_eq!(fs::read_to_string(&table).unwrap(), "sshd : 192.0.2.7\n");
    for set in ["CapPrm:\t0000000000000000", "CapEff:\t0000000000000000"] {
        assert!(said("status").contains(set), "{}", said("status"));
    }
    let of = |daemon: &str| {
        let sql = format!(
            "SELECT events.uid FROM events JOIN texts ON texts.id = daemon
             WHERE bytes = CAST('{daemon}' AS BLOB)"
        );
        stage.query::<u32>(&sql)
    };
    stage.run(&["deliver"]);
    assert_eq!(of("sshd"), [0]);
    assert_eq!(of("forged"), [UID], "what it reports is its own");
    // A setgid mailer would have lost its group.
    assert!(
        said("status").contains("NoNewPrivs:\t0"),
        "{}",
        said("status")
    );
}

#[test]
fn the_foreground_says_as_whom_it_works() {
    assert_root();
    let stage = Stage::with_user();
    let ran = stage.run(&["deliver", "-v"]);
    ran.says(
        0,
        &[
            &format!("runs as the user tcpw (uid {UID}, gid {GID})"),
            "writes only below",
            "(Landlock)",
            "makes only the system calls of a service (seccomp)",
        ],
    );
    assert!(!stage.run(&["deliver"]).err.contains("runs as"));
    if std::env::var_os("TCPW_WITH_USER").is_none() {
        let ran = Stage::new().run(&["deliver", "-v"]);
        ran.says(0, &["runs as root: there is no user tcpw"]);
    }
}

/// What waits after a round is sent by a deliverer that begins with root's rights again: it can read the
/// configuration, which is root's alone.
#[test]
fn the_foreground_leaves_the_rest_to_a_deliverer_in_the_background() {
    assert_root();
    let stage = Stage::with_user();
    stage.configure(&smtp(1, "tls = 'none'\n"));
    let lock = stage.hold_lock();
    stage.notify("visitor.example");
    drop(lock);
    stage.run(&["deliver"]).says(1, &["waiting 1"]);
    let process = deliverer(&stage);
    assert_eq!(field(&process, "Uid:"), format!("{UID} {UID} {UID} {UID}"));
}

/// A password file that only root can read is read before root's rights are given up; one for root and
/// tcpw is as good as a private one.
#[test]
fn secrets_are_roots_or_shared_with_it_alone() {
    assert_root();
    let certificates = Certificates::new();
    let server = Server::protected("starttls", &certificates, &[]);
    for (uid, gid, bits, is_fine) in [
        (0, 0, 0o600, true),
        (0, GID, 0o640, true),
        (UID, GID, 0o600, true),
        (0, GID, 0o644, false),
        (0, 65_534, 0o640, false),
        (0, GID, 0o660, false),
        (65_534, GID, 0o640, false),
    ] {
        for literal in [false, true] {
            let stage = Stage::with_user();
            let login = "tls = 'starttls'\nca_file = '/etc/ca.pem'\nusername = 'u'\n";
            let path = stage.path("etc/secret");
            fs::copy(certificates.path("ca.pem"), stage.path("etc/ca.pem")).unwrap();
            let key = if literal {
                "password = 'geheim'\n"
            } else {
                "password_file = '/etc/secret'\n"
            };
            stage.configure(&smtp(server.port, &format!("{login}{key}")));
            fs::write(&path, "geheim\n").unwrap();
            let file = if literal {
                stage.path("etc/tcpw.toml")
            } else {
                path.clone()
            };
            if literal && uid == UID {
                // What root reads as its own configuration is root's.
                continue;
            }
            chown(&file, Some(uid), Some(gid)).unwrap();
            mode(&file, bits);
            let sent = server.mails().len();
            stage.notify("visitor.example");
            let ran = stage.run(&["deliver"]);
            let what = format!("{uid} {gid} {bits:o} {literal}: {}{}", ran.out, ran.err);
            if is_fine {
                wait_until(&what, || server.mails().len() > sent);
            } else {
                assert_ne!(ran.code, 0, "{what}");
                assert_eq!(server.mails().len(), sent, "{what}");
            }
            super::stage::end_deliverer(&stage);
        }
    }
}

#[test]
fn an_attachment_that_others_can_change_is_not_sent() {
    assert_root();
    for user in [false, true] {
        let stage = if user {
            Stage::with_user()
        } else {
            Stage::new()
        };
        stage.configure("[mail]\nattachments = ['/etc/plan.txt']\n");
        let plan = stage.path("etc/plan.txt");
        for (bits, is_sent) in [(0o644, true), (0o666, false)] {
            fs::write(&plan, "the plan\n").unwrap();
            mode(&plan, bits);
            let lock = stage.hold_lock();
            stage.notify(format!("visitor-{bits:o}.example"));
            drop(lock);
            stage.run(&["deliver"]);
            let mails = stage.mails();
            let mail = mails.last().unwrap();
            assert_eq!(mail.contains("filename=\"plan.txt\""), is_sent, "{mail}");
            super::stage::end_deliverer(&stage);
            fs::remove_dir_all(stage.path("var/lib/tcpw")).unwrap();
        }
    }
}

/// What the deliverer needs cannot be handed over: it is told, and mail goes on.
#[test]
fn a_journal_among_other_files_keeps_it_root_and_is_told() {
    assert_root();
    let stage = Stage::with_user();
    fs::create_dir_all(stage.path("srv/other")).unwrap();
    fs::write(stage.path("srv/other/file"), "").unwrap();
    stage.configure("[journal]\npath = '/srv/other/journal.db'\n");
    let ran = stage.run(&["deliver", "-v"]);
    ran.says(
        0,
        &[
            "works as root and not as tcpw",
            "/srv/other holds more than tcpw's own files",
        ],
    );
    assert_eq!(owner(&stage.path("srv/other")).0, 0);
    let stage = Stage::with_user();
    stage.configure("[journal]\npath = '/srv/own/journal.db'\n");
    stage
        .run(&["deliver", "-v"])
        .says(0, &["runs as the user tcpw"]);
    assert_eq!(owner(&stage.path("srv/own")).0, UID);
    let left: Vec<_> = files(&stage.path("srv/own"), "db");
    assert_eq!(owner(&left[0]).0, UID);
}
