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
    // An export in the place of another one keeps that as the way back.
    fs::write(place.file("etc/hosts.deny"), "sshd: 198.51.100.0/24\n").unwrap();
    assert!(place.export(&EXPORT, &file));
    assert_eq!(
        fs::read_to_string(place.file("tcpw.nft.rollback")).unwrap(),
        text
    );
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
