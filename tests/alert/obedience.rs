//! Root obeys only what nobody else can change, waits for no pipe, and writes nothing where links of
//! others lead.

use super::delivery::smtp;
use super::rogue::{Protection, Rogue};
use super::stage::{Ran, Stage, wait_until};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::{geteuid, mkfifo};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const NOBODY: u32 = 65_534;

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Something that others can change, and the command that mends it.
const WEAKNESSES: [(&str, &str); 5] = [
    ("written by others", "chmod go-w"),
    ("written by the group", "chmod go-w"),
    ("owned by others", "chown -h root"),
    ("in a directory of others", "chown -h root"),
    ("in a directory that others write", "chmod go-w"),
];

/// Makes `file`, which is private and alone in its directory, one that others can change. Gives the
/// part that they can change.
fn weaken(file: &Path, how: &str) -> String {
    let directory = file.parent().unwrap();
    let bits = fs::metadata(file).unwrap().permissions().mode();
    let part = match how {
        "written by others" => {
            mode(file, bits | 0o002);
            file
        }
        "written by the group" => {
            mode(file, bits | 0o020);
            file
        }
        "owned by others" => {
            chown(file, Some(NOBODY), None).unwrap();
            file
        }
        "in a directory of others" => {
            chown(directory, Some(NOBODY), None).unwrap();
            directory
        }
        _ => {
            mode(directory, 0o777);
            directory
        }
    };
    part.display().to_string()
}

/// A private file in a directory of its own.
fn private(stage: &Stage, name: &str, text: &str) -> std::path::PathBuf {
    let directory = stage.path(&format!("etc/own-{name}"));
    fs::create_dir_all(&directory).unwrap();
    mode(&directory, 0o755);
    let file = directory.join(name);
    fs::write(&file, text).unwrap();
    mode(&file, 0o600);
    file
}

/// A program that leaves a mark.
fn program(stage: &Stage, name: &str) -> std::path::PathBuf {
    let mark = stage.path(&format!("{name}-ran"));
    let script = format!(
        "#!/bin/sh\ncat >/dev/null\necho secret\ntouch {}\n",
        mark.display()
    );
    let file = private(stage, name, &script);
    mode(&file, 0o700);
    file
}

/// A configuration with a command, a password program, a template and a mailer, all of them private.
fn everything(stage: &Stage) -> [std::path::PathBuf; 5] {
    let files = [
        private(stage, "tcpw.toml", ""),
        program(stage, "mailer"),
        program(stage, "hook"),
        private(stage, "letter.txt", "own template {{ title }}\n"),
        private(stage, "password", "geheim\n"),
    ];
    fs::write(
        &files[0],
        "[mail]\nto = 'a@b'\ntransport = 'sendmail'\n\
         sendmail = '/etc/own-mailer/mailer'\n\
         text_template = '/etc/own-letter.txt/letter.txt'\n\
         [[alert.command]]\nname = 'hook'\nargv = ['/etc/own-hook/hook']\n",
    )
    .unwrap();
    files
}

fn send(stage: &Stage, config: &Path) -> Ran {
    let config = format!("--config={}", config.display());
    stage.run(&[config.as_str(), "mail", "test", "--as-alert"])
}

#[test]
fn a_program_that_others_can_change_is_not_run() {
    assert!(geteuid().is_root(), "this test needs root");
    let stage = Stage::new();
    let [config, ..] = everything(&stage);
    let ran = send(&stage, &config);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(stage.path("mailer-ran").exists(), "{}", ran.out);
    for (how, line) in WEAKNESSES {
        for name in ["mailer", "hook"] {
            let stage = Stage::new();
            let [config, mailer, hook, ..] = everything(&stage);
            let file = if name == "mailer" { mailer } else { hook };
            let part = weaken(&file, how);
            let ran = send(&stage, &config);
            ran.says(1, &["root does not run it", line, &part]);
            let mark = stage.path(&format!("{name}-ran"));
            assert!(!mark.exists(), "{name} {how}");
        }
    }
}

