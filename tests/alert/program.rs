//! Programs that are told.

use super::note::{HOSTILE, assert_safe, hostile};
use super::stage::Stage;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tcpw::alert::transport::{Channel, Outcome, Step, open_channel};
use tcpw::config::{self, CommandChannel};

fn script(directory: &Path, text: &str) -> String {
    let path = directory.join("program");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path.display().to_string()
}

fn program(argv: Vec<String>) -> Box<dyn Channel> {
    let settings = CommandChannel {
        name: "pager".to_owned(),
        argv,
        timeout: Duration::from_millis(1500),
    };
    open_channel(&config::ChannelSettings::Command(settings), None)
}

#[test]
fn a_program_gets_the_note_as_json_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().display();
    let path = script(
        directory.path(),
        &format!("cd {place} && cat > note && env > env && echo \"$1 $2\""),
    );
    for text in HOSTILE {
        let argv = vec![path.clone(), "$HOME; a".to_owned(), "*".to_owned()];
        let way = program(argv);
        assert_eq!(way.describe(), format!("command pager, through {path}"));
        let Outcome::Delivered { answer } = way.send(&hostile(text)) else {
            panic!("{text}");
        };
        assert_eq!(answer, "$HOME; a *");
        let note = fs::read_to_string(directory.path().join("note")).unwrap();
        assert_eq!(note.lines().count(), 1);
        let value: Value = serde_json::from_str(&note).unwrap();
        assert_safe(&value);
        assert_eq!(value["kind"], "alarm");
        assert_eq!(value["source"]["address"], "192.0.2.7");
        assert_eq!(value["rule"]["line"], 3);
        assert_eq!(value["events"].as_array().unwrap().len(), 50);
        assert_eq!(value["events"][0]["is_privileged"], false);
        assert_eq!(value["first"], "2026-01-02T03:04:05.006Z");
    }
    let environment = fs::read_to_string(directory.path().join("env")).unwrap();
    let mut names: Vec<&str> = environment
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0))
        // The shell's own.
        .filter(|name| !["PWD", "OLDPWD", "_", "SHLVL"].contains(name))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["HOME", "LANG", "PATH"]);
    assert!(!directory.path().join("owned").exists());
}

#[test]
fn a_program_that_fails_hangs_or_talks_without_end() {
    let directory = tempfile::tempdir().unwrap();
    for (text, words) in [
        (
            "echo 'not now \x1b[2J' >&2; exit 75",
            "exit code 75 not now \\x1b[2J",
        ),
        ("exit 1", "exit code 1"),
        ("kill -9 $$", "ended by a signal"),
        ("sleep 60", "not done after 1.5 s"),
        ("exec cat /dev/zero", "not done after 1.5 s"),
    ] {
        let begin = Instant::now();
        let outcome = program(vec![script(directory.path(), text)]).send(&hostile("x"));
        assert!(begin.elapsed() < Duration::from_secs(8), "{text}");
        let Outcome::Transient(Step::Program, said) = outcome else {
            panic!("{text}: {outcome:?}");
        };
        assert!(said.contains(words), "{words:?} in {said:?}");
    }
    // Not reading what it gets is not a failure, and an endless word of thanks is cut.
    let text = "head -c 1000000 /dev/zero | tr '\\0' x";
    let outcome = program(vec![script(directory.path(), text)]).send(&hostile("x"));
    let Outcome::Delivered { answer } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(answer.starts_with("xxx") && answer.len() < 400, "{answer}");
    let outcome = program(vec!["/nonexistent/x".to_owned()]).send(&hostile("x"));
    assert!(
        matches!(outcome, Outcome::Transient(Step::Program, _)),
        "{outcome:?}"
    );
}

#[test]
fn a_program_gets_no_descriptor_that_was_left_open() {
    let stage = Stage::configured(
        "[mail]\ntransport = 'file'\n[[alert.command]]\nname = 'x'\nargv = ['/etc/page']\n",
    );
    let script = stage.path("etc/page");
    let fds = stage.path("fds");
    fs::write(
        &script,
        format!("#!/bin/sh\nls /proc/$$/fd > {}\n", fds.display()),
    )
    .unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    let command = format!(
        "exec {} --root {} mail test 9</dev/null",
        env!("CARGO_BIN_EXE_tcpw"),
        stage.path("").display()
    );
    let output = Command::new("sh").args(["-c", &command]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let open = fs::read_to_string(fds).unwrap();
    // The shell has its script open too, with a number of its own from 10 up.
    let low: Vec<&str> = open.lines().filter(|number| number.len() == 1).collect();
    assert_eq!(low, ["0", "1", "2"]);
}
