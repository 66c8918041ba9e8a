//! Random policies as drop-ins for units: systemd's own parser reads them, and by its documented rule
//! they treat every client as the tables do. Needs root, to be somebody else: systemd refuses to be tried
//! by root.

use super::policies::{Chance, Place, Policy, count};
use crate::proof::say;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;
use tcpw_gate::Network;
use tempfile::TempDir;

/// The lists of a unit.
#[derive(Debug, Default)]
struct Lists {
    allowed: Vec<Network>,
    denied: Vec<Network>,
}

impl Lists {
    /// What systemd.resource-control(5) says: an address that the allowed have passes, else one that the
    /// denied have does not, and any other one passes.
    fn pass(&self, address: IpAddr) -> bool {
        let has = |list: &[Network]| list.iter().any(|network| network.contains(address));
        has(&self.allowed) || !has(&self.denied)
    }
}

/// Runs a program of systemd as nobody, with these units and those of the system.
fn systemd(units: &Path, words: &[&str]) -> String {
    let path = format!("{}:/lib/systemd/system", units.display());
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .args(words)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/")
        .env("XDG_RUNTIME_DIR", "/tmp")
        .env("SYSTEMD_UNIT_PATH", path)
        .current_dir("/")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// The lists of all units, as systemd has read them.
fn lists(units: &Path) -> HashMap<String, Lists> {
    let words = [
        "/lib/systemd/systemd",
        "--test",
        "--system",
        "--unit=all.target",
    ];
    let dump = systemd(units, &words);
    let mut found: HashMap<String, Lists> = HashMap::new();
    let mut unit = String::new();
    for line in dump.lines() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix("-> Unit ") {
            name.trim_end_matches(':').clone_into(&mut unit);
        }
        let lists = found.entry(unit.clone()).or_default();
        if let Some(network) = line.strip_prefix("IPAddressAllow: ") {
            lists.allowed.push(network.parse().unwrap());
        }
        if let Some(network) = line.strip_prefix("IPAddressDeny: ") {
            lists.denied.push(network.parse().unwrap());
        }
    }
    found
}

/// Writes a unit for a daemon, and what a socket starts.
fn unit(units: &Path, name: &str) {
    let write = |name: &str, text: &str| {
        fs::write(units.join(name), format!("[Unit]\nDescription=x\n{text}")).unwrap();
    };
    let service = "[Service]\nExecStart=/bin/true\n";
    match name.strip_suffix(".socket") {
        Some(stem) => {
            write(name, "[Socket]\nListenStream=2121\nAccept=yes\n");
            write(&format!("{stem}@.service"), service);
        }
        None => write(name, service),
    }
}

/// Everybody may read what is below a folder.
fn open(path: &Path) {
    let done = Command::new("chmod")
        .args(["-R", "a+rX"])
        .arg(path)
        .status();
    assert!(done.unwrap().success());
}

#[test]
fn systemd_reads_lists_that_admit_and_refuse_whom_the_tables_admit_and_refuse() {
    let folder = TempDir::new().unwrap();
    let (wanted, clients) = (count("TCPW_EXPORTS", 30), count("TCPW_EXPORT_CLIENTS", 20));
    let units = folder.path().join("units");
    fs::create_dir(&units).unwrap();
    let mut chance = Chance(0x5d5d_0017);
    let (mut asked, mut all) = (Vec::new(), "[Unit]\nWants=".to_owned());
    let mut number = 0;
    while asked.len() < 2 * wanted {
        let policy = Policy::new(&mut chance);
        number += 1;
        let place = Place::new(
            folder.path().join(number.to_string()),
            &policy.allow,
            &policy.deny,
        );
        // Whether addresses alone decide is asked by a form that has nothing of its own to refuse.
        let plain = ["--to", "nftables", "-d", "sshd=22", "-d", "vsftpd=21"];
        if !place.export(&plain, &place.file("plain")) {
            continue;
        }
        let names = [
            ("sshd", format!("sshd{number}.service")),
            ("vsftpd", format!("vsftpd{number}.socket")),
        ];
        let daemons = names
            .each_ref()
            .map(|(daemon, name)| format!("{daemon}={name}"));
        let words = ["--to", "systemd", "-d", &daemons[0], "-d", &daemons[1]];
        let choice = *["--partial", "--partial=allow"].get(number % 2).unwrap();
        let export = [&["export", "--output", "units", choice][..], &words].concat();
        let output = place.tcpw(&export);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
        let check = [&["export", "--check", "units", choice][..], &words].concat();
        let said = String::from_utf8(place.tcpw(&check).stdout).unwrap();
        assert!(
            said.starts_with("units decides what the tables decide")
                || said.starts_with("units is as it would be written now"),
            "{said}"
        );
        for (daemon, name) in names {
            let drop_in = format!("{name}.d");
            fs::rename(place.file("units").join(&drop_in), units.join(&drop_in)).unwrap();
            unit(&units, &name);
            write!(all, "{name} ").unwrap();
            let addresses = policy.clients(&mut chance, clients);
            let addresses = addresses
                .into_iter()
                .map(|address| (address, policy.admits(daemon, address)));
            let own = ["127.0.0.1", "::1"].map(|text| text.parse().unwrap());
            let own = own.map(|address| {
                let admits = policy.admits(daemon, address) || choice == "--partial=allow";
                (address, admits)
            });
            asked.push((name, addresses.chain(own).collect::<Vec<_>>()));
        }
    }
    fs::write(units.join("all.target"), all + "\n").unwrap();
    open(folder.path());
    let mut verify = vec!["systemd-analyze", "verify", "--man=no"];
    verify.extend(asked.iter().map(|(name, _)| name.as_str()));
    assert_eq!(systemd(&units, &verify), "");
    let lists = lists(&units);
    let mut tally = [0, 0];
    for (name, addresses) in &asked {
        for (address, admits) in addresses {
            assert_eq!(lists[name].pass(*address), *admits, "{name} {address}");
            tally[usize::from(*admits)] += 1;
        }
    }
    assert!(tally[0] > wanted && tally[1] > wanted, "{tally:?}");
    say(&format!(
        "export: {} units with lists that systemd has read, {} clients ({} admitted): 0 wrong",
        asked.len(),
        tally[0] + tally[1],
        tally[1]
    ));
}

