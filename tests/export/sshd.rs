//! Random policies as files for `sshd_config.d`: the real sshd reads them, and says of every client
//! whether it is refused. Needs root.

use super::policies::{Chance, Place, Policy, count};
use crate::doctor::unpack_newer_sshd;
use crate::proof::say;
use crate::sandbox::program;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// An sshd, and the words that say its version.
struct Sshd {
    words: Vec<String>,
    version: Vec<&'static str>,
}

impl Sshd {
    fn of_this_system() -> Self {
        Self {
            words: vec!["/usr/sbin/sshd".to_owned()],
            version: Vec::new(),
        }
    }

    /// One that knows `RefuseConnection`, with the libraries of its suite.
    fn newer(root: &Path) -> Self {
        let word = |path: &str| root.join(path).to_str().unwrap().to_owned();
        Self {
            words: vec![
                word("lib64/ld-linux-x86-64.so.2"),
                "--library-path".to_owned(),
                word("usr/lib/x86_64-linux-gnu"),
                word("usr/sbin/sshd"),
            ],
            version: vec!["--sshd-version", "10.0", "--exempt"],
        }
    }

    /// Its effective configuration, for a client if one is given.
    fn asked(&self, config: &Path, key: &Path, client: Option<&str>) -> Result<String, String> {
        let mut command = Command::new(&self.words[0]);
        command
            .args(&self.words[1..])
            .arg("-f")
            .arg(config)
            .arg("-h")
            .arg(key);
        match client {
            None => command.arg("-t"),
            Some(address) => {
                let of =
                    format!("user=bob,host=pc.example.org,addr={address},laddr=192.0.2.1,lport=22");
                command.args(["-T", "-C", &of])
            }
        };
        let output = command.output().map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }
}

