//! What tcpw writes is free of findings and in style, whichever command wrote it.

use super::sandbox::Sandbox;
use std::os::unix::fs::PermissionsExt as _;

/// Commands that write tables, each on what those before it left.
const HISTORIES: &[&[&[&str]]] = &[
    &[
        &[
            "allow",
            "192.0.2.7",
            "--by",
            "ada",
            "--for",
            "1h",
            "--reason",
            "a = visit: 100%",
        ],
        &["allow", "192.0.2.8", "--by", "ada", "--for", "2h"],
        &[
            "allow",
            "192.0.2.9",
            "2001:db8::/32",
            "--by",
            "ada",
            "--for",
            "2h",
        ],
        &[
            "deny",
            "198.51.100.7",
            "--for",
            "1h",
            "--by",
            "fail2ban/sshd",
        ],
        &["deny", "198.51.100.7", "--for", "2h", "--by", "bob"],
        &["deny", "198.51.100.7"],
        &["revoke", "192.0.2.8"],
        &["revoke", "198.51.100.7", "--by", "bob"],
        &["expire"],
        &["undo"],
        &["redo"],
    ],
    &[
        &["deny-all"],
        &["install-alert"],
        &["allow", "192.0.2.7", "--daemon", "sshd"],
        &["deny", "198.51.100.0/24", "--reason", "scanner"],
        &["deny-all"],
        &["install-alert"],
        &["remove-alert"],
        &["install-alert"],
        &["undo"],
        &["undo"],
        &["redo"],
        &["fmt"],
    ],
    &[
        &["setup", "--allow", "0.0.0.1", "--no-mail"],
        &["allow", "192.0.2.7", "--for", "1d"],
        &[
            "deny",
            "198.51.100.7",
            "198.51.100.9",
            "--daemon",
            "sshd",
            "--daemon",
            "vsftpd",
        ],
        &["lint", "--fix"],
        &[
            "setup",
            "--allow",
            "0.0.0.1",
            "--allow",
            "192.0.2.10",
            "--no-mail",
        ],
        &["undo"],
        &["open"],
    ],
    &[
        &["allow", "192.0.2.7", "--confirm-within", "1h"],
        &["undo"],
        &["deny", "198.51.100.8", "--for", "1h"],
        &["lint", "--unsafe-fixes"],
    ],
];

/// Two tables in a root where the program is that alert rules run.
fn sandbox_of(allow: &str, deny: &str) -> Sandbox {
    let sandbox = Sandbox::new(allow, deny);
    let program = concat!(env!("CARGO_BIN_EXE_tcpw"), "-notify").trim_start_matches('/');
    let program = sandbox.path(program);
    std::fs::create_dir_all(program.parent().unwrap()).unwrap();
    std::fs::write(&program, "#!/bin/sh\n").unwrap();
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&program, mode).unwrap();
    sandbox
}

/// Nothing is found, and nothing is out of style. That nobody is refused by default is said of
/// tables, not of what was written.
fn is_clean(sandbox: &Sandbox, after: &[&str]) {
    let has_default = sandbox.tables().1.contains("ALL: ALL");
    let arguments: &[&str] = if has_default {
        &["lint"]
    } else {
        &["lint", "--ignore", "TW705,TW710"]
    };
    let ran = sandbox.run(arguments);
    let tables = sandbox.tables();
    assert!(
        ran.code == Some(0) && ran.out.contains("nothing found"),
        "{after:?}: {}\n{tables:?}",
        ran.out
    );
    let ran = sandbox.run(&["fmt", "--check"]);
    assert_eq!(ran.code, Some(0), "{after:?}: {}", ran.out);
    let ran = sandbox.run(&["list"]);
    assert!(!ran.out.contains("comment"), "{after:?}: {}", ran.out);
}

#[test]
fn every_command_that_writes_writes_what_lint_and_fmt_accept() {
    for history in HISTORIES {
        let sandbox = sandbox_of("ALL: 0.0.0.1\n", "ALL: ALL\n");
        for arguments in *history {
            let ran = sandbox.run(arguments);
            assert_eq!(ran.code, Some(0), "{arguments:?}: {}{}", ran.out, ran.err);
            is_clean(&sandbox, arguments);
        }
    }
}

#[test]
fn long_lists_are_in_style_too() {
    let sandbox = sandbox_of("ALL: 0.0.0.1\n", "ALL: ALL\n");
    let many: Vec<String> = (0..60).map(|n| format!("10.3.{n}.1")).collect();
    let names: Vec<String> = (0..12).map(|n| format!("daemon-number-{n}")).collect();
    let mut arguments = vec!["allow", "--by", "ada"];
    arguments.extend(many.iter().map(String::as_str));
    let ran = sandbox.run(&arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    is_clean(&sandbox, &["allow many"]);
    let more = ["allow", "--by", "ada", "10.4.0.1", "10.4.2.1", "10.4.4.1"];
    assert_eq!(sandbox.run(&more).code, Some(0));
    is_clean(&sandbox, &more);
    let mut arguments = vec!["deny", "--reason", "x", "198.51.100.7", "198.51.100.9"];
    for name in &names {
        arguments.extend(["--daemon", name]);
    }
    let ran = sandbox.run(&arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let ran = sandbox.run(&["fmt", "--check"]);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
}

#[test]
fn applied_lists_are_clean() {
    let sandbox = sandbox_of("ALL: 0.0.0.1\n", "ALL: ALL\n");
    for arguments in [
        &["allow", "192.0.2.7", "--by", "ada", "--for", "1h"][..],
        &["deny", "198.51.100.7", "--reason", "scanner"],
        &["install-alert"],
    ] {
        assert_eq!(sandbox.run(arguments).code, Some(0));
    }
    let list = sandbox.run(&["list", "--format", "json"]).out;
    let other = sandbox_of("", "");
    std::fs::write(other.path("list"), &list).unwrap();
    let path = other.path("list");
    let ran = other.run(&["apply", path.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    is_clean(&other, &["apply"]);
    assert_eq!(other.tables(), sandbox.tables());
}
