//! tcpd and the gate side by side.

use super::Stage;
use crate::proof::say;
use std::ffi::OsString;

/// As many random policies are compared in a test run; `TCPW_POLICIES` asks for more.
const POLICIES: &str = "300";

/// The program, the daemon, how many policies, and a seed.
fn words_of(stage: &Stage) -> [OsString; 4] {
    let count = std::env::var("TCPW_POLICIES").unwrap_or_else(|_| POLICIES.to_owned());
    let seed = std::process::id().to_string();
    [
        stage.gate.clone().into(),
        stage.probe.clone().into(),
        count.into(),
        seed.into(),
    ]
}

#[test]
fn the_gate_does_what_tcpd_does() {
    let stage = Stage::new();
    let words = words_of(&stage);
    let proven = stage.play("/usr/bin/python3", "side_by_side.py", &words);
    assert_eq!(proven.len(), 1, "{proven:?}");
    for line in &proven {
        say(line);
    }
}

#[test]
fn it_is_started_by_xinetd_and_in_the_way_of_a_socket_unit() {
    let stage = Stage::new();
    let words = words_of(&stage);
    let proven = stage.play("/usr/bin/python3", "started.py", &words);
    assert_eq!(proven.len(), 2, "{proven:?}");
    for line in &proven {
        say(line);
    }
}