#[test]
fn the_own_host_is_asked_about_and_drop_ins_of_others_stay() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(folder.path().join("a"), "sshd: 10.0.0.0/8\n", "ALL: ALL\n");
    let run = |words: &[&str]| {
        let head = ["export", "--to", "systemd"];
        let output = place.tcpw(&[&head[..], words].concat());
        let [text, errors] =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.code().unwrap(), text, errors)
    };
    let (code, text, errors) = run(&["-d", "sshd=ssh.service"]);
    assert_eq!((code, text.as_str()), (2, ""));
    for part in [
        "2 ranges hang on more, 127.0.0.0-127.255.255.255, ::1\n",
        "systemd would also drop what the unit sends to this host's own addresses",
    ] {
        assert!(errors.contains(part), "{errors}");
    }
    let body = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.collect::<Vec<_>>().join("\n")
    };
    let (code, text, errors) = run(&["-d", "sshd=ssh.service", "--partial=allow"]);
    assert_eq!(code, 1);
    assert!(errors.contains("what the unit sends to addresses that are refused is dropped, too"));
    assert_eq!(
        body(&text),
        "==> ssh.service.d/50-tcpw.conf <==\n[Service]\nIPAddressAllow=10.0.0.0/8 127.0.0.0/8\n\
         IPAddressDeny=0.0.0.0/0\nIPAddressAllow=::1\nIPAddressDeny=::/0"
    );
    for words in [
        &["-d", "sshd=22"][..],
        &["-d", "sshd"],
        &["-d", "sshd=../a.service"],
        &["-d", "sshd=a.service", "-d", "vsftpd=a.service"],
        &[],
    ] {
        assert_eq!(run(words).0, 2, "{words:?}");
    }
    // What is in the folder besides.
    let to = place.file("units");
    fs::create_dir_all(to.join("ssh.service.d")).unwrap();
    fs::write(to.join("ssh.service.d/mine.conf"), "[Service]\nNice=1\n").unwrap();
    let write = ["--partial", "--output", "units", "-d"];
    assert_eq!(run(&[&write[..], &["sshd=ssh.service"]].concat()).0, 1);
    assert_eq!(run(&[&write[..], &["sshd=sshd.socket"]].concat()).0, 1);
    let there = |name: &str| to.join(name).exists();
    assert!(there("ssh.service.d/mine.conf") && there("sshd.socket.d/50-tcpw.conf"));
    assert!(!there("ssh.service.d/50-tcpw.conf"));
    let done = Command::new("sh").arg(to.join("tcpw.rollback")).status();
    assert!(done.unwrap().success());
    assert!(there("ssh.service.d/50-tcpw.conf") && !there("sshd.socket.d/50-tcpw.conf"));
    fs::write(to.join("ssh.service.d/50-tcpw.conf"), "[Service]\nNice=2\n").unwrap();
    let (code, _, errors) = run(&[&write[..], &["sshd=ssh.service"]].concat());
    assert!(
        code == 2 && errors.contains("tcpw export has not written it"),
        "{errors}"
    );
    let check = ["--check", "units", "--partial", "-d", "sshd=ssh.service"];
    let (code, text, _) = run(&check);
    assert!(
        code == 1 && text.starts_with("units/ssh.service.d/50-tcpw.conf:2: `Nice=2`"),
        "{text}"
    );
}

#[test]
fn a_long_list_has_lines_that_systemd_reads() {
    let folder = TempDir::new().unwrap();
    let mut deny = String::new();
    for number in 0..60_000_u32 {
        let [_, a, b, c] = (number * 4 + 1).to_be_bytes();
        write!(deny, "sshd: 10.{}.{b}.{c}\n", a + 1).unwrap();
    }
    let place = Place::new(folder.path().join("a"), "", &deny);
    let to = place.file("units");
    assert!(place.export(&["--to", "systemd", "-d", "sshd=sshd.service"], &to));
    unit(&to, "sshd.service");
    fs::write(to.join("all.target"), "[Unit]\nWants=sshd.service\n").unwrap();
    open(folder.path());
    assert_eq!(
        systemd(
            &to,
            &["systemd-analyze", "verify", "--man=no", "sshd.service"]
        ),
        ""
    );
    assert_eq!(lists(&to)["sshd.service"].denied.len(), 60_000);
}
