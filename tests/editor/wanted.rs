//! Tables as they are wanted: `apply` from a directory or a list, `edit` with an editor.

use super::sandbox::{Ran, Sandbox, named};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

const ALLOW: &str = "# the office\nALL: 0.0.0.1\n\nsshd: 10.1.2.3 # not a comment\n";
const DENY: &str = "# tcpw: rule=af355f9a210e since=2026-11-22T19:30:00Z by=ann reason=scanner\nALL: 192.0.2.1\nALL: ALL : severity auth.info\n";

fn apply(sandbox: &Sandbox, arguments: &[&str], list: &str) -> Ran {
    std::fs::write(sandbox.path("wanted"), list).unwrap();
    let path = sandbox.path("wanted");
    sandbox.run(&[&["apply", path.to_str().unwrap()], arguments].concat())
}

#[test]
fn what_list_prints_is_what_apply_takes() {
    let sandbox = Sandbox::new(ALLOW, DENY);
    let list = sandbox.run(&["list", "--format", "json"]).out;
    let ran = apply(&sandbox, &["--check"], &list);
    assert_eq!(
        (ran.code, &*ran.out),
        (Some(0), "nothing to change\n"),
        "{}",
        ran.err
    );
    assert_eq!(sandbox.tables(), (ALLOW.to_owned(), DENY.to_owned()));

    // Into empty tables: the same policy, and from then on nothing to do.
    let other = Sandbox::new("", "");
    let ran = apply(&other, &["--check"], &list);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("+ALL: 192.0.2.1\n"), "{}", ran.out);
    assert_eq!(other.tables(), (String::new(), String::new()));
    assert_eq!(apply(&other, &[], &list).code, Some(0));
    assert_eq!(other.tables().1, DENY);
    assert_eq!(
        other.tables().0,
        "ALL: 0.0.0.1\nsshd: 10.1.2.3 # not a comment\n"
    );
    assert_eq!(apply(&other, &["--check"], &list).code, Some(0));
}

#[test]
fn rules_come_and_go_and_comments_stay() {
    let sandbox = Sandbox::new(ALLOW, DENY);
    let list = sandbox.run(&["list", "--format", "json"]).out;
    let mut lines: Vec<&str> = list.lines().collect();
    lines.remove(1);
    let new = r#"{"table":"allow","daemons":"vsftpd","clients":"10.4.4.4","since":"2026-11-23T00:00:00Z","by":"bob"}"#;
    lines.insert(1, new);
    let ran = apply(&sandbox, &[], &lines.join("\n"));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(
        sandbox.tables(),
        (
            format!(
                "# the office\nALL: 0.0.0.1\n\n{}",
                named("since=2026-11-23T00:00:00Z by=bob", "vsftpd: 10.4.4.4")
            ),
            DENY.to_owned()
        )
    );
    assert_eq!(sandbox.run(&["undo"]).code, Some(0));
    assert_eq!(sandbox.tables().0, ALLOW);
}

