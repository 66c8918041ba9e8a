//! One cause is one finding: what follows from a dead rule is not said again, and what one line does
//! to many is said once, in every form of output.

use super::super::lint;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};
use tcpw::lint::{Policy, Site, run};
use tcpw::syntax::parse;

fn codes(allow: &str) -> Vec<(usize, &'static str)> {
    let (tree, deny) = (parse(allow.as_bytes()), parse(b"ALL: ALL\n"));
    let policy = Policy {
        allow: Some(&tree),
        deny: Some(&deny),
    };
    let mut codes: Vec<_> = run(&policy, &Site::NOWHERE, usize::MAX)
        .findings
        .iter()
        .map(|found| {
            let start = tcpw::span::index(found.diagnostic.span.start);
            let line = allow[..start.min(allow.len())].matches('\n').count() + 1;
            (line, found.diagnostic.code)
        })
        .filter(|(_, code)| !["TW708", "TW709"].contains(code))
        .collect();
    codes.sort_unstable();
    codes
}

#[test]
fn a_dead_rule_has_no_findings_but_the_reason() {
    let allow = "ALL: 2405:b500::/32\nALL: 2405:8100::/32\n: 192.0.2.1 :\nsshd: 192.168.[1-5].\n\
        ALL: 2001\nsshd: alice@\n";
    let expected = [
        (1, "TW204"),
        (2, "TW204"),
        (3, "TW201"),
        (4, "TW310"),
        (5, "TW309"),
        (6, "TW328"),
    ];
    assert_eq!(codes(allow), expected);
    for (rule, code) in [
        ("sshd: EXCEPT \"192.0.2.7\" : bogus", "TW211"),
        ("sshd: 192.0.2.7 EXCEPT ALL : bogus", "TW214"),
        ("sshd: : spawn date +%H", "TW201"),
        ("sshd: ALL NOT \"192.0.2.7\" !x", "TW327"),
        ("192.0.2.7: sshd : bogus", "TW217"),
        ("sshd: 192.0.2.7:22 : bogus", "TW319"),
        ("sshd: 192.0.2.0 / 24", "TW206"),
        ("sshd: 2001:db8::1 : allow :", "TW204"),
    ] {
        // Twice: a copy of a dead rule is not a finding of its own.
        let codes = codes(&format!("{rule}\n{rule}\n"));
        assert_eq!(codes, [(1, code), (2, code)], "{rule}");
    }
    // What is wrong with another word is said.
    assert_eq!(
        codes("sshd: \"192.0.2.7\" 192.0.2.7/24\n"),
        [(1, "TW301"), (1, "TW315")]
    );
}

/// 13 rules that line 3 hides, in two blocks.
fn hidden() -> String {
    let rule = |number: usize| format!("sshd: 192.0.2.{number}: deny\n");
    let before: String = (1..=5).map(rule).collect();
    let after: String = (6..=13).map(rule).collect();
    format!("# first\n\nsshd: ALL\n{before}# more\n{after}")
}

fn run_lint(directory: &Path, arguments: &[&str]) -> String {
    let output = lint(directory, arguments, &["hosts.allow".to_owned()]);
    String::from_utf8(output.stdout).unwrap()
}

const SAID: &str = "line 3 hides 13 rules (lines 4-8, 10-17): it decides first about everybody they \
                    match, and lets them in";

#[test]
fn one_line_that_hides_many_is_one_finding_in_every_form() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    std::fs::write(place.join("hosts.allow"), hidden()).unwrap();
    for format in [
        "human",
        "short",
        "json",
        "sarif",
        "github",
        "checkstyle",
        "junit",
    ] {
        let printed = run_lint(place, &["--format", format, "--select", "TW701"]);
        assert_eq!(printed.matches(SAID).count(), 1, "{format}:\n{printed}");
    }
    let json: Value =
        serde_json::from_str(&run_lint(place, &["--format", "json", "--select", "TW701"])).unwrap();
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), 1);
    let lines: Vec<u64> = (4..=8).chain(10..=17).collect();
    assert_eq!(json["diagnostics"][0]["lines"], serde_json::json!(lines));
    assert_eq!(json["diagnostics"][0]["line"], 4);
    let sarif: Value = serde_json::from_str(&run_lint(
        place,
        &["--format", "sarif", "--select", "TW701"],
    ))
    .unwrap();
    let related = &sarif["runs"][0]["results"][0]["relatedLocations"];
    assert_eq!(related.as_array().unwrap().len(), 12);
    // However few findings are shown, all places are counted.
    let printed = run_lint(place, &["--select", "TW701", "--max-per-code", "1"]);
    assert!(
        printed.contains(SAID) && !printed.contains("not shown"),
        "{printed}"
    );
}

