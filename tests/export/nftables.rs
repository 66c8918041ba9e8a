//! Random policies, loaded by the real nft in a network namespace, and real connections from addresses
//! inside and outside of their networks. Needs root.

use super::policies::{Chance, Place, Policy, count};
use crate::proof::say;
use serde_json::{Value, json};
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const PORTS: [(&str, u16); 2] = [("sshd", 2222), ("vsftpd", 2121)];
const EXPORT: [&str; 7] = [
    "--to",
    "nftables",
    "-d",
    "sshd=2222",
    "-d",
    "vsftpd=2121",
    "--reject",
];

/// Carries out a plan in a network of its own; every word that it says is returned.
fn connect(plan: &[Value]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/export/connect.py");
    let mut child = Command::new("unshare")
        .args(["-n", "/usr/bin/python3", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let plan = serde_json::to_vec(plan).unwrap();
    child.stdin.take().unwrap().write_all(&plan).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && errors.is_empty(),
        "{said}{errors}"
    );
    said
}

#[test]
fn nft_admits_and_refuses_whom_the_tables_admit_and_refuse() {
    let folder = TempDir::new().unwrap();
    let (wanted, clients) = (count("TCPW_EXPORTS", 30), count("TCPW_EXPORT_CLIENTS", 20));
    let mut chance = Chance(0x5eed_1234);
    let (mut plan, mut places) = (Vec::new(), Vec::new());
    let (mut refused, mut tally) = (0, [0, 0]);
    while places.len() < wanted {
        let policy = Policy::new(&mut chance);
        let path = folder.path().join(format!("{}-{refused}", places.len()));
        let place = Place::new(path, &policy.allow, &policy.deny);
        let file = place.file("tcpw.nft");
        if !place.export(&EXPORT, &file) {
            refused += 1;
            continue;
        }
        let mut asks = Vec::new();
        for address in policy.clients(&mut chance, clients) {
            for (daemon, port) in PORTS {
                let admits = policy.admits(daemon, address);
                tally[usize::from(admits)] += 1;
                asks.push(json!([address.to_string(), port, admits]));
            }
        }
        plan.push(json!({"load": file, "ask": asks, "list": place.file("listed"), "same": true}));
        places.push(place);
    }
    assert!(tally[0] > wanted && tally[1] > wanted, "{tally:?}");
    let total = tally[0] + tally[1];
    assert_eq!(connect(&plan), format!("connections: {total}\n"));
    for place in &places {
        let mut words = vec!["export"];
        words.extend(EXPORT);
        words.extend(["--check", "listed"]);
        let output = place.tcpw(&words);
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said, "listed decides what the tables decide\n");
    }
    say(&format!(
        "export: {wanted} policies in nftables, {total} real connections ({} admitted): 0 wrong; {refused} more refused",
        tally[1]
    ));
}

#[test]
fn what_ends_ends_in_the_firewall_and_the_way_back_removes_our_table_alone() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(folder.path().join("a"), "", "sshd: 192.0.2.0/24\n");
    let done = place.tcpw(&["allow", "192.0.2.7", "-d", "sshd", "--for", "2h"]);
    assert!(done.status.success(), "{done:?}");
    let file = place.file("tcpw.nft");
    assert!(place.export(&EXPORT, &file));
    let text = fs::read_to_string(&file).unwrap();
    let timeout = text.split_once("192.0.2.7 timeout ").unwrap().1;
    let seconds: u64 = timeout.split_once('s').unwrap().0.parse().unwrap();
    assert!((6000..=7200).contains(&seconds), "{seconds}");
    let soon = place.file("soon.nft");
    fs::write(
        &soon,
        text.replace(&format!("timeout {seconds}s"), "timeout 1s"),
    )
    .unwrap();
    let other = ["192.0.2.8", "2001:db8::1"];
    let said = connect(&[
        json!({"load": file, "ask": [["192.0.2.7", 2222, true], [other[0], 2222, false], [other[1], 2222, true]]}),
        json!({"load": soon, "until": [["192.0.2.7", 2222, false]], "ask": [[other[0], 2222, false]], "same": true}),
        json!({"load": place.file("tcpw.nft.rollback"), "ask": [[other[0], 2222, true]], "same": true, "gone": true}),
    ]);
    assert_eq!(said, "connections: 5\n");
    // An export in the place of another one keeps that as the way back, with what is left of its times.
    fs::write(place.file("etc/hosts.deny"), "sshd: 198.51.100.0/24\n").unwrap();
    assert!(place.export(&EXPORT, &file));
    let back = fs::read_to_string(place.file("tcpw.nft.rollback")).unwrap();
    let without_times = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with("# written "));
        lines
            .map(|line| line.split(" timeout ").next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(without_times(&back), without_times(&text));
    fs::write(&file, "table inet mine {\n}\n").unwrap();
    let words = [
        "export",
        "--output",
        "tcpw.nft",
        "--to",
        "nftables",
        "-d",
        "sshd=2222",
    ];
    assert_eq!(place.tcpw(&words).status.code(), Some(2));
    assert_eq!(fs::read_to_string(&file).unwrap(), "table inet mine {\n}\n");
    say(
        "export: a rule that ends is a timeout of nftables, and the way back leaves other tables alone",
    );
}