#[test]
fn a_configuration_that_others_can_change_is_not_obeyed() {
    assert!(geteuid().is_root(), "this test needs root");
    for (how, line) in WEAKNESSES {
        let stage = Stage::new();
        let [config, ..] = everything(&stage);
        let part = weaken(&config, how);
        for verb in [&["mail", "test"][..], &["deliver"], &["queue"], &["lint"]] {
            let option = format!("--config={}", config.display());
            let ran = stage.run(&[&[option.as_str()], verb].concat());
            ran.says(2, &["root does not obey it", line, &part]);
        }
        assert!(!stage.path("mailer-ran").exists(), "{how}");
        assert!(!stage.path("hook-ran").exists(), "{how}");
    }
}

#[test]
fn a_password_file_and_a_template_that_others_can_change_are_not_obeyed() {
    assert!(geteuid().is_root(), "this test needs root");
    for (how, line) in WEAKNESSES {
        let rogue = Rogue::start(Protection::None, |_| None);
        let keys = "tls = 'none'\nusername = 'u'\npassword_file = '/etc/own-password/password'\n";
        let stage = Stage::configured(&smtp(rogue.port, keys));
        let file = private(&stage, "password", "geheim\n");
        let part = weaken(&file, how);
        let ran = stage.run(&["mail", "test"]);
        ran.says(1, &["password file", line, &part]);
        assert!(rogue.heard().is_empty(), "{how}");
        let stage = Stage::new();
        let [config, _, _, template, _] = everything(&stage);
        let part = weaken(&template, how);
        let option = format!("--config={}", config.display());
        let ran = stage.run(&[option.as_str(), "mail", "preview"]);
        ran.says(2, &["root does not obey it", line, &part]);
    }
}

/// Runs it for at most some seconds: opening a pipe lasts until somebody writes.
fn in_time(stage: &Stage, args: &[&str]) -> Ran {
    let mut child = stage
        .command(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until(&format!("{args:?} ends"), || {
        child.try_wait().unwrap().is_some()
    });
    Ran::new(&child.wait_with_output().unwrap(), Duration::ZERO)
}

/// Puts a pipe, a directory, or an endless device in the place of `path`: the number of `/dev/zero` is 1, 5
/// (Linux, admin-guide/devices.txt).
fn replace(path: &Path, by: &str) {
    drop(fs::remove_file(path));
    match by {
        "pipe" => mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR).unwrap(),
        "directory" => fs::create_dir(path).unwrap(),
        _ => mknod(path, SFlag::S_IFCHR, Mode::S_IRUSR, makedev(1, 5)).unwrap(),
    }
}

