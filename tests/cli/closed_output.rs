//! Nobody reads the output any more: the command ends as it would have.

use crate::sandbox::{Sandbox, program};
use std::fs::File;
use std::process::{Command, Stdio};

fn command(sandbox: &Sandbox, args: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.arg("--root").arg(sandbox.path()).args(args);
    command
}

/// The code of a command whose output is closed before it writes.
fn code(sandbox: &Sandbox, args: &[&str]) -> Option<i32> {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = command(sandbox, args);
    let command = command.stdout(writer).stderr(Stdio::null());
    command.status().unwrap().code()
}

#[test]
fn the_code_is_the_one_of_the_command() {
    let sandbox = Sandbox::new()
        .allow("sshd: 192.0.2.7\nsshd 192.0.2.8\n")
        .deny("ALL: ALL\n");
    for (args, expected) in [
        (&["match", "sshd", "192.0.2.7"][..], 0),
        (&["match", "sshd", "203.0.113.9"], 1),
        (&["match", "sshd", "203.0.113.9", "--explain"], 1),
        (&["lint"], 1),
        (&["doctor", "no-such-daemon"], 2),
        (&["parse", "[ROOT]/etc/hosts.allow"], 141),
    ] {
        let root = sandbox.path().to_str().unwrap();
        let args: Vec<String> = args.iter().map(|a| a.replace("[ROOT]", root)).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        assert_eq!(code(&sandbox, &args), Some(expected), "{args:?}");
    }
}

#[test]
fn help_that_cannot_be_written_is_a_failure() {
    let sandbox = Sandbox::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = command(&sandbox, &["--help"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("cannot write to standard output"), "{err}");
    assert_eq!(code(&sandbox, &["--help"]), Some(0));
}