/// The script as one would be that was written some time ago.
fn aged(script: &str, hours: i64) -> String {
    let written = script.split_once("# written ").unwrap().1;
    let time = written.split_once(',').unwrap().0;
    let then =
        chrono::DateTime::parse_from_rfc3339(time).unwrap() - chrono::TimeDelta::hours(hours);
    script.replacen(time, &then.format("%Y-%m-%dT%H:%M:%SZ").to_string(), 1)
}

/// Whose rule ended before the way back was written is not admitted by it.
#[test]
fn the_way_back_admits_nobody_whose_rule_has_ended() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(folder.path().join("a"), "", "sshd: 192.0.2.0/24\n");
    for (client, length) in [("192.0.2.7", "2h"), ("192.0.2.8", "9h")] {
        let done = place.tcpw(&["allow", client, "-d", "sshd", "--for", length]);
        assert!(done.status.success(), "{done:?}");
    }
    let file = place.file("tcpw.nft");
    assert!(place.export(&EXPORT, &file));
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, aged(&text, 5)).unwrap();
    fs::write(place.file("etc/hosts.allow"), "sshd: 192.0.2.9\n").unwrap();
    let words = [&["export", "--output", "tcpw.nft"], &EXPORT[..]].concat();
    let output = place.tcpw(&words);
    let errors = String::from_utf8(output.stderr).unwrap();
    let said = "the way back: nft -f tcpw.nft.rollback; 1 of its elements ended since, and is not in it; \
                1 of its elements end by themselves, counted from now";
    assert!(output.status.success() && errors.contains(said), "{errors}");
    let back = fs::read_to_string(place.file("tcpw.nft.rollback")).unwrap();
    let timeout = back.split_once("192.0.2.8 timeout ").unwrap().1;
    let seconds: u64 = timeout.split_once('s').unwrap().0.parse().unwrap();
    assert!((13_000..=14_400).contains(&seconds), "{seconds}");
    let said = connect(&[json!({
        "load": place.file("tcpw.nft.rollback"),
        "ask": [["192.0.2.7", 2222, false], ["192.0.2.8", 2222, true], ["192.0.2.9", 2222, false]],
    })]);
    assert_eq!(said, "connections: 3\n");
    say("export: the way back from nftables admits nobody whose rule has ended");
}

#[test]
fn when_rules_end_is_compared() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(folder.path().join("a"), "", "sshd: 192.0.2.0/24\n");
    let done = place.tcpw(&["allow", "192.0.2.7", "-d", "sshd", "--for", "9h"]);
    assert!(done.status.success(), "{done:?}");
    let file = place.file("tcpw.nft");
    assert!(place.export(&EXPORT, &file));
    connect(&[json!({"load": file, "ask": [], "list": place.file("listed")})]);
    let check = |name: &str| {
        let output = place.tcpw(&[&["export", "--check", name], &EXPORT[..]].concat());
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    for name in ["tcpw.nft", "listed"] {
        let same = (Some(0), format!("{name} decides what the tables decide\n"));
        assert_eq!(check(name), same);
    }
    // Loaded three hours late, it admits until three hours after its end.
    let text = fs::read_to_string(&file).unwrap();
    fs::write(place.file("late"), aged(&text, -3)).unwrap();
    let (code, said) = check("late");
    assert!(
        code == Some(1) && said.starts_with("late: tcp2222: 192.0.2.7 fares so until "),
        "{said}"
    );
    let undated = text.lines().filter(|line| !line.starts_with("# written "));
    let undated: Vec<&str> = undated.collect();
    fs::write(place.file("undated"), undated.join("\n")).unwrap();
    let (code, said) = check("undated");
    assert!(
        code == Some(0)
            && said.contains("decides what the tables decide now; it does not say when"),
        "{said}"
    );
}

