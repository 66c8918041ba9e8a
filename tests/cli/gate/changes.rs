//! `allow`, `deny` and `revoke` with `--country`: where the rule goes, what becomes of the rules around
//! it, what is refused, and that a second run changes nothing.

use super::stage::{GATE, stage};
use crate::sandbox::Sandbox;
use std::fs;

/// Both tables.
fn tables(stage: &Sandbox) -> [String; 2] {
    ["etc/hosts.allow", "etc/hosts.deny"]
        .map(|path| fs::read_to_string(stage.path().join(path)).unwrap_or_default())
}

/// A rule that asks the gate.
fn gate(daemons: &str, options: &str) -> String {
    format!("{daemons}: ALL : aclexec exec {GATE} {options} -- %a\n")
}

/// Runs a command that is to succeed: what it printed, and the stage.
#[track_caller]
fn does(stage: Sandbox, arguments: &[&str]) -> (String, Sandbox) {
    let run = stage.run(arguments);
    let (text, errors, code) = run.output();
    assert_eq!(code, Some(0), "{arguments:?}: {text}{errors}");
    (text.to_owned(), run.unchecked())
}

/// Runs a command that is to be refused, and leaves the tables as they are: why.
#[track_caller]
fn refused(stage: Sandbox, arguments: &[&str]) -> String {
    let before = tables(&stage);
    let run = stage.run(arguments);
    let (text, errors, code) = run.output();
    assert_eq!(code, Some(2), "{arguments:?}: {text}{errors}");
    let why = errors.to_owned();
    assert_eq!(tables(&run.unchecked()), before);
    why
}

/// Whether the client reaches sshd.
#[track_caller]
fn reaches(stage: Sandbox, daemon: &str, address: &str, gets_in: bool) -> Sandbox {
    let run = stage.run(&["match", daemon, address]);
    let (text, _, code) = run.output();
    assert_eq!(code, Some(i32::from(!gets_in)), "{text}");
    run.unchecked()
}

const KR: [&str; 5] = ["allow", "--country", "KR", "--daemon", "sshd"];

#[test]
fn the_gate_comes_after_single_clients_and_the_deny_rule_says_deny() {
    let alert = "ALL: UNKNOWN: spawn /usr/sbin/tcpw-notify --addr %a -- %h : deny\n";
    let stage = stage()
        .allow(format!("sshd: 198.51.100.7\n{alert}"))
        .deny("ALL: ALL: severity auth.info\n");
    let (text, stage) = does(stage, &KR);
    let [allow, deny] = tables(&stage);
    assert_eq!(
        allow,
        format!(
            "sshd: 198.51.100.7\n{alert}{}",
            gate("sshd", "--country KR")
        )
    );
    assert_eq!(deny, "ALL: ALL: severity auth.info : deny\n");
    for line in [
        "sshd: after the rules of [ROOT]/etc/hosts.allow about single clients, the gate admits KR",
        "they are refused by [ROOT]/etc/hosts.deny:1: `ALL: ALL: severity auth.info : deny`",
        "changed [ROOT]/etc/hosts.allow",
        "changed [ROOT]/etc/hosts.deny",
    ] {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(line), "{line}\n{text}");
    }
    let (text, stage) = does(stage, &KR);
    assert!(
        text.contains("in place already") && text.contains("nothing to change"),
        "{text}"
    );
    assert_eq!(tables(&stage), [allow, deny]);
    let (_, stage) = does(stage, &["undo"]);
    assert_eq!(tables(&stage)[1], "ALL: ALL: severity auth.info\n");
}

#[test]
fn several_gates_of_a_daemon_are_one_call() {
    let stage = stage().deny("ALL: ALL\n");
    let (_, stage) = does(stage, &KR);
    let more = [
        "allow",
        "--country",
        "jp",
        "--asn",
        "AS64500",
        "--daemon",
        "sshd",
    ];
    let (text, stage) = does(stage, &more);
    assert!(text.contains("192.0.2.0/24"), "{text}");
    assert_eq!(
        tables(&stage)[0],
        gate("sshd", "--country KR,JP --asn 64500")
    );
    let stage = reaches(stage, "sshd", "198.51.100.9", true);
    let stage = reaches(stage, "sshd", "198.51.100.200", false);
    // Another daemon has its own.
    let (_, stage) = does(stage, &["allow", "--country", "CN", "--daemon", "vsftpd"]);
    let both = [
        gate("sshd", "--country KR,JP --asn 64500"),
        gate("vsftpd", "--country CN"),
    ];
    assert_eq!(tables(&stage)[0], both.concat());
}

