//! The defaults, the alert rules and the guard of the operator's own session.

use super::sandbox::{Sandbox, alarm};
use std::os::unix::fs::PermissionsExt as _;

fn run(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let ran = sandbox.run(arguments);
    // An alert without a mail server is worth a word, and only an alert is.
    let expected = if arguments[0] == "install-alert" {
        let path = arguments
            .iter()
            .skip_while(|word| **word != "--config")
            .nth(1);
        let root = sandbox.path("");
        let path = path.unwrap_or(&"/etc/tcpw.toml");
        let path = path.replace(root.to_str().unwrap(), "/");
        format!(
            "tcpw: no mail.transport in {path}: mails are saved as files in /var/lib/tcpw/mail, \
             NOT sent\n"
        )
    } else {
        String::new()
    };
    assert_eq!((ran.code, ran.err), (Some(0), expected), "{arguments:?}");
    ran.out
}

#[test]
fn deny_all_has_one_spelling() {
    for (before, after) in [
        ("", "ALL: ALL\n"),
        ("sshd: 10.1.\n", "sshd: 10.1.\nALL: ALL\n"),
        ("all :ALL : deny\n", "ALL: ALL : deny\n"),
        ("ALL : ALL\n# end\n", "ALL: ALL\n# end\n"),
        (
            "ALL: 10.1.2.3, ALL: severity auth.info\n",
            "ALL: ALL: severity auth.info\n",
        ),
        ("ALL: ALL EXCEPT 10.\n", "ALL: ALL EXCEPT 10.\nALL: ALL\n"),
        ("ALL: ALL: aclexec x\n", "ALL: ALL: aclexec x\nALL: ALL\n"),
        ("AL\\\nL: ALL\n", "ALL: ALL\n"),
        ("# end", "# end\nALL: ALL\n"),
        ("ALL: ALL", "ALL: ALL\n"),
        ("# a\nALL : ALL\\", "# a\nALL: ALL\\\n\n"),
    ] {
        let sandbox = Sandbox::new("ALL: 0.0.0.1\n", before);
        let ran = sandbox.run(&["deny-all"]);
        if before.contains("aclexec") {
            // What its command would say is not known here.
            assert_eq!(ran.code, Some(2), "{}", ran.out);
            continue;
        }
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{before}");
        assert_eq!(sandbox.tables().1, after, "{before}");
        assert!(run(&sandbox, &["deny-all"]).ends_with("nothing to change\n"));
        assert_eq!(sandbox.tables().1, after);
    }
}

#[test]
fn a_default_nobody_reaches_is_refused() {
    for command in ["deny-all", "install-alert"] {
        let sandbox = Sandbox::new("ALL: ALL\n", "");
        let ran = sandbox.run(&[command]);
        assert_eq!(ran.code, Some(2));
        assert!(
            ran.err.contains("/etc/hosts.allow:1: `ALL: ALL`"),
            "{}",
            ran.err
        );
        assert_eq!(sandbox.tables(), ("ALL: ALL\n".to_owned(), String::new()));
    }
}

#[test]
fn default_and_alarm_in_either_order_give_the_same_tables() {
    let orders = [["deny-all", "install-alert"], ["install-alert", "deny-all"]];
    let tables = orders.map(|order| {
        let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "");
        for command in order {
            // An alert alone would shut out whoever no rule decides about.
            run(&sandbox, &[command, "--force"]);
        }
        run(&sandbox, &["allow", "10.1.2.3"]);
        let before = sandbox.tables();
        for command in order {
            assert!(run(&sandbox, &[command]).contains("nothing to change\n"));
        }
        assert_eq!(sandbox.tables(), before);
        before
    });
    let alarm = alarm();
    let expected = (
        format!("ALL: 0.0.0.1\nALL: 10.1.2.3\nALL: UNKNOWN : {alarm}\n"),
        format!("ALL: ALL : {alarm}\n"),
    );
    assert_eq!(tables, [expected.clone(), expected]);
}

