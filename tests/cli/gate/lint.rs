//! What the linter says of rules that ask the gate, and the gate that it offers for a script.

use super::stage::{GATE, stage};
use crate::sandbox::Sandbox;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// A script as the recipes have it: whoever the database does not know gets in.
const SCRIPT: &str = "#!/bin/bash\n\
    ALLOW_COUNTRIES=\"KR JP\"\n\
    COUNTRY=$(/usr/bin/geoiplookup \"$1\" | awk -F ': ' '{ print $2 }' | head -n 1)\n\
    [[ $COUNTRY = 'IP Address not found' || $ALLOW_COUNTRIES =~ $COUNTRY ]] && exit 0\n\
    exit 1\n";

/// The codes that the linter reports, with the numbers of their lines.
fn codes(stage: Sandbox) -> Vec<String> {
    let run = stage.run(&["lint", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(run.stdout_text()).unwrap();
    let found = told["diagnostics"].as_array().unwrap().iter();
    let mut codes: Vec<String> = found
        .map(|found| found["code"].as_str().unwrap().to_owned())
        .collect();
    codes.sort();
    codes.dedup();
    codes
}

fn gate(options: &str) -> String {
    format!("sshd: ALL : aclexec exec {GATE} {options} -- %a\n")
}

#[test]
fn a_gate_needs_a_deny_rule_that_counts_after_a_failure() {
    // The databases of the stage are of the month in which these tests were written.
    let known = |stage: Sandbox| {
        let mut codes = codes(stage);
        codes.retain(|code| !["TW532", "TW705"].contains(&code.as_str()));
        codes
    };
    let kr = gate("--country KR");
    assert_eq!(known(stage().allow(&kr).deny("ALL: ALL\n")), [""; 0]);
    assert_eq!(known(stage().allow(&kr).deny("")), ["TW525"]);
    assert_eq!(
        known(stage().allow(&kr).deny("ALL: ALL : severity info\n")),
        ["TW512"]
    );
    let below = stage().allow(&kr).deny("ALL: ALL\n");
    fs::remove_dir_all(below.path().join("var")).unwrap();
    assert_eq!(known(below), ["TW531"]);
    let gone = stage().allow(&kr).deny("ALL: ALL\n");
    fs::remove_file(gone.path().join(&GATE[1..])).unwrap();
    assert_eq!(known(gone), ["TW604"]);
    for (options, code) in [
        ("--land KR", "TW528"),
        ("--country KR --except KR", "TW533"),
        ("--country A1", "TW533"),
        ("--country KR --database /absent", "TW531"),
    ] {
        let found = known(stage().allow(gate(options)).deny("ALL: ALL\n"));
        assert_eq!(found, [code], "{options}");
    }
}

#[test]
fn a_script_is_replaced_by_the_gate_that_its_words_mean() {
    let with_script = |rule: &str| {
        let stage = stage()
            .file("usr/local/bin/country.sh", SCRIPT)
            .allow(rule)
            .deny("ALL: ALL\n");
        let script = stage.path().join("usr/local/bin/country.sh");
        fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
        stage
    };
    let rule = "sshd: ALL : aclexec /usr/local/bin/country.sh %a\n";
    let run = with_script(rule).run(&["lint"]);
    let text = run.stdout_text();
    let offered = "help: ask the gate: `aclexec exec /usr/sbin/tcpw-gate --country KR,JP -- %a`";
    assert!(
        text.contains("warning[TW534]") && text.contains(offered),
        "{text}"
    );
    // What changes verdicts is not safe.
    let safe = with_script(rule).run(&["lint", "--fix"]).unchecked();
    let allow = |stage: &Sandbox| fs::read_to_string(stage.path().join("etc/hosts.allow")).unwrap();
    assert_eq!(allow(&safe), rule);
    let bold = safe.run(&["lint", "--unsafe-fixes"]).unchecked();
    assert_eq!(allow(&bold), gate("--country KR,JP"));
    // In spawn it decides nothing, and what the gate is to do there is for a person to say.
    let spawned = "sshd: ALL : spawn /usr/local/bin/country.sh %a\n";
    let run = with_script(spawned).run(&["lint"]);
    let text = run.stdout_text();
    assert!(
        text.contains("[TW534]") && text.contains("tcpw allow --country CC"),
        "{text}"
    );
}