#[test]
fn a_directory_is_taken_byte_for_byte_and_the_guard_is_asked() {
    let sandbox = Sandbox::new(ALLOW, "");
    let wanted = sandbox.path("new");
    std::fs::create_dir(&wanted).unwrap();
    let wanted = wanted.to_str().unwrap();
    let ran = sandbox.run(&["apply", wanted]);
    assert!(ran.err.contains("there is no table in"), "{}", ran.err);
    std::fs::write(sandbox.path("new/hosts.deny"), "ALL: ALL").unwrap();
    let ran = sandbox.run(&["apply", wanted]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    // libwrap would not read this line.
    assert!(ran.err.contains("hosts.deny:1: TW1"), "{}", ran.err);
    assert_eq!(sandbox.tables(), (ALLOW.to_owned(), "ALL: ALL".to_owned()));
    std::fs::write(sandbox.path("new/hosts.deny"), "ALL: ALL\n").unwrap();
    std::fs::write(sandbox.path("new/hosts.allow"), "sshd: 10.1.2.3\n").unwrap();
    let ran = sandbox.run(&["apply", wanted]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.contains("your own session from 0.0.0.1"),
        "{}",
        ran.err
    );
    assert_eq!(sandbox.run(&["apply", wanted, "--force"]).code, Some(0));
    assert_eq!(
        sandbox.tables(),
        ("sshd: 10.1.2.3\n".to_owned(), "ALL: ALL\n".to_owned())
    );
    assert_eq!(sandbox.run(&["apply", wanted, "--check"]).code, Some(0));
}

#[test]
fn what_is_no_rule_is_named() {
    let sandbox = Sandbox::new(ALLOW, DENY);
    for (list, words) in [
        ("nonsense", "rule 1: "),
        (
            r#"{"table":"allow","daemons":"a"}"#,
            "missing field `clients`",
        ),
        (
            r#"{"table":"x","daemons":"a","clients":"b"}"#,
            "`x` is not a table",
        ),
        (
            r#"{"table":"allow","daemons":"a","clients":"b\nc: d"}"#,
            "it is not one rule",
        ),
        (
            r#"{"table":"allow","daemons":"a","clients":"b: deny"}"#,
            "another rule",
        ),
        (
            r##"{"table":"allow","daemons":"#a","clients":"b"}"##,
            "it is not one rule",
        ),
        (
            r#"{"table":"allow","daemons":"","clients":"b"}"#,
            "a list in it is empty",
        ),
        (
            r#"[["allow","sshd","192.0.2.1",""]]"#,
            "a rule as an object",
        ),
        (r#"["allow","sshd","192.0.2.1",""]"#, "a rule as an object"),
        ("", "holds no rule"),
        ("[]", "holds no rule"),
    ] {
        let ran = apply(&sandbox, &[], list);
        assert_eq!(ran.code, Some(2), "{list}: {}", ran.out);
        assert!(ran.err.contains(words), "{list}: {}", ran.err);
    }
    let ran = sandbox.run(&["apply", "/nowhere"]);
    assert!(ran.err.contains("cannot read /nowhere"), "{}", ran.err);
    assert_eq!(sandbox.tables(), (ALLOW.to_owned(), DENY.to_owned()));
}

/// The script that is the editor.
fn editor(sandbox: &Sandbox, script: &str) -> PathBuf {
    let editor = sandbox.path("editor");
    std::fs::write(&editor, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).unwrap();
    editor
}

/// `edit` on a terminal with a script as the editor, and the answers to its questions; what appears
/// there is both of its outputs.
fn edit(sandbox: &Sandbox, table: &str, script: &str, answers: &[&str]) -> Ran {
    let editor = editor(sandbox, script);
    let answers: Vec<_> = answers
        .iter()
        .map(|answer| ("for help: ", answer))
        .collect();
    let given = sandbox.command(&["edit", table]);
    let mut command = Command::new("/usr/bin/python3");
    command
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/editor/converse.py"
        ))
        .arg(serde_json::to_string(&answers).unwrap())
        .arg(given.get_program())
        .args(given.get_args())
        .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22")
        .env("NO_COLOR", "1")
        .env_remove("SUDO_EDITOR")
        .env_remove("VISUAL")
        .env("EDITOR", &editor);
    let ran = sandbox.ran(&mut command);
    let shown = ran.out.replace("\r\n", "\n");
    Ran {
        out: shown.clone(),
        err: shown,
        ..ran
    }
}

