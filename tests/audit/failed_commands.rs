//! What a failed command leaves open, and what cannot be worked out: never a pass.

use super::{audit, json, requirements, word};
use crate::engine::{Oracle, Tables};
use crate::proof::say;
use crate::sandbox::Sandbox;
use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use tempfile::TempDir;

/// What is said of "whoever is not allowed is denied".
fn libwrap(sandbox: &Sandbox) -> serde_json::Value {
    let document = json(sandbox.path(), &["GEN006620"]);
    requirements(&document)[0].1.clone()
}

/// Tables with a command that may fail, and whether the deny table holds all the same.
const MAY_FAIL: [(&str, &str, &str); 7] = [
    (
        "sshd: ALL: aclexec /bin/false\n",
        "ALL: ALL: spawn true\n",
        "cannot tell",
    ),
    (
        "sshd: 10.0.0.5: aclexec /bin/false\n",
        "ALL: ALL: severity info\n",
        "cannot tell",
    ),
    (
        "sshd: ALL: aclexec /bin/false\n",
        "sshd: 198.51.100.0/24: spawn true\nALL: ALL\n",
        "cannot tell",
    ),
    ("sshd: ALL: aclexec /bin/false\n", "ALL: ALL\n", "pass"),
    (
        "sshd: ALL: aclexec /bin/false\n",
        "ALL: ALL: spawn true: deny\n",
        "pass",
    ),
    (
        "sshd: ALL: aclexec /bin/false\n",
        "sshd: 198.51.100.0/24\nALL: ALL\n",
        "pass",
    ),
    ("sshd: 10.0.0.5\n", "ALL: ALL: spawn true\n", "pass"),
];

#[test]
fn a_failed_command_that_opens_the_deny_table_is_never_a_pass() {
    let dir = TempDir::with_prefix("tcpw-audit-commands-").unwrap();
    let tables = Tables::within(dir.path());
    let mut oracle = Oracle::start();
    let mut opened = 0;
    for (allow, deny, expected) in MAY_FAIL {
        let found = libwrap(&Sandbox::new().allow(allow).deny(deny));
        assert_eq!(word(&found, "libwrap"), expected, "{allow}{deny}{found}");
        fs::write(&tables.allow, allow).unwrap();
        fs::write(&tables.deny, deny).unwrap();
        for client in ["10.0.0.5", "198.51.100.7", "203.0.113.9"] {
            let query = format!("sshd\t{client}\tunknown").into_bytes();
            let answer = &oracle.ask(&tables, &[query])[0].text;
            let by_allow = format!("granted\t{}", tables.allow.display());
            let gets_in = answer.starts_with("granted") && !answer.starts_with(&by_allow);
            assert!(!gets_in || expected != "pass", "{allow}{deny}{answer}");
            opened += usize::from(gets_in);
        }
    }
    assert!(opened >= 3, "{opened}: libwrap has to open some");
    say(&format!(
        "audit: a failed command opens deny tables to {opened} clients by libwrap's own word: 0 of them pass"
    ));
}

#[test]
fn a_gate_that_opens_the_deny_table_is_a_failure() {
    let gate = "usr/sbin/tcpw-gate";
    let allow = "sshd: ALL: aclexec /usr/sbin/tcpw-gate --except 203.0.113.0/24 -- %a\n";
    let stage = |deny: &str| {
        let sandbox = Sandbox::new()
            .allow(allow)
            .deny(deny)
            .file(gate, "never run");
        let program = sandbox.path().join(gate);
        fs::set_permissions(program, Permissions::from_mode(0o755)).unwrap();
        sandbox
    };
    let judged = |deny: &str| libwrap(&stage(deny));
    let found = judged("ALL: ALL: spawn true\n");
    assert_eq!(word(&found, "libwrap"), "fail", "{found}");
    assert_eq!(found["proofs"][0]["client"]["granted"], true, "{found}");
    let sandbox = stage("ALL: ALL: spawn true\n");
    let printed = |arguments: &[&str]| {
        let output = audit(sandbox.path(), &[&["-p", "GEN006620"], arguments].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(
        printed(&[]).contains("must end in `: deny`: tcpw edit"),
        "{}",
        printed(&[])
    );
    // A default after it would never be reached.
    assert!(printed(&["--fix"]).starts_with("--fix: nothing that it can change"));
    let found = judged("ALL: ALL: spawn true: deny\n");
    assert_eq!(word(&found, "libwrap"), "pass", "{found}");
    let found = judged("ALL: ALL\n");
    assert_eq!(word(&found, "libwrap"), "pass", "{found}");
}

#[test]
fn a_list_at_which_libwrap_dies_proves_nothing() {
    for (list, deny) in [
        ("/etc/round\n", "sshd: /etc/round\nALL: ALL\n"),
        ("/etc/other\n", "sshd: /etc/round\nALL: ALL\n"),
        (&"x".repeat(9000), "ALL: ALL EXCEPT /etc/round\n"),
    ] {
        let sandbox = Sandbox::new()
            .allow("")
            .deny(deny)
            .file("etc/round", list)
            .file("etc/other", "10.0.0.1 /etc/round\n");
        let found = libwrap(&sandbox);
        assert_eq!(word(&found, "libwrap"), "cannot tell", "{found}");
        assert!(found.to_string().contains("/etc/"), "{found}");
    }
}

/// Tables for which the work grows as the cube of the rules.
fn cubic(rules: usize) -> Sandbox {
    let (mut allow, mut deny) = (String::new(), String::new());
    for n in 0..rules {
        writeln!(deny, "ALL EXCEPT d{n}: ALL EXCEPT .n{n}.example.org").unwrap();
        writeln!(allow, "d{n}: 10.{n}.0.0/255.255.0.0 EXCEPT .n{n}.com").unwrap();
    }
    Sandbox::new().allow(allow).deny(deny)
}

#[test]
fn what_would_take_the_cube_of_the_rules_cannot_be_told() {
    // A few are worked out, and nobody is in two of the exceptions; of more it is said that they are too many.
    let found = libwrap(&cubic(20));
    assert_eq!(word(&found, "libwrap"), "pass", "{found}");
    let found = libwrap(&cubic(400));
    assert_eq!(word(&found, "libwrap"), "cannot tell", "{found}");
    assert!(
        found.to_string().contains("too many kinds of clients"),
        "{found}"
    );
}

#[test]
fn an_allow_table_without_which_nobody_would_be_refused_admits_nobody() {
    let judged = |allow: &str, deny: &str| {
        let sandbox = Sandbox::new().allow(allow).deny(deny);
        let document = json(sandbox.path(), &["cis-ubuntu-18.04"]);
        let all = requirements(&document);
        let (_, one) = all
            .iter()
            .find(|(_, one)| word(one, "id") == "3.3.2")
            .unwrap();
        word(one, "libwrap").to_owned()
    };
    assert_eq!(judged("sshd: 10.\n", ""), "fail");
    assert_eq!(judged("sshd: 10.\n", "sshd: 10.\n"), "pass");
    assert_eq!(judged("sshd: 10.\n", "sshd: 11.\n"), "fail");
    assert_eq!(judged("sshd: 10.\n", "ALL: ALL\n"), "pass");
    assert_eq!(judged("# nobody\n", "ALL: ALL\n"), "fail");
}