#[test]
fn a_place_can_be_accepted_without_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let table = place.join("hosts.allow");
    let text = hidden().replace("# more", "# tcpw: ignore=TW701 wanted");
    std::fs::write(&table, &text).unwrap();
    let printed = run_lint(place, &["--select", "TW701,TW120"]);
    assert!(
        printed.contains("hides 12 rules (lines 4-8, 11-17)"),
        "{printed}"
    );

    std::fs::write(&table, hidden()).unwrap();
    let select = ["--select", "TW701", "--baseline", "accepted.json"];
    let printed = run_lint(place, &[&select[..], &["--write-baseline"]].concat());
    assert!(printed.starts_with("nothing found"), "{printed}");
    let text = format!("{}sshd: 198.51.100.1: deny\n", hidden());
    std::fs::write(&table, &text).unwrap();
    let printed = run_lint(place, &select);
    assert!(
        printed.contains(":18:1: error[TW701] this rule is never reached: line 3 decides first"),
        "{printed}"
    );
    std::fs::write(&table, format!("{text}sshd: 198.51.100.2: deny\n")).unwrap();
    let printed = run_lint(place, &select);
    assert!(
        printed.contains("line 3 hides 2 rules (lines 18-19)"),
        "{printed}"
    );
}

#[test]
fn a_list_of_addresses_is_one_question() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let list = (1..=40).fold(String::new(), |list, number| {
        format!("{list}192.0.2.{number}\n")
    });
    std::fs::write(place.join("hosts.allow"), format!("# list\n{list}typing\n")).unwrap();
    let printed = run_lint(place, &["--select", "TW105"]);
    assert!(
        printed.contains("40 lines (lines 2-41) hold addresses without a daemon"),
        "{printed}"
    );
    assert!(
        printed.contains("is this a list of addresses?"),
        "{printed}"
    );
    assert!(printed.contains("2 errors"), "{printed}");
}

#[test]
fn one_misspelt_daemon_in_many_rules_is_one_finding() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let rules = (1..=40).fold(String::new(), |rules, number| {
        format!("{rules}sftp: 192.0.2.{number}\n")
    });
    std::fs::write(place.join("hosts.allow"), rules).unwrap();
    let printed = run_lint(place, &["--select", "TW403"]);
    assert!(
        printed.contains("if `sshd` is meant, 40 rules (lines 1-40) let nobody in"),
        "{printed}"
    );
    assert!(printed.contains("1 warning"), "{printed}");
}

/// Every line hidden, dead or wrong: the time stays linear, parts and threads notwithstanding.
#[test]
fn long_tables_are_grouped_as_short_ones_are() {
    let count = 60_000_usize;
    let mut allow = String::from("sshd: ALL\n");
    for number in 0..count {
        let (third, fourth) = (number / 250 % 250, number % 250);
        writeln!(allow, "sshd: 192.0.{third}.{fourth}: deny").unwrap();
    }
    allow.push_str(&"192.0.2.1\n".repeat(count));
    allow.push_str(&"sshd: \"192.0.2.1\"\n".repeat(count));
    let tree = parse(allow.as_bytes());
    let policy = Policy {
        allow: Some(&tree),
        deny: None,
    };
    let start = Instant::now();
    let report = run(&policy, &Site::NOWHERE, 50);
    let time = start.elapsed();
    let of = |code: &str| {
        let found = report.findings.iter();
        let found: Vec<_> = found.filter(|one| one.diagnostic.code == code).collect();
        found
    };
    let hidden = of("TW701");
    assert_eq!(hidden.len(), 1);
    assert_eq!(hidden[0].others.len() + 1, count);
    let list = of("TW105");
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].others.len() + 1, count);
    assert!(list[0].others.is_sorted());
    assert_eq!(of("TW315").len(), 50);
    assert_eq!(report.left_out.get("TW315"), Some(&(count - 50)));
    // A copy of a dead rule is not a finding.
    assert_eq!(of("TW702").len(), 0);
    assert_eq!(report.left_out.get("TW702"), None);
    assert!(time < Duration::from_secs(60), "{time:?}");
}
