//! What is printed, exit codes, and changes.

use super::{audit, json, requirements, word};
use crate::sandbox::Sandbox;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The only requirement of a document.
fn only(document: &Value) -> &Value {
    let all = requirements(document);
    assert_eq!(all.len(), 1);
    all[0].1
}

fn deny(text: &str) -> Sandbox {
    Sandbox::new().allow("sshd: 10.0.0.0/8\n").deny(text)
}

#[test]
fn a_scanner_that_is_deceived_is_said_to_be() {
    for (text, scanner, libwrap, agreement) in [
        ("ALL: ALL\n", "pass", "pass", "same"),
        ("# ALL: ALL\n", "pass", "fail", "scanner passes"),
        ("ALL: ALL: allow\n", "pass", "fail", "scanner passes"),
        (
            "ALL: ALL: allow\nALL: ALL\n",
            "pass",
            "fail",
            "scanner passes",
        ),
        (
            "vsftpd: ALL: banners ALL: ALL\n",
            "pass",
            "fail",
            "scanner passes",
        ),
        ("ALL : ALL\n", "fail", "pass", "scanner fails"),
        // `#` begins a comment in the first column only (F-LINE-08).
        (" # ALL: ALL\n", "pass", "pass", "same"),
        ("ALL: 0.0.0.0/0.0.0.0\n", "fail", "fail", "same"),
        (
            "ALL: ALL EXCEPT 192.0.2.1\n",
            "pass",
            "fail",
            "scanner passes",
        ),
        ("sshd: ALL\n", "fail", "fail", "same"),
        // Without a newline libwrap does not use the line, and refuses everybody.
        ("ALL: ALL", "pass", "pass", "same"),
        ("", "fail", "fail", "same"),
    ] {
        let sandbox = deny(text);
        let document = json(sandbox.path(), &["GEN006620"]);
        let found = only(&document);
        let words = ["scanner", "libwrap", "agreement"].map(|key| word(found, key));
        assert_eq!(words, [scanner, libwrap, agreement], "{text:?}: {found}");
    }
}

#[test]
fn an_allow_table_that_admits_everybody_leaves_nobody_to_refuse() {
    let sandbox = Sandbox::new().allow("ALL: ALL\n").deny("ALL: ALL\n");
    let document = json(sandbox.path(), &["GEN006620"]);
    let found = only(&document);
    assert_eq!(word(found, "scanner"), "pass");
    assert_eq!(word(found, "libwrap"), "fail");
    assert_eq!(found["proofs"][0]["text"], "no daemon refuses anybody");
}

#[test]
fn evidence_names_file_line_and_column() {
    let sandbox = deny("# one\n\n#   ALL: ALL\nALL: ALL: allow\n");
    let document = json(sandbox.path(), &["GEN006620"]);
    let found = only(&document);
    let lines = &found["checks"][2]["evidence"];
    assert_eq!([&lines[0]["line"], &lines[0]["column"]], [3, 5]);
    assert_eq!([&lines[1]["line"], &lines[1]["column"]], [4, 1]);
    let proof = &found["proofs"][0];
    assert_eq!([&proof["line"], &proof["column"]], [4, 1]);
    assert!(proof["file"].as_str().unwrap().ends_with("/etc/hosts.deny"));
    assert_eq!(proof["client"]["granted"], true);
}