#[test]
fn exceptions_and_policies_are_of_the_call_too() {
    let stage = stage().deny("ALL: ALL\n");
    let asked = [
        "allow",
        "--country",
        "KR,JP",
        "--asn",
        "64500",
        "--daemon",
        "sshd",
    ];
    let (_, stage) = does(stage, &asked);
    let (_, stage) = does(stage, &["allow", "--country", "CN", "--daemon", "vsftpd"]);
    let except = [
        "allow",
        "--country",
        "KR",
        "--except",
        "203.0.113.9,2001:db8:9::/48",
        "--max-age",
        "90d",
        "--unknown",
        "allow",
        "--daemon",
        "sshd",
    ];
    let (_, stage) = does(stage, &except);
    let call = "--country KR,JP --asn 64500 --except 203.0.113.9,2001\\:db8\\:9\\:\\:/48 --unknown allow \
                --max-age 90d";
    assert!(
        tables(&stage)[0].starts_with(&gate("sshd", call)),
        "{:?}",
        tables(&stage)
    );
    let stage = reaches(stage, "sshd", "203.0.113.9", false);
    let stage = reaches(stage, "sshd", "2001:db8:9::1", false);
    let stage = reaches(stage, "sshd", "2001:db8:8::1", true);
    let why = refused(
        stage,
        &[
            "allow",
            "--country",
            "KR",
            "--daemon",
            "sshd",
            "--daemon",
            "vsftpd",
        ],
    );
    assert!(
        why.contains("it is the gate of other daemons too") || why.contains("second gate"),
        "{why}"
    );
}

#[test]
fn ordinary_rules_come_before_a_gate_that_would_refuse_them() {
    let stage = stage().deny("ALL: ALL\n");
    let (_, stage) = does(stage, &KR);
    let (_, stage) = does(stage, &["allow", "198.51.100.7", "--daemon", "sshd"]);
    let rules = format!("sshd: 198.51.100.7\n{}", gate("sshd", "--country KR"));
    assert_eq!(tables(&stage)[0], rules);
    let stage = reaches(stage, "sshd", "198.51.100.7", true);
    let (text, stage) = does(stage, &["allow", "203.0.113.9", "--daemon", "sshd"]);
    assert!(text.contains("allowed already"), "{text}");
    let why = refused(stage, &["deny", "203.0.113.9", "--daemon", "sshd"]);
    assert!(
        why.contains("is granted before the deny table is asked"),
        "{why}"
    );
}

#[test]
fn a_country_is_refused_where_everybody_else_gets_in() {
    let stage = stage().allow("").deny("");
    let cn = ["deny", "--country", "CN", "--daemon", "sshd"];
    let (text, stage) = does(stage, &cn);
    assert_eq!(
        tables(&stage),
        [
            gate("sshd", "--except CN --unknown allow"),
            "sshd: ALL : deny\n".to_owned()
        ]
    );
    assert!(
        text.contains("198.51.100.0/24") && text.contains("lose access to sshd"),
        "{text}"
    );
    let stage = reaches(stage, "sshd", "198.51.100.9", false);
    let stage = reaches(stage, "sshd", "203.0.113.9", true);
    let stage = reaches(stage, "sshd", "233.252.0.7", true);
    let stage = reaches(stage, "vsftpd", "198.51.100.9", true);
    let (text, stage) = does(stage, &cn);
    assert!(text.contains("nothing to change"), "{text}");
    let (_, stage) = does(stage, &["deny", "--country", "JP", "--daemon", "sshd"]);
    assert_eq!(
        tables(&stage)[0],
        gate("sshd", "--except CN,JP --unknown allow")
    );
    let why = refused(stage, &["allow", "--country", "JP", "--daemon", "sshd"]);
    assert!(
        why.contains("it is in conflict with") && why.contains("tcpw revoke"),
        "{why}"
    );
}

