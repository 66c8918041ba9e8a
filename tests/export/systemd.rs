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

/// Clients of a unit, and whether they are admitted.
type Asked = (String, Vec<(IpAddr, bool)>);

/// Exports a policy to units of their own, for two daemons, if addresses alone decide it.
fn export(
    (folder, units): (&Path, &Path),
    number: usize,
    chance: &mut Chance,
    clients: usize,
) -> Option<[Asked; 2]> {
    let policy = Policy::new(chance);
    let place = Place::new(folder.join(number.to_string()), &policy.allow, &policy.deny);
    // Whether addresses alone decide is asked by a form that has nothing of its own to refuse.
    let plain = ["--to", "nftables", "-d", "sshd=22", "-d", "vsftpd=21"];
    if !place.export(&plain, &place.file("plain")) {
        return None;
    }
    let names = [
        ("sshd", format!("sshd{number}.service")),
        ("vsftpd", format!("vsftpd{number}.socket")),
    ];
    let daemons = names
        .each_ref()
        .map(|(daemon, name)| format!("{daemon}={name}"));
    let words = ["--to", "systemd", "-d", &daemons[0], "-d", &daemons[1]];
    let choice = if number.is_multiple_of(2) {
        "--partial"
    } else {
        "--partial=allow"
    };
    let export = [&["export", "--output", "units", choice][..], &words].concat();
    let output = place.tcpw(&export);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    let check = [&["export", "--check", "units", choice][..], &words].concat();
    let said = String::from_utf8(place.tcpw(&check).stdout).unwrap();
    let is_same = said.starts_with("units decides what the tables decide")
        || said.starts_with("units is as it would be written now");
    assert!(is_same, "{said}");
    Some(names.map(|(daemon, name)| {
        let drop_in = format!("{name}.d");
        fs::rename(place.file("units").join(&drop_in), units.join(&drop_in)).unwrap();
        unit(units, &name);
        let addresses = policy.clients(chance, clients).into_iter();
        let addresses = addresses.map(|address| (address, policy.admits(daemon, address)));
        let own = ["127.0.0.1", "::1"].map(|text| text.parse().unwrap());
        let own = own.map(|address| {
            let admits = policy.admits(daemon, address) || choice == "--partial=allow";
            (address, admits)
        });
        (name, addresses.chain(own).collect())
    }))
}

#[test]
fn systemd_reads_lists_that_admit_and_refuse_whom_the_tables_admit_and_refuse() {
    let folder = TempDir::new().unwrap();
    let (wanted, clients) = (count("TCPW_EXPORTS", 30), count("TCPW_EXPORT_CLIENTS", 20));
    let units = folder.path().join("units");
    fs::create_dir(&units).unwrap();
    let mut chance = Chance(0x5d5d_0017);
    let mut asked: Vec<Asked> = Vec::new();
    let mut number = 0;
    while asked.len() < 2 * wanted {
        number += 1;
        let found = export((folder.path(), &units), number, &mut chance, clients);
        asked.extend(found.into_iter().flatten());
    }
    let names: Vec<&str> = asked.iter().map(|(name, _)| name.as_str()).collect();
    let all = format!("[Unit]\nWants={}\n", names.join(" "));
    fs::write(units.join("all.target"), all).unwrap();
    open(folder.path());
    let verify = [&["systemd-analyze", "verify", "--man=no"], &names[..]].concat();
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

/// Exports to systemd: how it ends, what it says, and what it says besides.
fn run(place: &Place, words: &[&str]) -> (i32, String, String) {
    let head = ["export", "--to", "systemd"];
    let output = place.tcpw(&[&head[..], words].concat());
    let [text, errors] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), text, errors)
}

#[test]
fn the_own_host_is_asked_about() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(folder.path().join("a"), "sshd: 10.0.0.0/8\n", "ALL: ALL\n");
    let (code, text, errors) = run(&place, &["-d", "sshd=ssh.service"]);
    assert_eq!((code, text.as_str()), (2, ""));
    for part in [
        "2 ranges hang on more, 127.0.0.0-127.255.255.255, ::1\n",
        "systemd would also drop what the unit sends to this host's own addresses",
    ] {
        assert!(errors.contains(part), "{errors}");
    }
    let (code, text, errors) = run(&place, &["-d", "sshd=ssh.service", "--partial=allow"]);
    assert_eq!(code, 1);
    assert!(errors.contains("what the unit sends to addresses that are refused is dropped, too"));
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        lines,
        [
            "==> ssh.service.d/50-tcpw.conf <==",
            "[Service]",
            "IPAddressAllow=10.0.0.0/8 127.0.0.0/8",
            "IPAddressDeny=0.0.0.0/0",
            "IPAddressAllow=::1",
            "IPAddressDeny=::/0"
        ]
    );
    for words in [
        &["-d", "sshd=22"][..],
        &["-d", "sshd"],
        &["-d", "sshd=../a.service"],
        &["-d", "sshd=a.service", "-d", "vsftpd=a.service"],
        &[],
    ] {
        assert_eq!(run(&place, words).0, 2, "{words:?}");
    }
}