#[test]
fn the_alarm_for_the_unlisted_sits_in_the_rule_that_refuses_everybody() {
    let alarm = alarm();
    for (allow, deny, allow_after, deny_after) in [
        (
            "ALL: 0.0.0.1\nALL: ALL: deny\n",
            "",
            format!("ALL: 0.0.0.1\nALL: ALL: {alarm}\n"),
            String::new(),
        ),
        (
            "ALL: 0.0.0.1\n",
            "ALL : ALL : spawn old %a : deny\n# end\n",
            "ALL: 0.0.0.1\n".to_owned(),
            format!("ALL: ALL : spawn old %a: {alarm}\n# end\n"),
        ),
        (
            "ALL: 0.0.0.1\n",
            "ALL: ALL: spawn /old/tcpw-notify --x -- %h : deny\n",
            "ALL: 0.0.0.1\n".to_owned(),
            format!("ALL: ALL: {alarm}\n"),
        ),
        (
            "ALL: 0.0.0.1\n",
            "ALL: ALL: spawn /old/tcpw notify --x -- %h : deny\n",
            "ALL: 0.0.0.1\n".to_owned(),
            format!("ALL: ALL: {alarm}\n"),
        ),
    ] {
        let sandbox = Sandbox::new(allow, deny);
        let out = run(&sandbox, &["install-alert", "--on", "unlisted"]);
        assert!(
            out.contains("unlisted: fires for every unlisted client, with a name or without\n")
        );
        assert_eq!(sandbox.tables(), (allow_after, deny_after));
    }
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "ALL: ALL: twist echo\n");
    let ran = sandbox.run(&["install-alert"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err
            .contains("/etc/hosts.deny:1: `ALL: ALL: twist echo`"),
        "{}",
        ran.err
    );
}

#[test]
fn the_alarm_for_the_unknown_names_its_configuration_and_is_brought_up_to_date() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\nALL: PARANOID: deny\nALL: ALL: deny\n", "");
    run(&sandbox, &["install-alert", "--on", "unknown"]);
    let expected = |alarm: &str| {
        format!("ALL: 0.0.0.1\nALL: PARANOID: deny\nALL: UNKNOWN : {alarm}\nALL: ALL: deny\n")
    };
    assert_eq!(sandbox.tables().0, expected(&alarm()));
    let config = sandbox.path("etc/other.toml");
    std::fs::write(&config, "[drop]\npath = \"/srv/drop\"\n").unwrap();
    let config = config.to_str().unwrap();
    run(
        &sandbox,
        &["install-alert", "--on", "unknown", "--config", config],
    );
    let with_config = format!("--config {config} --drop /srv/drop --addr");
    assert_eq!(
        sandbox.tables().0,
        expected(&alarm().replace("--addr", &with_config))
    );
    let spaced = sandbox.path("etc/a b.toml");
    std::fs::write(&spaced, "").unwrap();
    let ran = sandbox.run(&["install-alert", "--config", spaced.to_str().unwrap()]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("/etc/a b.toml`"), "{}", ran.err);
}

#[test]
fn the_directories_of_the_alarm_are_made_unless_it_is_a_dry_run() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "ALL: ALL\n");
    run(&sandbox, &["install-alert", "--dry-run"]);
    assert!(!sandbox.path("var").exists());
    let out = run(&sandbox, &["install-alert"]);
    for (name, mode) in [("var/spool/tcpw/drop", 0o1733), ("var/lib/tcpw", 0o700)] {
        let metadata = std::fs::metadata(sandbox.path(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o7777, mode);
        assert!(
            out.contains(&format!("created /{name} with mode {mode:o}\n")),
            "{out}"
        );
    }
}

#[test]
fn the_own_session_is_not_locked_out() {
    for arguments in [
        &["deny-all"][..],
        &["install-alert"],
        &["deny", "10.0.0.0/8"],
    ] {
        let sandbox = Sandbox::new("sshd: .example.org\n", "");
        let before = sandbox.tables();
        let session = "10.1.2.3 50000 10.1.2.1 22";
        let ran = sandbox.ran(sandbox.command(arguments).env("SSH_CONNECTION", session));
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ran.err.contains("10.1.2.3 would be refused"), "{}", ran.err);
        assert!(
            ran.err.contains("`tcpw allow 10.1.2.3 --daemon sshd`"),
            "{}",
            ran.err
        );
        assert_eq!(sandbox.tables(), before);
        let mut forced = sandbox.command(arguments);
        let ran = sandbox.ran(forced.arg("--force").env("SSH_CONNECTION", session));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert_ne!(sandbox.tables(), before);
    }
}

#[test]
fn the_own_session_is_found_where_sudo_has_dropped_it() {
    let sandbox = Sandbox::new("", "");
    let mut command = std::process::Command::new("sh");
    command
        .args([
            "-c",
            "env -u SSH_CONNECTION \"$0\" --root \"$1\" deny-all; exit $?",
        ])
        .arg(env!("CARGO_BIN_EXE_tcpw"))
        .arg(sandbox.directory.path())
        .env("SSH_CONNECTION", "2001:db8::7 50000 2001:db8::1 22");
    let ran = sandbox.ran(&mut command);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(
        ran.err.contains("`tcpw allow 2001:db8::7 --daemon sshd`"),
        "{}",
        ran.err
    );
    assert_eq!(
        sandbox
            .run(&["allow", "2001:db8::7", "--daemon", "sshd"])
            .code,
        Some(0)
    );
    assert_eq!(sandbox.ran(&mut command).code, Some(0));
}
