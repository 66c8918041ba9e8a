//! Random policies as files of firewalld: its own program finds them in order, its own core loads them
//! in a network namespace for real connections, and `tcpw import` reads the same policy from them. Needs
//! root.

use super::policies::{Chance, Place, Policy, count};
use crate::proof::say;
use serde_json::{Value, json};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const PORTS: [(&str, u16); 2] = [("sshd", 2222), ("vsftpd", 2121)];
const EXPORT: [&str; 7] = [
    "--to",
    "firewalld",
    "-d",
    "sshd=2222",
    "-d",
    "vsftpd=2121",
    "--reject",
];

/// A configuration of firewalld in which everything is admitted that no policy object refuses.
fn configuration(path: &Path) {
    fs::create_dir_all(path).unwrap();
    let text = fs::read_to_string("/etc/firewalld/firewalld.conf").unwrap();
    let zone = text.lines().map(|line| match line.split_once('=') {
        Some(("DefaultZone", _)) => "DefaultZone=trusted\n".to_owned(),
        Some(_) | None => format!("{line}\n"),
    });
    fs::write(path.join("firewalld.conf"), zone.collect::<String>()).unwrap();
}

/// What firewalld's own program says about a configuration: whether it is in order, and what is wrong.
fn verified(path: &Path) -> (bool, String) {
    let output = Command::new("firewall-offline-cmd")
        .arg("--system-config")
        .arg(path)
        .arg("--check-config")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

fn assert_in_order(path: &Path) {
    assert_eq!(verified(path), (true, String::new()));
}

/// The files of an export below a folder.
fn exported(path: &Path) -> Vec<PathBuf> {
    let folders = ["policies", "ipsets"].map(|name| path.join(name));
    let there = folders.iter().filter(|folder| folder.exists());
    let entries = there.flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// `tcpw import` reads the policy from the files, and it is that of the tables.
fn assert_read_back(place: &Place, path: &Path, to: &Path) {
    let back = Place::new(to.to_owned(), "", "");
    let files = exported(path);
    let mut words = vec!["import", "firewalld"];
    words.extend(files.iter().map(|file| file.to_str().unwrap()));
    words.extend(["-d", "sshd=2222", "-d", "vsftpd=2121", "--force"]);
    let output = back.tcpw(&words);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let [from, to] = [&place.0, &back.0].map(|path| path.to_str().unwrap());
    let diff = back.tcpw(&["diff", from, to, "-d", "sshd", "-d", "vsftpd"]);
    let said = String::from_utf8(diff.stdout).unwrap();
    // Whoever has no address is not a client of a firewall.
    let mut others = said.lines().filter(|line| {
        let is_sum = line.ends_with(" lost, 0 undetermined") || *line == "the same effect";
        !is_sum && !line.contains("  address unknown  ")
    });
    assert_eq!(
        (others.next(), said.is_empty()),
        (None, false),
        "{from} {to}\n{said}"
    );
}

/// Connects as the plan says, by way of firewalld; every word that is said is returned.
fn connect(plan: &[Value]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/export/firewalld.py");
    let mut child = Command::new("unshare")
        .args(["-n", "/usr/bin/python3", "-B", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let plan = serde_json::to_vec(plan).unwrap();
    child.stdin.take().unwrap().write_all(&plan).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    String::from_utf8(said).unwrap()
}

#[test]
fn firewalld_admits_and_refuses_whom_the_tables_admit_and_refuse() {
    let folder = TempDir::new().unwrap();
    let (wanted, clients) = (count("TCPW_EXPORTS", 8), count("TCPW_EXPORT_CLIENTS", 20));
    let mut chance = Chance(0xf1e3_0a11);
    let (mut plan, mut number) = (Vec::new(), 0);
    let mut tally = [0, 0];
    while plan.len() < wanted {
        let policy = Policy::new(&mut chance);
        let path = folder.path().join(number.to_string());
        number += 1;
        let place = Place::new(path, &policy.allow, &policy.deny);
        let to = place.file("firewalld");
        if !place.export(&EXPORT, &to) {
            continue;
        }
        configuration(&to);
        assert_in_order(&to);
        assert_read_back(&place, &to, &place.file("back"));
        let check = [&["export", "--check", "firewalld"], &EXPORT[..]].concat();
        let output = place.tcpw(&check);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "firewalld decides what the tables decide\n"
        );
        let mut asks = Vec::new();
        for address in policy.clients(&mut chance, clients) {
            for (daemon, port) in PORTS {
                let admits = policy.admits(daemon, address);
                tally[usize::from(admits)] += 1;
                asks.push(json!([address.to_string(), port, admits]));
            }
        }
        plan.push(json!([to, asks]));
    }
    assert!(tally[0] > wanted && tally[1] > wanted, "{tally:?}");
    let total = tally[0] + tally[1];
    assert_eq!(connect(&plan), format!("connections: {total}\n"));
    say(&format!(
        "export: {wanted} policies in firewalld, {total} real connections ({} admitted), and read back: 0 wrong",
        tally[1]
    ));
}

/// The files below a folder and what is in them.
fn tree(path: &Path) -> Vec<(PathBuf, String)> {
    let files = exported(path).into_iter();
    files
        .map(|file| (file.clone(), fs::read_to_string(&file).unwrap()))
        .collect()
}

#[test]
fn what_others_wrote_stays_and_the_way_back_brings_the_former_export_back() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(
        folder.path().join("a"),
        "sshd: 10.0.0.0/8 [2001:db8::]/32\nvsftpd: 10.0.0.0/8\n",
        "ALL: ALL\n",
    );
    let to = place.file("firewalld");
    configuration(&to);
    fs::create_dir(to.join("ipsets")).unwrap();
    let other =
        "<?xml version=\"1.0\"?>\n<ipset type=\"hash:net\"><entry>10.0.0.0/8</entry></ipset>\n";
    fs::write(to.join("ipsets/mine.xml"), other).unwrap();
    let before = tree(&to);
    assert!(place.export(&EXPORT, &to));
    let first = tree(&to);
    assert_eq!(first.len(), 5);
    assert_in_order(&to);
    let back = || {
        let done = Command::new("sh").arg(to.join("tcpw.rollback")).status();
        assert!(done.unwrap().success());
    };
    // One daemon less: what was of it goes.
    fs::write(place.file("etc/hosts.allow"), "sshd: 192.0.2.0/24\n").unwrap();
    assert!(place.export(&[&EXPORT[..4], &["--log", "--replace"]].concat(), &to));
    let second = tree(&to);
    let names: Vec<&str> = second
        .iter()
        .map(|(path, _)| path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names, ["mine.xml", "tcpw-tcp2222-granted4.xml", "tcpw.xml"]);
    assert_in_order(&to);
    back();
    assert_eq!(tree(&to), first);
    back();
    assert_eq!(tree(&to), first);
    // The same export again changes nothing, not even the way back.
    assert!(place.export(&[&EXPORT[..4], &["--log", "--replace"]].concat(), &to));
    assert!(place.export(&[&EXPORT[..4], &["--log", "--replace"]].concat(), &to));
    assert_eq!(tree(&to), second);
    back();
    assert_eq!(tree(&to), first);
    // From nothing, and back to it.
    for file in exported(&to)
        .iter()
        .filter(|path| !path.ends_with("mine.xml"))
    {
        fs::remove_file(file).unwrap();
    }
    assert!(place.export(&EXPORT, &to));
    back();
    assert_eq!(tree(&to), before);
    say("export: firewalld: files of others stay, and the way back brings the former ones back");
}

#[test]
fn what_is_not_in_order_is_noticed_and_a_policy_of_others_is_not_replaced() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(
        folder.path().join("a"),
        "sshd: 192.0.2.0/24\n",
        "ALL: ALL\n",
    );
    let to = place.file("firewalld");
    configuration(&to);
    assert!(place.export(&EXPORT, &to));
    let set = to.join("ipsets/tcpw-tcp2222-granted4.xml");
    let text = fs::read_to_string(&set).unwrap();
    fs::write(&set, text.replace("192.0.2.0/24", "192.0.2.0/33")).unwrap();
    let (_, said) = verified(&to);
    assert!(said.contains("invalid address '192.0.2.0/33'"), "{said}");
    fs::write(to.join("policies/tcpw.xml"), "<policy/>\n").unwrap();
    let words = ["export", "--output", "firewalld"];
    let output = place.tcpw(&[&words[..], &EXPORT].concat());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        errors.contains("tcpw export has not written it"),
        "{errors}"
    );
    assert_eq!(
        fs::read_to_string(to.join("policies/tcpw.xml")).unwrap(),
        "<policy/>\n"
    );
}

