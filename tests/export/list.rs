//! What `tcpw export --to json` and `csv` write has the effect of the tables, and what changes is seen.

use super::policies::{Chance, Place, Policy};
use std::fs;
use tempfile::TempDir;

#[test]
fn a_list_is_applied_with_the_same_effect_and_a_change_is_seen() {
    let folder = TempDir::new().unwrap();
    let mut chance = Chance(0xc0de_0017);
    for number in 0..6 {
        let policy = Policy::new(&mut chance);
        let [from, to] = ["from", "to"].map(|name| folder.path().join(format!("{number}-{name}")));
        let from = Place::new(from, &policy.allow, &policy.deny);
        let to = Place::new(to, "", "");
        for format in ["json", "csv"] {
            let list = to.file(format);
            let list = list.to_str().unwrap();
            let run = |words: &[&str]| {
                let output = from.tcpw(&[&["export", "--to", format][..], words].concat());
                let errors = String::from_utf8_lossy(&output.stderr);
                (output.status.code(), errors.into_owned())
            };
            assert_eq!(run(&["--output", list]), (Some(0), String::new()));
            assert_eq!(run(&["--check", list]).0, Some(0));
        }
        let applied = to.tcpw(&["apply", "json", "--force"]);
        let errors = String::from_utf8_lossy(&applied.stderr);
        assert!(applied.status.success(), "{errors}");
        let [from, to] = [&from.0, &to.0].map(|path| path.to_str().unwrap().to_owned());
        let place = Place::new(folder.path().join("x"), "", "");
        let same = place.tcpw(&["diff", &from, &to]);
        assert_eq!(String::from_utf8_lossy(&same.stdout), "the same effect\n");
    }
}

#[test]
fn a_list_that_decides_otherwise_is_seen() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(
        folder.path().join("a"),
        "",
        "sshd: 192.0.2.0/25 192.0.2.128/25\n",
    );
    let csv = "table,daemons,clients,options,since,until,by,follow,reason\n";
    for (clients, code, said) in [
        ("192.0.2.", 0, "list decides what the tables decide\n"),
        ("192.0.2.0/25", 1, "list: 192.0.2.128 gains sshd\n"),
    ] {
        fs::write(
            place.file("list"),
            format!("{csv}deny,sshd,{clients},,,,,,\n"),
        )
        .unwrap();
        let output = place.tcpw(&["export", "--to", "csv", "--check", "list"]);
        assert_eq!(output.status.code(), Some(code));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with(said), "{text}");
    }
    fs::write(place.file("list"), format!("{csv}drop,sshd,ALL,,,,,,\n")).unwrap();
    let output = place.tcpw(&["export", "--to", "csv", "--check", "list"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn what_is_wrong_or_missing_is_said() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(
        folder.path().join("a"),
        "sshd: .example.org : spawn (/bin/true %h)\nvsftpd: bob@10.0.0.1\n",
        "ALL: ALL\n",
    );
    let run = |words: &[&str]| {
        let output = place.tcpw(&[&["export"][..], words].concat());
        let errors = String::from_utf8(output.stderr).unwrap();
        (
            output.status.code().unwrap(),
            errors.replace(place.0.to_str().unwrap(), ""),
        )
    };
    let (code, errors) = run(&["--to", "nftables"]);
    assert_eq!(
        (code, errors.contains("--daemon sshd=22")),
        (2, true),
        "{errors}"
    );
    let (code, errors) = run(&["--to", "nftables", "-d", "sshd"]);
    assert_eq!(
        (code, errors.contains("the port of sshd is not known")),
        (2, true),
        "{errors}"
    );
    let (code, errors) = run(&["--to", "nftables", "-d", "sshd=22", "-d", "vsftpd=22"]);
    assert_eq!(
        (code, errors.contains("cannot have one port")),
        (2, true),
        "{errors}"
    );
    let (code, errors) = run(&["--to", "nftables", "-d", "sshd=22"]);
    assert_eq!(code, 2);
    for line in [
        "tcpw: /etc/hosts.allow:1: `.example.org` asks for the client's name: only addresses are known there\n",
        "tcpw: /etc/hosts.allow:1: `spawn (/bin/true %h)` is not run there\n",
        "tcpw: /etc/hosts.allow:2: `vsftpd` is not exported: no --daemon names it\n",
        "2 ranges hang on more, 0.0.0.0-255.255.255.255, ::-ffff:",
    ] {
        assert!(errors.contains(line), "{line}\n{errors}");
    }
    let (code, errors) = run(&["--to", "nftables", "-d", "sshd=22", "--partial"]);
    assert_eq!(
        (
            code,
            errors.contains("0 ranges admitted, 2 ranges refused; not as the tables say")
        ),
        (1, true),
        "{errors}"
    );
    let (code, _) = run(&["--to", "nftables", "-d", "sshd=22", "--partial=allow"]);
    assert_eq!(code, 1);
}

#[test]
fn tables_that_are_not_read_to_their_end_are_not_exported() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(folder.path().join("a"), "", "");
    let run = || {
        let output = place.tcpw(&["export", "--to", "json"]);
        let errors = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), errors)
    };
    fs::write(place.file("etc/hosts.allow"), "sshd: 10.0.0.1").unwrap();
    let (code, errors) = run();
    assert_eq!(
        (
            code,
            errors.contains("/etc/hosts.allow:1: libwrap reads this table up to here")
        ),
        (2, true),
        "{errors}"
    );
    fs::remove_file(place.file("etc/hosts.allow")).unwrap();
    fs::create_dir(place.file("etc/hosts.allow")).unwrap();
    assert_eq!(run().0, 2);
}