#[test]
fn people_are_shown_both_and_what_to_do() {
    deny("# ALL: ALL\n")
        .run(&["audit", "--profile", "gen006620"])
        .code(1)
        .stdout(
            "GEN006620: DISA STIG for RHEL 5, Oracle Linux 5, SLES 11, AIX and Solaris 10\n\
             \n\
             GEN006620  whoever is not allowed is denied\n\
             \x20 scanner: pass\n\
             \x20   ls -la /etc/hosts.allow -> pass\n\
             \x20     [ROOT]/etc/hosts.allow is there\n\
             \x20   ls -la /etc/hosts.deny -> pass\n\
             \x20     [ROOT]/etc/hosts.deny is there\n\
             \x20   grep \"ALL: ALL\" /etc/hosts.deny -> pass\n\
             \x20     [ROOT]/etc/hosts.deny:1:3: a comment: # ALL: ALL\n\
             \x20 libwrap: FAIL\n\
             \x20   sshd admits 198.51.100.201: no rule decides\n\
             \x20 DISAGREE: the checks pass, and libwrap does not do it\n\
             \x20 to do: --fix, or tcpw deny-all; a rule that lets others in must go: tcpw edit\n\
             GEN006620: 0 pass, 1 fail, 0 cannot be told, 0 not applicable; scanner and libwrap \
             disagree on 1\n",
        )
        .stderr("tcpw: owners and modes are those of the copies below --root\n")
        .done();
}