#[test]
fn a_daemon_of_the_former_export_is_not_given_up_silently_and_files_of_others_stay() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(folder.path().join("a"), "", "ALL: 192.0.2.0/24\n");
    let export = |words: &[&str]| {
        let head = ["export", "--to", "nftables", "--output", "tcpw.nft"];
        let output = place.tcpw(&[&head[..], words].concat());
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let mine = "mine\n";
    fs::write(place.file("tcpw.nft.rollback"), mine).unwrap();
    let (code, errors) = export(&["-d", "sshd=22"]);
    assert!(
        code == Some(2)
            && errors.contains("tcpw.nft.rollback is there, and tcpw export has not written it"),
        "{errors}"
    );
    assert_eq!(
        fs::read_to_string(place.file("tcpw.nft.rollback")).unwrap(),
        mine
    );
    assert!(!place.file("tcpw.nft").exists());
    fs::remove_file(place.file("tcpw.nft.rollback")).unwrap();
    assert_eq!(export(&["-d", "sshd=22"]).0, Some(0));
    let text = fs::read_to_string(place.file("tcpw.nft")).unwrap();
    let (code, errors) = export(&["-d", "vsftpd=21"]);
    assert!(
        code == Some(2)
            && errors.contains("the export that is there is for tcp22, too, and this one is not"),
        "{errors}"
    );
    assert_eq!(fs::read_to_string(place.file("tcpw.nft")).unwrap(), text);
    assert_eq!(export(&["-d", "vsftpd=21", "-d", "sshd=22"]).0, Some(0));
    let (code, errors) = export(&["-d", "vsftpd=21", "--replace"]);
    assert!(
        code == Some(0) && errors.contains("given up: tcp22, "),
        "{errors}"
    );
}

#[test]
fn a_banner_is_lost_to_those_who_are_refused_and_to_those_who_are_admitted() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(
        folder.path().join("a"),
        "sshd: 10.0.0.0/8: banners /etc/b\nsshd: 11.0.0.0/8: banners /etc/b: deny\n",
        "sshd: 12.0.0.0/8: banners /etc/b\nsshd: 13.0.0.0/8: banners /etc/b: allow\n",
    );
    let output = place.tcpw(&["export", "--to", "nftables", "-d", "sshd=22"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    let admitted = "`banners /etc/b` is not sent there: the client is admitted without it";
    let refused = "`banners /etc/b` is not sent or run there: the client is refused";
    for (line, said) in [
        ("hosts.allow:1", admitted),
        ("hosts.allow:2", refused),
        ("hosts.deny:1", refused),
        ("hosts.deny:2", admitted),
    ] {
        assert!(errors.contains(&format!("{line}: {said}")), "{errors}");
    }
}

#[test]
fn a_refusal_is_dropped_or_logged_as_it_was_asked_for() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(folder.path().join("a"), "", "ALL: ALL\n");
    let export = |words: &[&str]| {
        let head = ["export", "--to", "nftables", "-d", "sshd=2222"];
        let output = place.tcpw(&[&head[..], words].concat());
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let silent = export(&[]);
    assert!(silent.contains("\t\tdrop\n") && !silent.contains("reject") && !silent.contains("log"));
    let logged = export(&["--log", "--reject"]);
    assert!(logged.contains("log prefix \"tcpw refused sshd: \"\n") && logged.contains("reject"));
    let file = place.file("logged.nft");
    fs::write(&file, logged).unwrap();
    let said = connect(&[json!({"load": file, "ask": [["192.0.2.7", 2222, false]]})]);
    assert_eq!(said, "connections: 1\n");
}