#[test]
fn nothing_that_is_named_makes_anybody_wait() {
    const ODD: &str = "it is not a regular file";
    for by in ["pipe", "directory", "device"] {
        let stage = Stage::new();
        let config = stage.path("etc/tcpw.toml");
        replace(&config, by);
        in_time(&stage, &["mail", "test"]).says(2, &[ODD]);
        in_time(&stage, &["lint"]).says(2, &[ODD]);
        in_time(&stage, &["mute", "192.0.2.7"]).says(2, &[ODD]);
        // A client waits for this one: the event is recorded at the usual place, or told to the log.
        let lock = stage.hold_lock();
        let mut child = Command::new(concat!(env!("CARGO_BIN_EXE_tcpw"), "-notify"))
            .arg("--root")
            .arg(stage.path(""))
            .args(["--addr=192.0.2.7", "--daemon=sshd", "--", "h.example"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_until("notify ends", || child.try_wait().unwrap().is_some());
        drop(lock);

        let rogue = Rogue::start(Protection::None, |_| None);
        let keys = "tls = 'none'\nusername = 'u'\npassword_file = '/etc/file'\n";
        let stage = Stage::configured(&smtp(rogue.port, keys));
        replace(&stage.path("etc/file"), by);
        in_time(&stage, &["mail", "test"]).says(1, &[ODD]);

        let keys = "tls = 'starttls'\nca_file = '/etc/file'\n";
        let stage = Stage::configured(&smtp(rogue.port, keys));
        replace(&stage.path("etc/file"), by);
        in_time(&stage, &["mail", "test"]).says(1, &[ODD]);

        let more = "[mail]\nto = 'a@b'\nattachments = ['/etc/file']\n\
                    text_template = '/etc/file'\n[geo]\ncountry = '/etc/file'\n";
        let stage = Stage::configured(more);
        replace(&stage.path("etc/file"), by);
        in_time(&stage, &["mail", "preview"]).says(2, &[ODD]);
        stage.notify("h.example");
        in_time(&stage, &["deliver"]).says(0, &["collected"]);
        assert_eq!(stage.mails().len(), 1);

        let stage = Stage::new();
        fs::write(stage.path("etc/hosts.allow"), "sshd : /etc/list @group\n").unwrap();
        replace(&stage.path("etc/list"), by);
        replace(&stage.path("etc/netgroup"), by);
        // libwrap finds nothing in a directory; what it finds in the others is not known.
        let code = if by == "directory" { 0 } else { 2 };
        let words = ["match", "sshd", "192.0.2.7", "--dialect=debian12"];
        in_time(&stage, &words).says(code, &[]);
        in_time(&stage, &["lint"]);
    }
}

/// A system of somebody else, with links to `outside` and a table that is a link to `target`.
fn foreign(outside: &Path, target: &Path) -> Stage {
    let stage = Stage::new();
    let hook = program(&stage, "hook");
    let config = stage.path("etc/tcpw.toml");
    fs::write(
        &config,
        "[[alert.command]]\nname = 'hook'\nargv = ['/etc/own-hook/hook']\n",
    )
    .unwrap();
    symlink(target, stage.path("etc/hosts.allow")).unwrap();
    fs::write(stage.path("etc/hosts.deny"), "ALL : ALL\n").unwrap();
    symlink(outside, stage.path("var/lib/tcpw")).unwrap();
    symlink(outside, stage.path("var/spool/tcpw")).unwrap();
    for path in [&config, &hook, &stage.path(""), &stage.path("etc")] {
        chown(path, Some(NOBODY), None).unwrap();
    }
    stage
}

#[test]
fn below_the_root_of_somebody_else_root_runs_and_writes_nothing() {
    assert!(geteuid().is_root(), "this test needs root");
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("target");
    fs::write(&target, "root's own\n").unwrap();
    mode(&target, 0o600);
    let before = || {
        let mut names: Vec<_> = fs::read_dir(outside.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        (names, fs::read_to_string(&target).unwrap())
    };
    let clean = before();
    let stage = foreign(outside.path(), &target);
    for args in [
        &["allow", "sshd", "192.0.2.7"][..],
        &["deny", "sshd", "192.0.2.7"],
        &["install-alert"],
        &["deliver"],
        &["mail", "test"],
        &["mute", "192.0.2.7"],
        &["expire"],
        &["undo"],
        &["lint", "--fix"],
        &["queue"],
        &[
            "notify",
            "--addr=192.0.2.7",
            "--daemon=sshd",
            "--",
            "h.example",
        ],
    ] {
        let ran = stage.run(args);
        assert_ne!(ran.code, 0, "{args:?}: {}", ran.out);
        assert!(ran.err.contains("chown -h root"), "{args:?}: {}", ran.err);
        assert_eq!(before(), clean, "{args:?}");
    }
    let ran = stage.alarm(&["--addr=192.0.2.7", "--daemon=sshd", "--", "h.example"]);
    assert_eq!(ran.code, 74, "{}", ran.err);
    assert_eq!(before(), clean);
    assert!(!stage.path("hook-ran").exists());
    // Tables may be looked at.
    fs::remove_file(stage.path("etc/tcpw.toml")).unwrap();
    stage.run(&["match", "sshd", "192.0.2.7"]).says(1, &[]);
}