#[test]
fn lists_that_are_there_already_are_found() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(folder.path().join("a"), "", "sshd: 10.0.0.0/8\n");
    let part = place.file("lib/systemd/system/service.d/10.conf");
    fs::create_dir_all(part.parent().unwrap()).unwrap();
    fs::write(&part, "[Service]\nIPAddressDeny = any\n").unwrap();
    assert_eq!(run(&place, &["-d", "sshd=ssh.socket"]).0, 0);
    let (code, _, errors) = run(&place, &["-d", "sshd=ssh.service"]);
    let line =
        "service.d/10.conf:2: `IPAddressDeny = any` may count besides the lists of an export";
    assert!(code == 2 && errors.contains(line), "{errors}");
    assert_eq!(run(&place, &["-d", "sshd=ssh.service", "--partial"]).0, 1);
    fs::remove_file(part).unwrap();
    assert_eq!(run(&place, &["-d", "sshd=ssh.service"]).0, 0);
}

/// Units with other names, and one in a slice.
fn named_units(units: &Path) {
    for name in ["ssh.service", "my-x.service", "my-ssh@.service"] {
        unit(units, name);
    }
    std::os::unix::fs::symlink("ssh.service", units.join("sshd.service")).unwrap();
    let text = "[Service]\nSlice=a-b.slice\nExecStart=/bin/true\n";
    fs::write(units.join("in.service"), text).unwrap();
}

#[test]
fn lists_are_found_under_every_name_of_a_unit_and_in_its_slices() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(folder.path().join("a"), "", "sshd: 10.0.0.0/8\n");
    let units = place.file("etc/systemd/system");
    fs::create_dir_all(&units).unwrap();
    named_units(&units);
    let mut count = 0;
    for (exported, part) in [
        (
            "ssh.service",
            "etc/systemd/system.control/ssh.service.d/50-IPAddressDeny.conf",
        ),
        (
            "ssh.service",
            "run/systemd/system.control/ssh.service.d/50-IPAddressDeny.conf",
        ),
        ("ssh.service", "run/systemd/transient/ssh.service.d/a.conf"),
        (
            "ssh.service",
            "run/systemd/generator.late/ssh.service.d/a.conf",
        ),
        ("ssh.service", "etc/systemd/system/sshd.service.d/a.conf"),
        ("sshd.service", "etc/systemd/system/ssh.service.d/a.conf"),
        (
            "my-x.service",
            "usr/lib/systemd/system/my-.service.d/a.conf",
        ),
        (
            "my-ssh@a.service",
            "etc/systemd/system/my-@.service.d/a.conf",
        ),
        (
            "my-ssh@a.service",
            "etc/systemd/system/my-ssh@.service.d/a.conf",
        ),
        (
            "my-ssh@a.service",
            "etc/systemd/system/system-my\\x2dssh.slice.d/a.conf",
        ),
        (
            "my-ssh@a.service",
            "etc/systemd/system/system-.slice.d/a.conf",
        ),
        ("ssh.service", "etc/systemd/system/slice.d/a.conf"),
        ("in.service", "etc/systemd/system/a.slice"),
        ("in.service", "etc/systemd/system/a-b.slice.d/a.conf"),
    ] {
        let path = place.file(part);
        let words = ["-d", &format!("sshd={exported}")];
        assert_eq!(run(&place, &words).0, 0, "{part}");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "[Service]\nIPAddressDeny=192.0.2.0/24\n").unwrap();
        let (code, _, errors) = run(&place, &words);
        assert!(code == 2 && errors.contains(part), "{part}: {errors}");
        fs::remove_file(path).unwrap();
        count += 1;
    }
    say(&format!(
        "export: lists that systemd joins with an export are found in {count} places"
    ));
}

/// That drop-ins for other names count is what systemd itself does.
#[test]
fn systemd_reads_drop_ins_under_every_name_of_a_unit() {
    let folder = TempDir::new().unwrap();
    let units = folder.path().join("units");
    fs::create_dir(&units).unwrap();
    named_units(&units);
    let wanted = [
        ("ssh.service", "sshd.service.d", "192.0.2.1"),
        ("my-x.service", "my-.service.d", "192.0.2.2"),
        ("my-ssh@a.service", "my-@.service.d", "192.0.2.3"),
        ("my-ssh@a.service", "my-ssh@.service.d", "192.0.2.4"),
        ("my-ssh@a.service", "my-.service.d", "192.0.2.2"),
        ("in.service", "service.d", "192.0.2.5"),
        ("a-b.slice", "a-.slice.d", "192.0.2.6"),
    ];
    for (_, part, address) in wanted {
        fs::create_dir_all(units.join(part)).unwrap();
        let section = if part.contains("slice") {
            "Slice"
        } else {
            "Service"
        };
        let text = format!("[{section}]\nIPAddressDeny={address}\n");
        // One of the same name would replace it.
        fs::write(units.join(part).join(format!("{address}.conf")), text).unwrap();
    }
    let all = "[Unit]\nWants=ssh.service my-x.service my-ssh@a.service in.service\n";
    fs::write(units.join("all.target"), all).unwrap();
    open(folder.path());
    let lists = lists(&units);
    for (unit, part, address) in wanted {
        let address = address.parse().unwrap();
        assert!(!lists[unit].pass(address), "{part}");
    }
}

