//! What a command is told to read must be there: every command that takes the name of a file, with
//! a name that is none. Exit code 2, the name in the complaint, and nothing on standard output that
//! could be taken for an answer.

use crate::sandbox::Sandbox;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

const MISSING: &str = "[ROOT]/missing";

/// A stage where every other word of the commands below is sound.
fn stage() -> Sandbox {
    Sandbox::new()
        .allow("sshd: 192.0.2.7\n")
        .deny("ALL: ALL\n")
        .file("list", "192.0.2.9\n")
        .file("dir/hosts.allow", "sshd: 192.0.2.7\n")
        .file("access.test", "sshd 192.0.2.7 granted\n")
        .file("auth.log", "")
}

#[test]
fn what_is_named_and_missing_is_an_error() {
    let commands: [&[&str]; 41] = [
        &["lint", MISSING],
        &["lint", "[ROOT]/etc/hosts.allow", MISSING],
        &["lint", "--fix", MISSING],
        &["lint", "--fix", "--diff", MISSING],
        &["lint", "--baseline", MISSING],
        &["--allow-file", MISSING, "lint"],
        &["--deny-file", MISSING, "lint"],
        &["parse", MISSING],
        &["parse", "--emit", "json", MISSING],
        &["--allow-file", MISSING, "fmt"],
        &["--deny-file", MISSING, "fmt", "--check"],
        &["--deny-file", MISSING, "list"],
        &["--deny-file", MISSING, "expire"],
        &["--deny-file", MISSING, "revoke", "192.0.2.7"],
        &["--deny-file", MISSING, "open"],
        &["--deny-file", MISSING, "remove-alert"],
        &["--allow-file", MISSING, "match", "sshd", "192.0.2.7"],
        &["match", "sshd", "192.0.2.7", "--deny-file", MISSING],
        &["--deny-file", MISSING, "match", "--batch"],
        &["test", MISSING],
        &["test", "[ROOT]/access.test", MISSING],
        &["--allow-file", MISSING, "test", "[ROOT]/access.test"],
        &["diff", MISSING, "[ROOT]/dir"],
        &["diff", "[ROOT]/dir", MISSING],
        &["diff", "[ROOT]/dir", "/dev/null,[ROOT]/missing"],
        &["allow", "--from", MISSING],
        &["deny", "--from", MISSING],
        &["revoke", "--from", MISSING],
        &["setup", "--no-mail", "--from", MISSING],
        &["apply", MISSING],
        &["apply", "--check", MISSING],
        &["import", "lines", "--into", "deny", MISSING],
        &["import", "fail2ban", MISSING],
        &["report", "--log", MISSING],
        &["report", "--log", "[ROOT]/auth.log", "--log", MISSING],
        &["deliver", "--drop", MISSING],
        &["--config", MISSING, "queue"],
        &["--config", MISSING, "events"],
        &["--config", MISSING, "match", "sshd", "192.0.2.7"],
        &["--config", MISSING, "list"],
        &["explain", "TW999", "missing"],
    ];
    for command in commands {
        let run = stage().run(command);
        let (out, err, code) = run.output();
        assert_eq!(code, Some(2), "{command:?}: {out}{err}");
        assert!(
            err.contains("missing") || err.contains("TW999"),
            "{command:?}: {err}"
        );
        assert_eq!(out, "", "{command:?}");
    }
}

#[test]
fn a_root_that_is_missing_is_an_error() {
    for command in [
        &["match", "sshd", "192.0.2.7"][..],
        &["lint"],
        &["queue"],
        &["list"],
    ] {
        let output = std::process::Command::new(crate::sandbox::program())
            .args(["--root", "/nonexistent/root"])
            .args(command)
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command:?}: {err}");
        assert!(
            err.contains("there is no directory /nonexistent/root"),
            "{err}"
        );
    }
}

/// A table that nobody named may be missing: to libwrap it is empty then. A link to nothing too.
#[test]
fn a_default_table_may_be_missing() {
    Sandbox::new()
        .run(&["match", "sshd", "192.0.2.7"])
        .stdout("granted: sshd from 192.0.2.7\n  no rule matches, so libwrap grants\n")
        .stderr(
            "tcpw: [ROOT]/etc/hosts.allow does not exist: taken as an empty table\n\
             tcpw: [ROOT]/etc/hosts.deny does not exist: taken as an empty table\n",
        )
        .done();
}