#[test]
fn conditions_are_taken_back() {
    let stage = stage().allow("").deny("");
    let (_, stage) = does(stage, &["deny", "--country", "CN,JP", "--daemon", "sshd"]);
    let revoke = |country| ["revoke", "--country", country, "--daemon", "sshd"];
    let (_, stage) = does(stage, &revoke("JP"));
    assert_eq!(
        tables(&stage)[0],
        gate("sshd", "--except CN --unknown allow")
    );
    let (text, stage) = does(stage, &revoke("CN"));
    assert!(
        text.contains("198.51.100.0/24") && text.contains("gain access to sshd"),
        "{text}"
    );
    assert_eq!(tables(&stage), ["", ""]);
    let (text, stage) = does(stage, &revoke("CN"));
    assert!(text.contains("nothing to change"), "{text}");
    let stage = stage.deny("ALL: ALL\n");
    let (_, stage) = does(
        stage,
        &[
            "allow",
            "--country",
            "KR,JP",
            "--reason",
            "home",
            "--daemon",
            "sshd",
        ],
    );
    let (_, stage) = does(stage, &revoke("KR"));
    let [allow, _] = tables(&stage);
    assert!(
        allow.ends_with(&gate("sshd", "--country JP")) && allow.contains("home"),
        "{allow}"
    );
    // The comment is still about the rule, and goes with it.
    let (text, stage) = does(stage, &["list"]);
    assert!(text.contains("because home"), "{text}");
    let (_, stage) = does(stage, &revoke("JP"));
    assert_eq!(tables(&stage)[0], "");
}

#[test]
fn the_end_of_a_ban_locks_nobody_out_unless_forced() {
    let banned = || {
        let stage = stage().allow("").deny("");
        let (_, stage) = does(stage, &["deny", "--country", "CN", "--daemon", "sshd"]);
        let (_, stage) = does(stage, &["deny-all"]);
        reaches(stage, "sshd", "203.0.113.9", true)
    };
    let revoke = ["revoke", "--country", "CN", "--daemon", "sshd"];
    // Its gate is all that lets anybody in.
    let why = refused(banned(), &revoke);
    assert!(why.contains("lose") && why.contains("--force"), "{why}");
    let forced = [&revoke[..], &["--force"]].concat();
    let (text, stage) = does(banned(), &forced);
    assert!(text.contains("lose"), "{text}");
    reaches(stage, "sshd", "203.0.113.9", false);
}

#[test]
fn what_cannot_be_said_is_refused() {
    // A ban in the deny table would be overruled.
    let why = refused(stage().deny("sshd: 203.0.113.9\nALL: ALL\n"), &KR);
    assert!(
        why.contains("also those who are refused by [ROOT]/etc/hosts.deny:1"),
        "{why}"
    );
    let (_, _) = does(stage().deny("sshd: 198.51.100.9\nALL: ALL\n"), &KR);
    let cn = ["deny", "--country", "CN", "--daemon", "sshd"];
    let why = refused(stage().deny("sshd: 203.0.113.9\n"), &cn);
    assert!(
        why.contains("also those who are refused by [ROOT]/etc/hosts.deny:1"),
        "{why}"
    );
    // Everybody is granted before.
    let why = refused(stage().allow("sshd: ALL\n").deny("ALL: ALL\n"), &cn);
    assert!(why.contains("unlisted clients are granted"), "{why}");
    let (text, _) = does(stage().allow("sshd: ALL\n").deny("ALL: ALL\n"), &KR);
    assert!(text.contains("in place already"), "{text}");
    // Everybody is refused already.
    let (text, _) = does(stage().deny("ALL: ALL\n"), &cn);
    assert!(
        text.contains("in place already") && text.contains("nothing to change"),
        "{text}"
    );
    // Another command decides before.
    let why = refused(
        stage()
            .allow("ALL: ALL: aclexec /bin/filter %a\n")
            .deny("ALL: ALL\n"),
        &KR,
    );
    assert!(why.contains("the gate would not be asked"), "{why}");
    // No database, no program, wrong words.
    let bare = stage().deny("ALL: ALL\n");
    fs::remove_dir_all(bare.path().join("var")).unwrap();
    let why = refused(bare, &KR);
    assert!(
        why.contains("no database of countries for IPv4 is here"),
        "{why}"
    );
    let gone = stage().deny("ALL: ALL\n");
    fs::remove_file(gone.path().join(&GATE[1..])).unwrap();
    assert!(refused(gone, &KR).contains("there is no tcpw-gate below [ROOT]"));
    let why = refused(stage(), &["allow", "--country", "XYZ", "--daemon", "sshd"]);
    assert!(
        why.contains("--country takes codes of countries such as KR,JP, not XYZ"),
        "{why}"
    );
    for arguments in [
        &["allow", "192.0.2.7", "--country", "KR"][..],
        &["allow", "192.0.2.7", "--unknown", "allow"],
        &["revoke", "--country", "KR", "--by", "me"],
    ] {
        refused(stage(), arguments);
    }
}

