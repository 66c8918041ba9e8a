//! Files that are missing, unreadable, or something else than files: never a pass.

use super::{audit, json, requirements, word};
use crate::proof::say;
use crate::sandbox::Sandbox;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use tcpw::audit::PROFILES;

/// The verdicts of a profile's requirements by one key.
fn words(root: &Path, profile: &str, key: &str) -> Vec<String> {
    let document = json(root, &[profile]);
    let all = requirements(&document);
    all.iter()
        .map(|(_, one)| word(one, key).to_owned())
        .collect()
}

fn make(program: &str, arguments: &[&Path]) {
    let done = Command::new(program).args(arguments).status().unwrap();
    assert!(done.success(), "{program}");
}

#[test]
fn no_tables_are_failures() {
    let sandbox = Sandbox::new();
    let ids: Vec<&str> = PROFILES.iter().map(|profile| profile.id).collect();
    let document = json(sandbox.path(), &ids);
    for (profile, requirement) in requirements(&document) {
        let verdict = word(requirement, "verdict");
        assert!(verdict != "pass", "{profile}: {requirement}");
        assert!(
            word(requirement, "scanner") != "pass",
            "{profile}: {requirement}"
        );
    }
    assert_eq!(words(sandbox.path(), "GEN006620", "verdict"), ["fail"]);
}

#[test]
fn a_directory_is_not_a_table() {
    let sandbox = Sandbox::new().allow("");
    fs::create_dir(sandbox.path().join("etc/hosts.deny")).unwrap();
    let root = sandbox.path();
    assert_eq!(words(root, "GEN006620", "scanner"), ["fail"]);
    // libwrap takes it for an empty table.
    assert_eq!(words(root, "GEN006620", "libwrap"), ["fail"]);
    assert_eq!(words(root, "cis-rhel-7", "scanner")[4], "fail");
}

#[test]
fn a_pipe_is_not_waited_for() {
    let sandbox = Sandbox::new().allow("");
    let pipe = sandbox.path().join("etc/hosts.deny");
    make("mkfifo", &[&pipe]);
    assert_eq!(
        words(sandbox.path(), "GEN006620", "verdict"),
        ["cannot tell"]
    );
    let output = audit(sandbox.path(), &["-p", "GEN006620"]);
    assert_eq!(output.status.code(), Some(2));
    fs::remove_file(pipe).unwrap();
}

#[test]
fn what_cannot_be_read_never_passes() {
    let sandbox = Sandbox::new().allow("sshd: 10.0.0.1\n").deny("ALL: ALL\n");
    let root = sandbox.path();
    for name in ["etc/hosts.allow", "etc/hosts.deny"] {
        fs::set_permissions(root.join(name), Permissions::from_mode(0o600)).unwrap();
    }
    fs::set_permissions(root, Permissions::from_mode(0o755)).unwrap();
    let ids: Vec<String> = PROFILES
        .iter()
        .map(|profile| format!("--profile={}", profile.id))
        .collect();
    // Somebody who is not root: the tests run as root.
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(copied(&sandbox))
        .arg("--root")
        .arg(root)
        .args(["audit", "--format", "json"])
        .args(&ids)
        .output()
        .unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let mut open = 0;
    for (profile, requirement) in requirements(&document) {
        let text = requirement.to_string();
        if text.contains("grep") || text.contains("\"cat ") {
            assert_eq!(
                word(requirement, "files"),
                "cannot tell",
                "{profile}: {text}"
            );
            assert_eq!(
                word(requirement, "libwrap"),
                "cannot tell",
                "{profile}: {text}"
            );
            assert!(text.contains("Permission denied"), "{text}");
            open += 1;
        }
    }
    assert!(open > 20, "{open}");
    say(&format!(
        "audit: without the right to read: 0 of {open} requirements pass"
    ));
}

/// A program that everybody may run.
fn copied(sandbox: &Sandbox) -> std::path::PathBuf {
    let place = sandbox.path().join("tcpw");
    crate::sandbox::copy_program(crate::sandbox::program(), &place);
    fs::set_permissions(&place, Permissions::from_mode(0o755)).unwrap();
    place
}

#[test]
fn hostile_bytes_are_shown_as_escapes() {
    let sandbox = Sandbox::new()
        .allow(b"\x1b]0;x\x07\xff\n".as_slice())
        .deny(b"# \x1b[2J\xff\xfe ALL: ALL \x00 x\n\x00sshd: ALL\nALL: ALL \xc3\x28\n".as_slice());
    for format in ["text", "json", "junit"] {
        let ids = PROFILES
            .iter()
            .map(|profile| format!("--profile={}", profile.id));
        let ids: Vec<String> = ids.chain([format!("--format={format}")]).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let output = audit(sandbox.path(), &ids);
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stdout).unwrap();
        let is_harmless = |c: char| !c.is_control() || c == '\n';
        assert!(text.chars().all(is_harmless), "{format}: {text:?}");
    }
}

#[test]
fn a_million_rules_are_judged() {
    use std::fmt::Write as _;
    let mut deny = String::new();
    for number in 0..1_000_000_u32 {
        let [a, b, c] = [number >> 16, number >> 8 & 255, number & 255];
        writeln!(deny, "sshd: 10.{a}.{b}.{c}").unwrap();
    }
    let sandbox = Sandbox::new().allow("sshd: 192.0.2.0/24\n").deny(&deny);
    let profiles = ["GEN006620", "GEN005540", "SOL-11.1-030050"];
    let document = json(sandbox.path(), &profiles);
    let found: Vec<&str> = requirements(&document)
        .iter()
        .map(|(_, one)| word(one, "libwrap"))
        .collect();
    assert_eq!(found, ["fail", "pass", "pass"]);
    deny.push_str("ALL: ALL\n");
    let sandbox = sandbox.deny(&deny);
    let document = json(sandbox.path(), &profiles);
    let found: Vec<&str> = requirements(&document)
        .iter()
        .map(|(_, one)| word(one, "libwrap"))
        .collect();
    assert_eq!(found, ["pass", "pass", "pass"]);
    let place = &requirements(&document)[0].1["checks"][2]["evidence"][0];
    assert_eq!(place["line"], 1_000_001);
}