#[test]
fn nothing_is_opened_without_a_terminal_or_what_it_takes_to_write() {
    let sandbox = Sandbox::new(ALLOW, "");
    let editor = editor(&sandbox, "touch \"$0.ran\"");
    let ran = sandbox.ran(sandbox.command(&["edit"]).env("EDITOR", &editor));
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(ran.err.contains("edit needs a terminal"), "{}", ran.err);
    // Another one has the table open; changes by other commands go on.
    let table = sandbox.path("etc/hosts.allow");
    let held = tcpw::editor::lock_for_edit(&table).unwrap();
    let ran = edit(&sandbox, "allow", "touch \"$0.ran\"", &[]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(
        ran.out
            .contains("another `tcpw edit` has /etc/hosts.allow open"),
        "{}",
        ran.out
    );
    assert_eq!(sandbox.run(&["allow", "10.5.5.6"]).code, Some(0));
    drop(held);
    // No directory to put the lock or the new table into.
    std::fs::remove_dir_all(sandbox.path("etc")).unwrap();
    let ran = edit(&sandbox, "allow", "touch \"$0.ran\"", &[]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(!sandbox.path("editor.ran").exists());
}

#[test]
fn a_question_mark_explains_the_choices() {
    let sandbox = Sandbox::new(ALLOW, "");
    let script = "echo 'sshd: 10.7.7.7/8' >> \"$1\"";
    let ran = edit(&sandbox, "allow", script, &["?", "d"]);
    assert_eq!(ran.code, Some(2));
    for line in [
        "e, edit     opens the editor again, with what you wrote\n",
        "d, discard  drops what you wrote; the table stays as it is\n",
        "write       saves it with the mistakes that were named\n",
    ] {
        assert!(ran.out.contains(line), "{}", ran.out);
    }
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
}

#[test]
fn an_edited_table_is_checked_and_written() {
    let sandbox = Sandbox::new(ALLOW, "");
    let ran = edit(&sandbox, "allow", "echo 'sshd: 10.5.5.5' >> \"$1\"", &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(sandbox.tables().0, format!("{ALLOW}sshd: 10.5.5.5\n"));
    let ran = edit(&sandbox, "allow", "true", &[]);
    assert!(ran.out.ends_with("nothing to change\n"), "{}", ran.out);
    // A mistake: edit again, and then it is well.
    let script = "if grep -q 10.6.6.6/24 \"$1\"; then sed -i s,10.6.6.6/24,10.6.6.0/24, \"$1\"
                  else echo 'sshd: 10.6.6.6/24' >> \"$1\"; fi";
    let ran = edit(&sandbox, "allow", script, &["e"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("hosts.allow:6: TW"), "{}", ran.err);
    assert!(sandbox.tables().0.ends_with("sshd: 10.6.6.0/24\n"));
    for answers in [&["d"][..], &["what?", "discard"]] {
        let before = sandbox.tables();
        let ran = edit(
            &sandbox,
            "allow",
            "echo 'sshd: 10.7.7.7/8' >> \"$1\"",
            answers,
        );
        assert_eq!(ran.code, Some(2), "{}", ran.out);
        assert_eq!(sandbox.tables(), before);
    }
}

#[test]
fn to_lock_oneself_out_takes_an_oath() {
    let sandbox = Sandbox::new("", "");
    let script = "echo 'ALL: ALL' > \"$1\"";
    let ran = edit(&sandbox, "deny", script, &["write", "y", "d"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("your own session"), "{}", ran.err);
    assert_eq!(sandbox.tables().1, "");
    let ran = edit(&sandbox, "deny", script, &["lock me out"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(sandbox.tables().1, "ALL: ALL\n");
}

#[test]
fn who_was_faster_wins_and_no_work_is_lost() {
    let sandbox = Sandbox::new("", "");
    let table = sandbox.path("etc/hosts.allow");
    let script = format!(
        "echo 'sshd: 10.1.1.1' >> \"$1\"; echo '# theirs' > {}",
        table.display()
    );
    let ran = edit(&sandbox, "allow", &script, &[]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err
            .contains("has been changed since by another program"),
        "{}",
        ran.err
    );
    assert_eq!(sandbox.tables().0, "# theirs\n");
    let kept = ran
        .err
        .split("is kept in ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let text = std::fs::read_to_string(format!("{kept}/hosts.allow")).unwrap();
    assert_eq!(text, "sshd: 10.1.1.1\n");
    std::fs::remove_dir_all(kept).unwrap();
    let ran = edit(&sandbox, "allow", "exit 3", &[]);
    assert!(ran.err.contains("failed: exit status: 3"), "{}", ran.err);
}