#[test]
fn without_a_deny_rule_the_gate_says_that_it_keeps_nobody_out() {
    let (text, stage) = does(stage().allow("").deny(""), &KR);
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("nobody is refused yet, so the gate keeps nobody out: run `tcpw deny-all`"),
        "{text}"
    );
    assert!(text.contains("nobody gains or loses access"), "{text}");
    let (_, stage) = does(stage, &["deny-all"]);
    let stage = reaches(stage, "sshd", "203.0.113.9", true);
    let stage = reaches(stage, "sshd", "198.51.100.9", false);
    reaches(stage, "vsftpd", "203.0.113.9", false);
}

#[test]
fn where_the_allow_table_refuses_everybody_the_deny_table_does_it_too() {
    let rule = "ALL: ALL: spawn /usr/sbin/tcpw-notify --addr %a -- %h : deny\n";
    let stage = stage()
        .allow(format!("sshd: 198.51.100.7\n{rule}"))
        .deny("");
    let (_, stage) = does(stage, &KR);
    let [allow, deny] = tables(&stage);
    let gate = gate("sshd", "--country KR");
    assert_eq!(allow, format!("sshd: 198.51.100.7\n{gate}{rule}"));
    let own = "sshd: ALL : spawn /usr/sbin/tcpw-notify --addr %a -- %h : deny\n";
    assert_eq!(deny, own);
    let stage = reaches(stage, "sshd", "203.0.113.9", true);
    let stage = reaches(stage, "sshd", "198.51.100.9", false);
    reaches(stage, "sshd", "198.51.100.7", true);
}

#[test]
fn a_rehearsal_writes_nothing_and_keep_in_gets_in() {
    let stage = stage().allow("").deny("ALL: ALL\n");
    let (text, stage) = does(stage, &[KR.as_slice(), &["--dry-run"]].concat());
    assert!(
        text.contains("+sshd: ALL : aclexec") && text.contains("dry run"),
        "{text}"
    );
    assert_eq!(tables(&stage)[0], "");
    // The guard asks the gate, which admits whom the configuration keeps in.
    let kept = "[guard]\nkeep_in = ['198.51.100.9']\n";
    let stage = stage.deny("").file("etc/tcpw.toml", kept);
    let cn = ["deny", "--country", "CN", "--daemon", "sshd"];
    let (_, stage) = does(stage, &cn);
    let stage = reaches(stage, "sshd", "198.51.100.9", true);
    reaches(stage, "sshd", "198.51.100.10", false);
}

#[test]
fn the_guard_refuses_a_gate_that_locks_out() {
    let strict = gate("sshd", "--strict --country KR,CN");
    let stage = stage()
        .allow(strict)
        .deny("ALL: ALL\n")
        .file("etc/tcpw.toml", "[guard]\nkeep_in = ['198.51.100.9']\n");
    let why = refused(stage, &["revoke", "--country", "CN", "--daemon", "sshd"]);
    assert!(
        why.contains("198.51.100.9, which guard.keep_in names, would be refused by sshd"),
        "{why}"
    );
}