#[test]
fn korean_is_spoken_where_it_is_wanted() {
    let sandbox = deny("ALL: ALL\n");
    let output = audit(sandbox.path(), &["-p", "GEN006620", "--language", "ko"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("검사기: 통과"), "{text}");
    assert!(text.contains("모든 데몬이 거부합니다"), "{text}");
}

#[test]
fn profiles_are_listed_and_others_are_refused() {
    let sandbox = Sandbox::new();
    let output = audit(sandbox.path(), &["--profile", "list"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text.lines().count(), tcpw::audit::PROFILES.len() + 1);
    assert!(
        text.contains("cis-debian-9       CIS Debian Linux 9"),
        "{text}"
    );
    for arguments in [&["--profile", "GEN00"][..], &[]] {
        assert_eq!(audit(sandbox.path(), arguments).status.code(), Some(2));
    }
}

#[test]
fn exit_codes_tell_a_failure_from_what_is_not_known() {
    let sandbox = deny("ALL: ALL\n");
    let code = |arguments: &[&str]| audit(sandbox.path(), arguments).status.code();
    assert_eq!(code(&["-p", "GEN006620"]), Some(0));
    assert_eq!(code(&["-p", "GEN006620", "-p", "AIX7-00-003124"]), Some(0));
    // inetadm and firewalld are not looked at.
    assert_eq!(code(&["-p", "SOL-11.1-030050"]), Some(2));
    assert_eq!(code(&["-p", "RHEL-07-040810"]), Some(2));
    assert_eq!(code(&["-p", "SOL-11.1-030050", "-p", "GEN005540"]), Some(2));
    let open = deny("# nothing\n");
    let failed = audit(open.path(), &["-p", "SOL-11.1-030050"]);
    assert_eq!(failed.status.code(), Some(1));
}

#[test]
fn what_later_versions_of_sshd_are_not_asked_is_not_applicable() {
    let sandbox = Sandbox::new().allow("").deny("");
    let root = sandbox.path();
    let words = |version: &[&str]| {
        let all = [&["-p", "AIX7-00-002112", "--format", "json"], version].concat();
        let output = audit(root, &all);
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        (
            word(only(&document), "verdict").to_owned(),
            output.status.code(),
        )
    };
    assert_eq!(words(&[]), ("fail".to_owned(), Some(1)));
    assert_eq!(
        words(&["--sshd-version", "6.6"]),
        ("fail".to_owned(), Some(1))
    );
    let none = ("not applicable".to_owned(), Some(0));
    let told = |arguments: &[&str]| {
        let output = audit(root, &[&["-p", "AIX7-00-002112"], arguments].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(told(&[]).contains("not asked of OpenSSH 6.7 and later: --sshd-version"));
    let text = told(&["--sshd-version", "9.2"]);
    assert!(
        !text.contains("--sshd-version") && !text.contains("DISAGREE"),
        "{text}"
    );
    assert!(text.contains("disagree on 0"), "{text}");
    assert_eq!(words(&["--sshd-version", "6.7"]), none);
    assert_eq!(words(&["--sshd-version", "9.2p1"]), none);
}

#[test]
fn junit_is_well_formed_whatever_the_tables_hold() {
    let sandbox = Sandbox::new()
        .allow("")
        .deny("ALL: ALL <\"&'\u{1}\u{7f}\x1b[31m> \u{fffe}\nALL: ALL: allow\n");
    let output = audit(
        sandbox.path(),
        &[
            "-p",
            "cis-debian-9",
            "-p",
            "SOL-11.1-030050",
            "--format",
            "junit",
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let count = |name: &str| {
        document
            .descendants()
            .filter(|node| node.has_tag_name(name))
            .count()
    };
    assert_eq!([count("testsuite"), count("testcase")], [2, 6]);
    let suites = document
        .descendants()
        .filter(|node| node.has_tag_name("testsuite"));
    for suite in suites {
        let own = |name: &str| {
            let found = suite.descendants().filter(|node| node.has_tag_name(name));
            found.count().to_string()
        };
        assert_eq!(suite.attribute("failures"), Some(own("failure").as_str()));
        assert_eq!(suite.attribute("errors"), Some(own("error").as_str()));
        assert_eq!(suite.attribute("tests"), Some(own("testcase").as_str()));
    }
    assert!(count("failure") > 0 && count("error") > 0, "{text}");
}

#[test]
fn fix_makes_the_default_and_judges_again() {
    let sandbox = deny("# ALL: ALL\n");
    let path = sandbox.path().to_owned();
    let read = || fs::read_to_string(path.join("etc/hosts.deny")).unwrap();
    let preview = audit(&path, &["-p", "GEN006620", "--fix", "-n"]);
    assert_eq!(preview.status.code(), Some(1));
    assert!(
        String::from_utf8(preview.stdout)
            .unwrap()
            .contains("+ALL: ALL\n")
    );
    assert_eq!(read(), "# ALL: ALL\n");
    let fixed = audit(&path, &["-p", "GEN006620", "--fix"]);
    let text = String::from_utf8(fixed.stdout).unwrap();
    assert_eq!(fixed.status.code(), Some(0), "{text}");
    assert!(text.contains("1 pass, 0 fail"), "{text}");
    assert_eq!(read(), "# ALL: ALL\nALL: ALL\n");
    let again = audit(&path, &["-p", "GEN006620", "--fix"]);
    let text = String::from_utf8(again.stdout).unwrap();
    assert!(
        text.starts_with("--fix: nothing that it can change"),
        "{text}"
    );
    drop(sandbox);
}

#[test]
fn fix_spells_the_default_as_scanners_look_for_it() {
    let sandbox = deny("ALL : ALL : severity auth.info\n");
    let fixed = audit(sandbox.path(), &["-p", "AIX7-00-003124", "--fix"]);
    assert_eq!(fixed.status.code(), Some(0));
    let text = fs::read_to_string(sandbox.path().join("etc/hosts.deny")).unwrap();
    assert_eq!(text, "ALL: ALL : severity auth.info\n");
}

#[test]
fn fix_makes_a_missing_allow_table_without_a_rule() {
    let sandbox = Sandbox::new().deny("ALL: ALL\n");
    let fixed = audit(sandbox.path(), &["-p", "GEN006620", "--fix"]);
    assert_eq!(fixed.status.code(), Some(0));
    let text = fs::read_to_string(sandbox.path().join("etc/hosts.allow")).unwrap();
    assert!(text.starts_with("# ") && text.ends_with(".\n"), "{text}");
}

#[test]
fn fix_refuses_what_it_cannot_prove_and_claims_nothing() {
    // The allow table admits everybody: a default would never be reached, and is not recommended.
    let sandbox = Sandbox::new().allow("ALL: ALL\n").deny("# ALL: ALL\n");
    let refused = audit(sandbox.path(), &["-p", "GEN006620", "--fix"]);
    let text = String::from_utf8(refused.stdout).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{text}");
    assert!(
        text.starts_with("--fix: nothing that it can change"),
        "{text}"
    );
    assert!(
        text.contains("to do: the rule that lets others in must go: tcpw edit\n"),
        "{text}"
    );
    // A rule of the site that admits others is not removed, and the requirement still fails.
    let sandbox = deny("sshd: 203.0.113.0/24: allow\nALL: ALL\n");
    let output = audit(sandbox.path(), &["-p", "GEN006620", "--fix"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.starts_with("--fix: nothing that it can change"),
        "{text}"
    );
    assert!(text.contains("sshd admits 203.0.113.0"), "{text}");
    assert!(
        text.contains("etc/hosts.deny:1:1: sshd: 203.0.113.0/24: allow"),
        "{text}"
    );
    // Modes are not its business.
    let document = json(sandbox.path(), &["cis-debian-9"]);
    assert_eq!(requirements(&document).len(), 5);
}

#[test]
fn options_of_changes_need_fix_and_text() {
    let sandbox = deny("ALL: ALL\n");
    for arguments in [
        &["-n"][..],
        &["--force"],
        &["--confirm-within", "5m"],
        &["--whole-diff"],
        &["--fix", "--format", "json"],
        &["--fix", "--format", "junit"],
    ] {
        let all = [&["-p", "GEN006620"], arguments].concat();
        assert_eq!(
            audit(sandbox.path(), &all).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
}

#[test]
fn the_remedy_of_a_linked_table_works_when_it_is_typed() {
    let sandbox = deny("").file("etc/a place/real.deny", "ALL: ALL\n");
    let table = sandbox.path().join("etc/hosts.deny");
    fs::remove_file(&table).unwrap();
    std::os::unix::fs::symlink("a place/real.deny", &table).unwrap();
    let output = audit(sandbox.path(), &["-p", "cis-debian-9"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, command) = text.split_once("to do: replace the link: ").unwrap();
    let command = command.lines().next().unwrap();
    let ran = std::process::Command::new("sh")
        .args(["-c", command])
        .status()
        .unwrap();
    assert!(ran.success(), "{command}");
    assert!(fs::symlink_metadata(&table).unwrap().is_file(), "{command}");
    let again = audit(sandbox.path(), &["-p", "cis-debian-9"]);
    let text = String::from_utf8(again.stdout).unwrap();
    assert!(!text.contains("replace the link"), "{text}");
}

#[test]
fn a_link_of_a_copy_does_not_lead_out_of_it() {
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::write(outside.path(), "ALL: ALL\n").unwrap();
    let sandbox = deny("").file("etc/inside", "sshd: 10.0.0.1\n");
    let table = sandbox.path().join("etc/hosts.deny");
    let judged = |target: &Path| {
        fs::remove_file(&table).unwrap();
        std::os::unix::fs::symlink(target, &table).unwrap();
        let output = audit(sandbox.path(), &["-p", "GEN006620"]);
        String::from_utf8(output.stdout).unwrap()
    };
    let text = judged(outside.path());
    assert!(
        text.contains("scanner: FAIL") && text.contains("libwrap: FAIL"),
        "{text}"
    );
    let text = judged(Path::new("/etc/inside"));
    assert!(
        text.contains("no line of") && text.contains("libwrap: FAIL"),
        "{text}"
    );
    let text =
        judged(&Path::new("../../../../../..").join(outside.path().strip_prefix("/").unwrap()));
    assert!(text.contains("libwrap: FAIL"), "{text}");
}

#[test]
fn of_a_long_line_it_is_said_how_long_it_is() {
    let sandbox = deny(&format!("ALL: ALL {}\n", "10.0.0.1 ".repeat(232)));
    let output = audit(sandbox.path(), &["-p", "GEN006620"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("(2017 more bytes)"), "{text}");
}