#[test]
fn drop_ins_of_others_stay() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(folder.path().join("a"), "", "sshd: 10.0.0.0/8\n");
    let to = place.file("units");
    fs::create_dir_all(to.join("ssh.service.d")).unwrap();
    fs::write(to.join("ssh.service.d/mine.conf"), "[Service]\nNice=1\n").unwrap();
    let daemon = |unit: &str| format!("sshd={unit}");
    let write = |unit: &str| run(&place, &["--output", "units", "-d", &daemon(unit)]);
    assert_eq!(write("ssh.service").0, 0);
    // The protection of the first daemon would be gone.
    let (code, _, errors) = write("sshd.socket");
    assert!(
        code == 2 && errors.contains("the export that is there is for ssh.service, too"),
        "{errors}"
    );
    assert!(to.join("ssh.service.d/50-tcpw.conf").exists());
    let words = [
        "--output",
        "units",
        "-d",
        &daemon("sshd.socket"),
        "--replace",
    ];
    let (code, _, errors) = run(&place, &words);
    for part in [
        "given up: ssh.service, ",
        "removed: units/ssh.service.d/50-tcpw.conf",
    ] {
        assert!(code == 0 && errors.contains(part), "{errors}");
    }
    let there = |name: &str| to.join(name).exists();
    assert!(there("ssh.service.d/mine.conf") && there("sshd.socket.d/50-tcpw.conf"));
    assert!(!there("ssh.service.d/50-tcpw.conf"));
    let done = Command::new("sh").arg(to.join("tcpw.rollback")).status();
    assert!(done.unwrap().success());
    assert!(there("ssh.service.d/50-tcpw.conf") && !there("sshd.socket.d/50-tcpw.conf"));
    fs::write(to.join("ssh.service.d/50-tcpw.conf"), "[Service]\nNice=2\n").unwrap();
    let (code, _, errors) = write("ssh.service");
    assert!(
        code == 2 && errors.contains("tcpw export has not written it"),
        "{errors}"
    );
    let (code, text, _) = run(&place, &["--check", "units", "-d", "sshd=ssh.service"]);
    assert!(
        code == 1 && text.starts_with("units/ssh.service.d/50-tcpw.conf:2: `Nice=2`"),
        "{text}"
    );
}

/// What cannot be written is seen before anything is.
#[test]
fn a_file_that_cannot_be_written_leaves_the_others_as_they_were() {
    let folder = TempDir::new().unwrap();
    let place = Place::new(folder.path().join("a"), "", "ALL: 10.0.0.0/8\n");
    let to = place.file("units");
    fs::create_dir(&to).unwrap();
    std::os::unix::fs::symlink("nowhere", to.join("b.service.d")).unwrap();
    let words = [
        "--output",
        "units",
        "-d",
        "sshd=a.service",
        "-d",
        "vsftpd=b.service",
    ];
    let (code, _, errors) = run(&place, &words);
    assert!(
        code == 2 && errors.contains("units/b.service.d is not a folder and leads to none"),
        "{errors}"
    );
    fs::remove_file(to.join("b.service.d")).unwrap();
    fs::write(to.join("tcpw.rollback"), [0xff, 0xfe]).unwrap();
    let (code, _, errors) = run(&place, &words);
    assert!(
        code == 2
            && errors.contains("units/tcpw.rollback is there, and tcpw export has not written it"),
        "{errors}"
    );
    let there: Vec<_> = fs::read_dir(&to).unwrap().collect();
    assert_eq!(there.len(), 1, "{there:?}");
    fs::remove_file(to.join("tcpw.rollback")).unwrap();
    assert_eq!(run(&place, &words).0, 0);
}

#[test]
fn a_long_list_has_lines_that_systemd_reads() {
    let folder = TempDir::new().unwrap();
    let mut deny = String::new();
    for number in 0..60_000_u32 {
        let [_, a, b, c] = (number * 4 + 1).to_be_bytes();
        writeln!(deny, "sshd: 10.{}.{b}.{c}", a + 1).unwrap();
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