/// A host key, which sshd wants to see even for a test.
fn key(folder: &Path) -> PathBuf {
    let key = folder.join("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    // What the package makes when its service starts.
    fs::create_dir_all("/run/sshd").unwrap();
    key
}

/// How many clients were asked about, of how many policies, and how many were admitted.
fn compare(sshd: &Sshd, folder: &Path, wanted: usize, clients: usize) -> [usize; 3] {
    let key = key(folder);
    let mut chance = Chance(0x551d_0017);
    let mut tally = [0, 0];
    let mut done = 0;
    while done < wanted {
        let policy = Policy::new(&mut chance);
        let place = Place::new(
            folder.join(format!("p{}", chance.0)),
            &policy.allow,
            &policy.deny,
        );
        let file = place.file("00-tcpw.conf");
        let words = [&["--to", "sshd"][..], &sshd.version].concat();
        if !place.export(&words, &file) {
            continue;
        }
        done += 1;
        let config = place.file("sshd_config");
        // What stands after it counts for everybody.
        let text = format!("Include {}\nPermitRootLogin no\n", file.display());
        fs::write(&config, text).unwrap();
        sshd.asked(&config, &key, None).unwrap();
        let addresses = policy.clients(&mut chance, clients).into_iter();
        let addresses = addresses.map(|address| address.to_string());
        // A link-local client has a zone, and sshd compares it with no network.
        for address in addresses.chain(["fe80::1%lo".to_owned()]) {
            let said = sshd.asked(&config, &key, Some(&address)).unwrap();
            let refuses = said.lines().any(|line| line == "denyusers *");
            let admits = policy.admits_client("sshd", &address);
            assert_eq!(
                refuses, !admits,
                "{address}\n{}--\n{}",
                policy.allow, policy.deny
            );
            if !sshd.version.is_empty() {
                let ends = said.lines().any(|line| line == "refuseconnection yes");
                assert_eq!(ends, refuses, "{address}");
            }
            assert!(
                said.lines().any(|line| line == "permitrootlogin no"),
                "{said}"
            );
            tally[usize::from(admits)] += 1;
        }
        let words = [&["export", "--check", "00-tcpw.conf"][..], &words].concat();
        assert_eq!(place.tcpw(&words).status.code(), Some(0));
    }
    assert!(tally[0] > wanted && tally[1] > wanted, "{tally:?}");
    [tally[0] + tally[1], wanted, tally[1]]
}

#[test]
fn sshd_refuses_whom_the_tables_refuse() {
    let folder = TempDir::new().unwrap();
    let (wanted, clients) = (count("TCPW_EXPORTS", 20), count("TCPW_EXPORT_CLIENTS", 10));
    let [asked, policies, admitted] =
        compare(&Sshd::of_this_system(), folder.path(), wanted, clients);
    say(&format!(
        "export: {policies} policies for sshd, {asked} clients by sshd -T ({admitted} admitted): 0 wrong"
    ));
}

#[test]
fn a_newer_sshd_ends_the_connection_of_whom_the_tables_refuse() {
    let Some(root) = unpack_newer_sshd() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let [asked, policies, admitted] = compare(&Sshd::newer(&root), folder.path(), 8, 8);
    say(&format!(
        "export: {policies} policies with RefuseConnection for sshd 10.0, {asked} clients ({admitted} admitted): 0 wrong"
    ));
}

/// What is decided about some link-local clients only cannot be said.
fn in_part(folder: &Path, sshd: &Sshd, key: &Path) {
    let (allow, deny) = ("sshd: [fe80::]/64\n", "ALL: ALL\n");
    let place = Place::new(folder.join("part"), allow, deny);
    let output = place.tcpw(&["export", "--to", "sshd"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    for part in [
        "fe80::-febf:",
        "link-local clients (fe80::/10) only as a whole",
    ] {
        assert!(errors.contains(part), "{errors}");
    }
    for (choice, is_refused) in [("--partial", true), ("--partial=allow", false)] {
        let output = place.tcpw(&["export", "--to", "sshd", choice]);
        let file = place.file("00-tcpw.conf");
        fs::write(&file, output.stdout).unwrap();
        let said = sshd.asked(&file, key, Some("fe80::7%lo")).unwrap();
        assert_eq!(said.contains("denyusers *"), is_refused, "{said}");
    }
}

/// Link-local clients come as `fe80::7%eth0`; libwrap ignores the zone, and sshd finds such a client in no
/// network.
#[test]
fn link_local_clients_are_refused_and_admitted_as_the_tables_say() {
    let folder = TempDir::new().unwrap();
    let key = key(folder.path());
    let clients = ["fe80::7%lo", "febf::1%lo", "fe80::7", "fec0::1", "10.0.0.1"];
    let mut sshds = vec![Sshd::of_this_system()];
    sshds.extend(unpack_newer_sshd().as_deref().map(Sshd::newer));
    for (number, (allow, deny, admitted)) in [
        ("", "sshd: [fe80::]/10\n", [false, false, false, true, true]),
        (
            "",
            "sshd: [fe80::]/10 10.0.0.0/8\n",
            [false, false, false, true, false],
        ),
        (
            "sshd: [fe80::]/10\n",
            "ALL: ALL\n",
            [true, true, true, false, false],
        ),
        (
            "sshd: [fe80::]/10 10.0.0.0/8\n",
            "ALL: ALL\n",
            [true, true, true, false, true],
        ),
        (
            "sshd: [::]/0\n",
            "ALL: ALL\n",
            [true, true, true, true, false],
        ),
        ("", "sshd: [::]/0\n", [false, false, false, false, true]),
    ]
    .into_iter()
    .enumerate()
    {
        let place = Place::new(folder.path().join(number.to_string()), allow, deny);
        let policy = Policy::of(allow, deny);
        for sshd in &sshds {
            let file = place.file("00-tcpw.conf");
            assert!(place.export(&[&["--to", "sshd"][..], &sshd.version].concat(), &file));
            for (client, admits) in clients.iter().zip(admitted) {
                assert_eq!(
                    policy.admits_client("sshd", client),
                    admits,
                    "{client} {allow}{deny}"
                );
                let said = sshd.asked(&file, &key, Some(client)).unwrap();
                let refuses = said.lines().any(|line| line == "denyusers *");
                assert_eq!(refuses, !admits, "{client} {allow}{deny}");
            }
        }
    }
    in_part(folder.path(), &sshds[0], &key);
    say("export: link-local clients with their zones are treated by sshd -T as the tables say");
}

#[test]
fn the_own_session_is_not_locked_out_unasked_and_there_is_a_way_back() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(folder.path().join("a"), "sshd: 10.0.0.0/8\n", "ALL: ALL\n");
    let export = |client: &str, words: &[&str]| {
        let output = Command::new(program())
            .arg("--root")
            .arg(&place.0)
            .args(["export", "--to", "sshd", "--output", "it's.conf"])
            .args(words)
            .current_dir(&place.0)
            .env("NO_COLOR", "1")
            .env("SSH_CONNECTION", format!("{client} 50000 10.0.0.1 22"))
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let said = "your own session from 192.0.2.7 would be refused by sshd";
    let (code, errors) = export("192.0.2.7", &[]);
    assert!(code == Some(2) && errors.contains(said), "{errors}");
    let file = place.file("it's.conf");
    assert!(!file.exists());
    let (code, errors) = export("10.2.3.4", &[]);
    assert!(
        code == Some(0) && !errors.contains("your own session"),
        "{errors}"
    );
    let first = fs::read_to_string(&file).unwrap();
    let back = || {
        let done = Command::new("sh")
            .arg(place.file("it's.conf.rollback"))
            .status();
        assert!(done.unwrap().success());
    };
    back();
    assert!(!file.exists());
    assert_eq!(export("10.2.3.4", &[]).0, Some(0));
    fs::write(place.file("etc/hosts.allow"), "sshd: 10.2.0.0/16\n").unwrap();
    let (code, errors) = export("192.0.2.7", &["--force"]);
    assert!(code == Some(0) && errors.contains(said), "{errors}");
    assert_ne!(fs::read_to_string(&file).unwrap(), first);
    back();
    assert_eq!(fs::read_to_string(&file).unwrap(), first);
}

#[test]
fn what_sshd_cannot_say_is_refused_and_the_traps_of_its_lists_are_not_written() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(
        folder.path().join("a"),
        "sshd: 10.0.0.0/8 [2001:db8::]/32\n",
        "ALL: ALL\n",
    );
    let output = place.tcpw(&["export", "--to", "sshd"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        lines,
        [
            "Match Address *,!10.0.0.0/8,!2001:db8::/32",
            "\tDenyUsers *",
            "Match all"
        ]
    );
    let done = place.tcpw(&["allow", "192.0.2.7", "-d", "sshd", "--for", "2h"]);
    assert!(done.status.success(), "{done:?}");
    let export = |words: &[&str]| {
        let output = place.tcpw(&[&["export", "--to", "sshd"][..], words].concat());
        let [text, errors] =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.code(), text, errors)
    };
    let (code, text, errors) = export(&[]);
    assert_eq!((code, text.as_str()), (Some(2), ""));
    assert!(
        errors.contains("1 range hangs on more, 192.0.2.7"),
        "{errors}"
    );
    for (choice, is_there) in [("--partial", false), ("--partial=allow", true)] {
        let (code, text, _) = export(&[choice]);
        assert_eq!(
            (code, text.contains("!192.0.2.7,")),
            (Some(1), is_there),
            "{text}"
        );
    }
}
