//! `tcpw list --format json` prints what `tcpw apply` takes, for every pair of tables; and no list
//! takes an alert away by not naming it.

use super::sandbox::{Ran, Sandbox};
use crate::engine::case;
use std::io::Write as _;
use std::process::Stdio;

/// Pairs of random tables; `TCPW_PAIRS` gives another number.
const PAIRS: u64 = 150;

fn apply(sandbox: &Sandbox, arguments: &[&str], list: &str) -> Ran {
    let mut command = sandbox.command(&[&["apply", "-"], arguments].concat());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdin.take().unwrap().write_all(list.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

fn holds(sandbox: &Sandbox, what: &str) {
    let list = sandbox.run(&["list", "--format", "json"]);
    assert_eq!(list.code, Some(0), "{what}: {}", list.err);
    let ran = apply(sandbox, &["--check"], &list.out);
    assert_eq!(
        (ran.code, &*ran.out),
        (Some(0), "nothing to change\n"),
        "{what}: {}",
        ran.err
    );
}

#[test]
fn what_list_prints_apply_takes_for_odd_tables() {
    for (allow, deny) in [
        ("", ""),
        ("# only comments\n", ": 192.0.2.1\n"),
        ("# only comments\n", "\n"),
        (": \n", "a:\n"),
        ("a: b: c d: :\n", "a: b :\n"),
        ("a b", "ALL: ALL"),
        ("sshd: 10.0.0.1 EXCEPT\n", "EXCEPT: EXCEPT\n"),
        ("a: b \\\n c\n", "a: b\\\n"),
        ("a: b\0c\nd: e\n", "a\u{fffd}: \u{1b}[2J\n"),
        ("a: b\na: b\n", "a: b\na: b : deny\na: b\n"),
        ("a: b : spawn echo x\\:y # z\n", "[::1: b]: c\n"),
        ("a, b: c,, d\r\n", "\u{feff}a: b\n"),
    ] {
        let sandbox = Sandbox::new(allow, deny);
        holds(&sandbox, &format!("{allow:?} {deny:?}"));
        assert_eq!(sandbox.tables(), (allow.to_owned(), deny.to_owned()));
    }
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "");
    for arguments in [
        &["install-alert", "--force"][..],
        &["deny", "192.0.2.1", "--for", "1h", "--reason", "until=x"],
    ] {
        assert_eq!(sandbox.run(arguments).code, Some(0));
        holds(&sandbox, "what tcpw wrote");
    }
}

#[test]
fn what_list_prints_apply_takes_for_random_tables() {
    let pairs = std::env::var("TCPW_PAIRS").ok();
    let pairs = pairs.map_or(PAIRS, |text| text.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new("", "");
    let mut listed = 0;
    for seed in 0..pairs {
        let case = case(seed, directory.path().to_str().unwrap());
        for (name, bytes) in [
            ("etc/hosts.allow", &case.allow),
            ("etc/hosts.deny", &case.deny),
        ] {
            std::fs::write(sandbox.path(name), bytes.as_deref().unwrap_or_default()).unwrap();
        }
        holds(&sandbox, &format!("pair {seed}\n{}", case.show()));
        listed += usize::from(!sandbox.run(&["list", "--format", "json"]).out.is_empty());
    }
    assert!(listed * 2 > usize::try_from(pairs).unwrap(), "{listed}");
}

#[test]
fn an_empty_list_removes_no_rule() {
    for (allow, deny) in [("ALL: 0.0.0.1\n", ""), ("", ": 192.0.2.1\n")] {
        let sandbox = Sandbox::new(allow, deny);
        for arguments in [&[][..], &["--check"], &["--force"]] {
            let ran = apply(&sandbox, arguments, "");
            assert_eq!(ran.code, Some(2), "{}", ran.out);
            assert!(ran.err.contains("holds no rule"), "{}", ran.err);
        }
    }
}

const DEFAULT: &str = r#"{"table":"allow","daemons":"ALL","clients":"0.0.0.1"}
{"table":"deny","daemons":"ALL","clients":"ALL"}
"#;

#[test]
fn alerts_stay_unless_they_are_to_go() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "");
    assert_eq!(sandbox.run(&["install-alert", "--force"]).code, Some(0));
    let armed = sandbox.tables();
    // One rule with an alert is not wanted at all.
    let ran = apply(&sandbox, &[], DEFAULT);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(
        ran.err.contains("an alert of tcpw would be removed") && ran.err.contains("--drop-alert"),
        "{}",
        ran.err
    );
    assert_eq!(sandbox.tables(), armed);
    // Each is wanted, without its alert.
    let both = format!(
        "{DEFAULT}{}\n",
        r#"{"table":"allow","daemons":"ALL","clients":"UNKNOWN","options":"deny"}"#
    );
    for arguments in [&[][..], &["--check"]] {
        let ran = apply(&sandbox, arguments, &both);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        assert!(ran.out.contains("the alert of tcpw stays"), "{}", ran.out);
        assert_eq!(sandbox.tables(), armed);
    }
    // As whole tables.
    let wanted = sandbox.path("wanted");
    std::fs::create_dir(&wanted).unwrap();
    std::fs::write(wanted.join("hosts.deny"), "ALL: ALL\n").unwrap();
    let wanted = wanted.to_str().unwrap();
    let ran = sandbox.run(&["apply", wanted]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert_eq!(sandbox.tables(), armed);
    let ran = sandbox.run(&["apply", wanted, "--drop-alert"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(sandbox.tables().1, "ALL: ALL\n");
    // Because it is asked for.
    assert_eq!(sandbox.run(&["undo"]).code, Some(0));
    let ran = apply(&sandbox, &["--drop-alert"], DEFAULT);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(
        sandbox.tables(),
        ("ALL: 0.0.0.1\n".to_owned(), "ALL: ALL\n".to_owned())
    );
}
