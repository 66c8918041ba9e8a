//! Help in groups, words that people type, usage errors in colour as asked, and what a narrow
//! terminal shows.

use crate::sandbox::{copy_program, program};
use std::process::{Command, Output};

fn tcpw(words: &[&str], columns: &str) -> Output {
    Command::new(program())
        .args(words)
        .env("COLUMNS", columns)
        .env_remove("NO_COLOR")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_first_help_lists_the_commands_in_groups() {
    let output = tcpw(&["--help"], "80");
    let help = text(&output.stdout);
    let mut from = 0;
    for (title, names) in tcpw::cli::GROUPS {
        let at = help[from..].find(&format!("\n{title}:\n")).expect(title);
        from += at;
        for name in names {
            assert!(
                help[from..].contains(&format!("\n  {name} ")),
                "{name}\n{help}"
            );
        }
    }
    assert!(
        help.contains("--dry-run") || help.contains("--quiet"),
        "{help}"
    );
    assert!(!help.contains('\u{1b}'), "{help}");
    // Nothing at all is the same help.
    let nothing = tcpw(&[], "80");
    assert_eq!(nothing.status.code(), Some(2));
    assert!(text(&nothing.stderr).contains("\nSafety:\n"));
    // Also of the commands that are read by themselves.
    for command in [
        &["match", "--help"][..],
        &["notify", "--help"],
        &["queue", "show", "--help"],
    ] {
        let output = tcpw(command, "80");
        let help = text(&output.stdout);
        assert!(
            help.contains("\nExamples:\n  tcpw ") && help.contains("\nExit status:\n"),
            "{help}"
        );
    }
}

#[test]
fn words_that_people_type_lead_to_the_right_command_and_change_nothing() {
    for (word, command) in [
        ("add", "tcpw allow"),
        ("block", "tcpw deny"),
        ("ban", "tcpw deny"),
        ("unban", "tcpw revoke"),
        ("delete", "tcpw revoke"),
        ("check", "tcpw lint"),
        ("remove", "tcpw revoke"),
        ("logs", "tcpw events"),
        ("format", "tcpw fmt"),
    ] {
        let output = tcpw(&[word, "192.0.2.7"], "200");
        assert_eq!(output.status.code(), Some(2), "{word}");
        let told = text(&output.stderr);
        assert!(told.contains(&format!("`{command}")), "{word}: {told}");
        assert!(output.stdout.is_empty());
    }
    let output = tcpw(&["frobnicate"], "80");
    assert!(
        !text(&output.stderr).contains("`tcpw "),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn usage_errors_are_coloured_as_asked() {
    for (words, is_colored) in [
        (&["--color", "always", "lint", "--no-such"][..], true),
        (&["lint", "--no-such", "--color=always"], true),
        (
            &["--color=always", "--color", "never", "lint", "--no-such"],
            false,
        ),
        (&["lint", "--no-such"], false),
        (&["lint", "--no-such", "--", "--color=always"], false),
        (&["match", "--no-such", "--color", "always"], true),
        // What would move a cursor is never shown as it is.
        (&["--color=always", "lint", "--no\u{1b}[2Jsuch"], false),
    ] {
        let output = tcpw(words, "80");
        assert_eq!(output.status.code(), Some(2));
        let told = text(&output.stderr);
        assert_eq!(told.contains("\u{1b}["), is_colored, "{words:?}: {told:?}");
    }
    let output = tcpw(&["--color", "always", "--help"], "80");
    assert!(
        text(&output.stdout).contains("\u{1b}[1m"),
        "{}",
        text(&output.stdout)
    );
}

/// Every help in 60 columns: no line is longer, so a terminal breaks no word.
#[test]
fn sixty_columns_are_enough_for_help() {
    let mut definition = tcpw::cli::definition().disable_help_subcommand(true);
    definition.build();
    let mut all = vec![Vec::new()];
    for sub in definition
        .get_subcommands()
        .filter(|sub| !sub.is_hide_set())
    {
        all.push(vec![sub.get_name().to_owned()]);
        for below in sub.get_subcommands() {
            all.push(vec![sub.get_name().to_owned(), below.get_name().to_owned()]);
        }
    }
    for words in all {
        for option in ["-h", "--help"] {
            let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
            words.push(option);
            let output = tcpw(&words, "60");
            assert_eq!(output.status.code(), Some(0), "{words:?}");
            for line in text(&output.stdout).lines() {
                assert!(line.chars().count() <= 60, "{words:?}: {line:?}");
            }
        }
    }
}

/// bash completes the daemons that the tables name, and files.
#[test]
fn completions_know_the_daemons_of_the_tables() {
    let root = tempfile::tempdir().unwrap();
    let etc = root.path().join("etc");
    std::fs::create_dir(&etc).unwrap();
    std::fs::write(
        etc.join("hosts.allow"),
        "sshd vsftpd: 10.\nALL: .x\nsshd: $(id)\n",
    )
    .unwrap();
    std::fs::write(etc.join("hosts.deny"), "slapd@10.0.0.1: ALL\n").unwrap();
    let bin = root.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let wrapper = format!(
        "#!/bin/sh\nexec {} --root {} \"$@\"\n",
        program().to_str().unwrap(),
        root.path().display()
    );
    let tcpw = bin.join("tcpw");
    std::fs::write(root.path().join("wrapper"), wrapper).unwrap();
    copy_program(root.path().join("wrapper"), &tcpw);
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&tcpw, executable).unwrap();
    let completed = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let script = format!(
            "eval \"$(tcpw completions bash)\"; COMP_WORDS=({}); COMP_CWORD={}; _tcpw tcpw '{}' '{}'; \
             echo \"${{COMPREPLY[@]}}\"",
            words
                .iter()
                .map(|word| format!("'{word}'"))
                .collect::<Vec<_>>()
                .join(" "),
            words.len() - 1,
            words[words.len() - 1],
            words[words.len() - 2],
        );
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let output = Command::new("bash")
            .args(["-c", &script])
            .env("PATH", path)
            .current_dir(&etc)
            .output()
            .unwrap();
        text(&output.stdout).trim().to_owned()
    };
    assert_eq!(completed("tcpw allow --daemon s"), "slapd sshd");
    assert_eq!(completed("tcpw revoke -d v"), "vsftpd");
    assert_eq!(completed("tcpw allow --from hosts.a"), "hosts.allow");
}