#[test]
fn everybody_and_nobody_need_no_ipset_and_changes_are_seen() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(
        folder.path().join("a"),
        "sshd: 10.0.0.0/8\nvsftpd: ALL\n",
        "ALL: ALL\n",
    );
    let to = place.file("firewalld");
    assert!(place.export(&EXPORT, &to));
    let policy = fs::read_to_string(to.join("policies/tcpw.xml")).unwrap();
    assert_eq!(exported(&to).len(), 2);
    let rules = policy
        .split_once("<egress-zone name=\"HOST\"/>\n")
        .unwrap()
        .1;
    let port =
        "    <port port=\"2222\" protocol=\"tcp\"/>\n    <reject type=\"tcp-reset\"/>\n  </rule>\n";
    assert_eq!(
        rules,
        format!(
            "  <rule family=\"ipv4\">\n    <source ipset=\"tcpw-tcp2222-granted4\" invert=\"True\"/>\n{port}  \
             <rule family=\"ipv6\">\n{port}</policy>\n"
        )
    );
    let check = || {
        let output = place.tcpw(&[&["export", "--check", "firewalld"], &EXPORT[..]].concat());
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    assert_eq!(check().0, Some(0));
    fs::write(place.file("etc/hosts.allow"), "sshd: 10.0.0.0/9\n").unwrap();
    let (code, said) = check();
    assert_eq!(code, Some(1));
    for line in [
        "firewalld: tcp2222: admits 10.128.0.0-10.255.255.255, the export of the tables refuses it\n",
        "firewalld: tcp2121: does not know 0.0.0.0-255.255.255.255, the export of the tables refuses it\n",
    ] {
        assert!(said.contains(line), "{said}");
    }
    let changed = policy.replace("<reject type", "<accept type");
    fs::write(to.join("policies/tcpw.xml"), changed).unwrap();
    let (code, said) = check();
    let line = "is not written by tcpw export: nobody knows what it decides\n";
    assert!(
        code == Some(1) && said.starts_with("firewalld/policies/tcpw.xml:") && said.ends_with(line),
        "{said}"
    );
}
