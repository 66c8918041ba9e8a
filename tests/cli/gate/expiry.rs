//! A gate with an end (`--for`): it goes when `tcpw expire` runs after its time, with what refuses for
//! it; what has no end is not mixed with what has one. And an alert that goes leaves what a gate needs.

use super::stage::{GATE, stage};
use crate::sandbox::Sandbox;
use std::fs;
use std::thread::sleep;
use std::time::Duration;

/// Longer than the rules of these tests last.
const LATER: Duration = Duration::from_millis(2100);
const RULES: [&str; 2] = ["etc/hosts.allow", "etc/hosts.deny"];

fn tables(stage: &Sandbox) -> [String; 2] {
    RULES.map(|path| fs::read_to_string(stage.path().join(path)).unwrap_or_default())
}

/// Runs a command that ends so: what it printed, and the stage.
#[track_caller]
fn ends(stage: Sandbox, code: i32, arguments: &[&str]) -> (String, Sandbox) {
    let run = stage.run(arguments);
    let (text, errors, is) = run.output();
    assert_eq!(is, Some(code), "{arguments:?}: {text}{errors}");
    let said = format!("{text}{errors}");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    (said, run.unchecked())
}

/// Whether each of these clients reaches sshd.
#[track_caller]
fn reach(mut stage: Sandbox, clients: &[(&str, bool)]) -> Sandbox {
    for (client, gets_in) in clients {
        let code = i32::from(!gets_in);
        (_, stage) = ends(stage, code, &["match", "sshd", client]);
    }
    stage
}

#[test]
fn a_gate_that_admits_goes_when_its_time_is_over() {
    let stage = stage()
        .allow("sshd: 192.0.2.7\n")
        .deny("sshd: ALL : deny\n");
    let before = tables(&stage);
    let (_, stage) = ends(
        stage,
        0,
        &[
            "allow",
            "--country",
            "KR",
            "-d",
            "sshd",
            "--for",
            "2s",
            "--reason",
            "trip",
        ],
    );
    let (listed, stage) = ends(stage, 0, &["list"]);
    assert!(listed.contains("trip"), "{listed}");
    let (_, stage) = ends(stage, 0, &["expire"]);
    let stage = reach(stage, &[("203.0.113.9", true), ("198.51.100.9", false)]);
    sleep(LATER);
    let (_, stage) = ends(stage, 0, &["expire"]);
    assert_eq!(tables(&stage), before);
    reach(stage, &[("203.0.113.9", false), ("192.0.2.7", true)]);
}

#[test]
fn a_gate_that_refuses_goes_with_the_rule_behind_it() {
    let stage = stage().allow("").deny("vsftpd: ALL : deny\n");
    let before = tables(&stage);
    let deny = ["deny", "--country", "CN", "-d", "sshd", "--for", "2s"];
    let (_, stage) = ends(stage, 0, &deny);
    assert!(tables(&stage)[1].contains("sshd: ALL : deny\n"));
    let stage = reach(stage, &[("203.0.113.9", true), ("198.51.100.9", false)]);
    sleep(LATER);
    let (_, stage) = ends(stage, 0, &["expire"]);
    assert_eq!(tables(&stage), before);
    let stage = reach(stage, &[("203.0.113.9", true), ("198.51.100.9", true)]);
    // Without its rule the gate is all that lets somebody in.
    let (_, stage) = ends(stage, 0, &deny);
    let own = tables(&stage)[1].replace("sshd: ALL : deny", "sshd: ALL : severity info : deny");
    let stage = stage.deny(own);
    sleep(LATER);
    let kept = tables(&stage);
    let (said, stage) = ends(stage, 1, &["expire"]);
    assert!(said.contains("without it nobody would get in"), "{said}");
    assert_eq!(tables(&stage), kept);
    reach(stage, &[("203.0.113.9", true), ("198.51.100.9", false)]);
}

#[test]
fn what_has_an_end_and_what_has_none_are_two_gates() {
    let stage = stage().deny("ALL: ALL : deny\n");
    let country = |code: &'static str, end: &[&'static str]| {
        [&["allow", "--country", code, "-d", "sshd"], end].concat()
    };
    let (_, stage) = ends(stage, 0, &country("KR", &["--for", "1h"]));
    let first = tables(&stage)[0].clone();
    let (_, stage) = ends(stage, 0, &country("KR", &["--for", "2h"]));
    let second = tables(&stage)[0].clone();
    let rules = |text: &str| text.matches(GATE).count();
    assert!(first != second && rules(&second) == 1, "{first}{second}");
    assert_eq!(
        first.split(" until=").next(),
        second.split(" until=").next()
    );
    for end in [&[][..], &["--for", "1h"]] {
        let (said, same) = ends(stage_of(&stage), 2, &country("JP", end));
        assert!(said.contains("the gate runs out at"), "{said}");
        assert_eq!(tables(&same)[0], second);
    }
    let lasting = super::stage::stage().deny("ALL: ALL : deny\n");
    let (_, lasting) = ends(lasting, 0, &country("KR", &[]));
    let (said, _) = ends(lasting, 2, &country("JP", &["--for", "1h"]));
    assert!(said.contains("has no end"), "{said}");
}

/// Another machine with the same tables.
fn stage_of(other: &Sandbox) -> Sandbox {
    let [allow, deny] = tables(other);
    stage().allow(allow).deny(deny)
}

#[test]
fn an_alert_that_goes_leaves_the_deny_that_a_gate_needs() {
    let alert = "spawn /usr/sbin/tcpw-notify --addr %a --daemon %d --server %s --pid %p -- %h";
    let gate = format!("sshd: ALL : aclexec exec {GATE} --country KR -- %a\n");
    for (allow, options, left) in [
        (
            gate.as_str(),
            "severity auth.info : ",
            " : severity auth.info : deny",
        ),
        (&gate, "", ""),
        ("", "severity auth.info : ", " : severity auth.info"),
    ] {
        let stage = stage()
            .allow(allow)
            .deny(format!("ALL: ALL : {options}{alert} : deny\n"));
        let (_, stage) = ends(stage, 0, &["remove-alert"]);
        assert_eq!(
            tables(&stage),
            [allow.to_owned(), format!("ALL: ALL{left}\n")]
        );
        reach(stage, &[("198.51.100.9", false)]);
    }
}