#[test]
fn a_file_without_expectations_tests_nothing() {
    for text in ["", "\n", "# sshd 192.0.2.7 granted\n"] {
        stage()
            .file("empty.test", text)
            .run(&["test", "[ROOT]/empty.test"])
            .code(1)
            .stdout(
                "[ROOT]/empty.test has no expectation; a line is: DAEMON ADDRESS granted|denied [KEY=VALUE]...\n\
                 nothing was tested\n",
            )
            .done();
    }
    stage()
        .file("empty.test", "# later\n")
        .run(&["test", "[ROOT]/access.test", "[ROOT]/empty.test"])
        .code(1)
        .stdout(
            "[ROOT]/empty.test has no expectation; a line is: DAEMON ADDRESS granted|denied [KEY=VALUE]...\n\
             1 expectation: 1 held, 0 failed\n",
        )
        .done();
}

/// Nobody waits for a pipe that lies where a table should.
#[test]
fn a_pipe_is_no_table() {
    for command in [
        &["match", "sshd", "192.0.2.7"][..],
        &["match", "--batch"],
        &["lint"],
        &["lint", "[ROOT]/etc/hosts.allow"],
        &["fmt", "--check"],
        &["parse", "[ROOT]/etc/hosts.allow"],
        &["test", "[ROOT]/access.test"],
        &["diff", "[ROOT]/etc", "[ROOT]/dir"],
        &["list"],
        &["export", "--to", "json"],
    ] {
        let stage = stage();
        let table = stage.path().join("etc/hosts.allow");
        std::fs::remove_file(&table).unwrap();
        mkfifo(&table, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        let root = stage.path().to_str().unwrap();
        let output = std::process::Command::new("timeout")
            .arg("60")
            .arg(crate::sandbox::program())
            .args(["--root", root])
            .args(command.iter().map(|word| word.replace("[ROOT]", root)))
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command:?}: {err}");
        assert!(err.contains("etc/hosts.allow"), "{command:?}: {err}");
        assert_eq!(output.stdout, b"", "{command:?}");
    }
}

/// The pipe of a shell's `<(command)` is open already, and is read.
#[test]
fn what_a_shell_has_opened_is_read() {
    let script = r#""$0" lint --as deny <(printf 'ALL: ALL\n') && "$0" --allow-file <(echo 'sshd: 192.0.2.7') \
        --deny-file <(echo ALL: ALL) match sshd 192.0.2.8"#;
    let output = std::process::Command::new("bash")
        .args(["-c", script])
        .arg(crate::sandbox::program())
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    assert!(out.contains("denied: sshd from 192.0.2.8"), "{out}{err}");
}

/// The links of a copy of a server mean its own files: this machine's are neither read nor written.
#[test]
fn links_below_a_root_stay_in_it() {
    let stage = Sandbox::new().deny("ALL: ALL\n").file("srv/allow", "");
    let link = stage.path().join("etc/hosts.allow");
    let outside = stage.path().with_extension("outside");
    std::fs::write(&outside, "sshd: 192.0.2.7\n").unwrap();
    let inside = stage.path().join(outside.strip_prefix("/").unwrap());
    std::fs::create_dir_all(inside.parent().unwrap()).unwrap();
    std::fs::write(&inside, "sshd: 192.0.2.8\n").unwrap();
    std::os::unix::fs::symlink(&outside, &link).unwrap();
    let tcpw = |words: &[&str]| {
        let output = std::process::Command::new(crate::sandbox::program())
            .arg("--root")
            .arg(stage.path())
            .args(words)
            .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22")
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let verdicts = ["192.0.2.7", "192.0.2.8"].map(|client| tcpw(&["match", "sshd", client]));
    let changed = tcpw(&["allow", "192.0.2.9"]);
    let texts = [&outside, &inside].map(|path| std::fs::read_to_string(path).unwrap());
    let kind = std::fs::symlink_metadata(&link).unwrap().file_type();
    std::fs::remove_file(outside).unwrap();
    assert!(verdicts[0].starts_with("denied"), "{verdicts:?}");
    assert!(verdicts[1].starts_with("granted"), "{verdicts:?}");
    assert!(changed.contains("192.0.2.9 gains access"), "{changed}");
    assert_eq!(texts[0], "sshd: 192.0.2.7\n");
    assert_eq!(texts[1], "sshd: 192.0.2.8\nALL: 192.0.2.9\n");
    assert!(kind.is_symlink());
}
