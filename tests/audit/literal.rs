//! The literal checks of the benchmarks, run by sh, grep, ls, stat and dpkg on tables by chance.

use super::{json, requirements, word};
use crate::engine::Random;
use crate::proof::say;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;
use std::thread;
use tcpw::audit::PROFILES;
use tempfile::TempDir;

/// As many pairs of tables are judged.
const TABLES: u64 = 200;

/// Lines as they are found, and lines that somebody would write to deceive.
const LINES: [&[u8]; 34] = [
    b"ALL: ALL\n",
    b"ALL: ALL\n",
    b"ALL:ALL\n",
    b"ALL : ALL\n",
    b"ALL:\tALL\n",
    b"ALL: \t ALL\n",
    b"# ALL: ALL\n",
    b" # ALL: ALL\n",
    b"#ALL:ALL\n",
    b"  ALL: ALL\n",
    b"\tALL:  ALL\n",
    b"ALL: ALL: allow\n",
    b"ALL: ALL EXCEPT 192.0.2.1\n",
    b"ALL EXCEPT sshd: ALL\n",
    b"all: all\n",
    b"ALL: \\\n ALL\n",
    b"sshd: 10.0.0.0/8\n",
    b"sshd : ALL\n",
    b"SSHD: ALL\n",
    b"# sshd\n",
    b"sshd\n",
    b"in.ftpd: sshd.example.org\n",
    b"in.ftpd # sshd: 1.2.3.4\n",
    b":sshd\n",
    b"vsftpd: ALL\n",
    b"vsftpd: 1.2.3.4: banners /etc/ALL: ALL\n",
    b"ALLOWED: nobody\n",
    b"\n",
    b"\xff\xfe sshd: \xe9\n",
    b"ALL: ALL\r\n",
    b"ALL:\x0bALL\n",
    b"ALL: AL",
    b"in.telnetd: 1.2.3.4",
    b"ALL: ALL",
];

fn table(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.below(5) {
        bytes.extend_from_slice(random.pick(&LINES));
    }
    if random.chance(6) && !bytes.is_empty() {
        // A byte that makes the file a binary one for grep.
        let at = random.below(bytes.len());
        bytes.insert(at, 0);
    }
    bytes
}

/// Puts something in the place of a table.
fn lay(place: &Path, random: &mut Random) {
    match random.below(20) {
        0 | 1 => return,
        2 => return fs::create_dir(place).unwrap(),
        3 => return symlink("nowhere", place).unwrap(),
        4 => {
            let target = place.with_extension("real");
            fs::write(&target, table(random)).unwrap();
            // An absolute one would lead to another place below the root.
            return symlink(target.file_name().unwrap(), place).unwrap();
        }
        _ => fs::write(place, table(random)).unwrap(),
    }
    let modes = [
        0o644, 0o644, 0o644, 0o600, 0o640, 0o664, 0o666, 0o755, 0o444, 0o4644,
    ];
    let mode = modes[random.below(modes.len())];
    let owner = u32::from(random.chance(15));
    let group = u32::from(random.chance(15));
    // Modes are lost with an owner.
    chown(place, Some(owner), Some(group)).expect("root gives files away: run the tests as root");
    fs::set_permissions(place, Permissions::from_mode(mode)).unwrap();
}

/// Packages as dpkg keeps them.
fn packages(root: &Path, random: &mut Random) {
    let stanza = |name: &str, status: &str| {
        format!(
            "Package: {name}\nStatus: {status}\nMaintainer: x <x@x>\nArchitecture: all\nVersion: 1\nDescription: x\n\n"
        )
    };
    let mut text = stanza("libwrap0", "install ok installed");
    let status = random.pick(&[
        "",
        "install ok installed",
        "hold ok installed",
        "deinstall ok config-files",
        "install ok half-installed",
    ]);
    if !status.is_empty() {
        text += &stanza("tcpd", status);
    }
    text += &stanza("tcpdump", "install ok installed");
    let dir = root.join("var/lib/dpkg");
    fs::create_dir_all(dir.join("info")).unwrap();
    fs::create_dir_all(dir.join("updates")).unwrap();
    fs::write(dir.join("status"), text).unwrap();
}

/// The answers of the commands: by profile and number.
fn commands(root: &Path) -> BTreeMap<String, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/checks.sh");
    let output = Command::new("sh")
        .arg(script)
        .arg(root)
        .env_clear()
        .env("LC_ALL", "C")
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.lines().map(|line| line.rsplit_once(' ').unwrap());
    pairs
        .map(|(name, answer)| (name.to_owned(), answer.to_owned()))
        .collect()
}

/// The answers of tcpw about one system that differ, and how many of each were compared.
fn compare(seed: u64) -> (Vec<String>, BTreeMap<String, usize>) {
    let root = TempDir::with_prefix("tcpw-audit-").unwrap();
    let root = root.path();
    let mut random = Random::new(seed);
    fs::create_dir(root.join("etc")).unwrap();
    lay(&root.join("etc/hosts.allow"), &mut random);
    lay(&root.join("etc/hosts.deny"), &mut random);
    packages(root, &mut random);
    let ids: Vec<&str> = PROFILES.iter().map(|profile| profile.id).collect();
    let document = json(root, &ids);
    let answers = commands(root);
    let mut wrong = Vec::new();
    let mut counts = BTreeMap::new();
    for (profile, requirement) in requirements(&document) {
        let name = format!("{profile} {}", word(requirement, "id"));
        let files = word(requirement, "files");
        let Some(answer) = answers.get(&name) else {
            assert_eq!(files, "cannot tell", "{name}: only rpm is not asked");
            continue;
        };
        let is_open = files == "cannot tell" && name.starts_with("GEN006620-hpux");
        let is_same = files == answer;
        *counts.entry(files.to_owned()).or_insert(0) += 1;
        if !is_same && !is_open {
            let deny = fs::read(root.join("etc/hosts.deny")).unwrap_or_default();
            let deny = String::from_utf8_lossy(&deny).into_owned();
            wrong.push(format!(
                "{seed}: {name}: {files}, by its command {answer}: {deny:?}"
            ));
        }
    }
    (wrong, counts)
}

#[test]
fn the_commands_of_the_benchmarks_say_the_same() {
    let halves = [0, 1].map(|half| {
        thread::spawn(move || {
            let seeds = (0..TABLES).filter(|seed| seed % 2 == half);
            seeds.map(compare).collect::<Vec<_>>()
        })
    });
    let mut wrong = Vec::new();
    let mut sum: BTreeMap<String, usize> = BTreeMap::new();
    for half in halves {
        for (found, counts) in half.join().unwrap() {
            wrong.extend(found);
            for (word, count) in counts {
                *sum.entry(word).or_insert(0) += count;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(sum["pass"] > 1000 && sum["fail"] > 1000, "{sum:?}");
    say(&format!(
        "audit: {TABLES} pairs of tables before {} profiles: {} passed and {} failed, as the benchmarks' own \
         commands say: 0 differ",
        PROFILES.len(),
        sum["pass"],
        sum["fail"],
    ));
}

#[test]
fn every_requirement_has_its_command_here() {
    let root = TempDir::with_prefix("tcpw-audit-").unwrap();
    fs::create_dir(root.path().join("etc")).unwrap();
    let answers: BTreeSet<String> = commands(root.path()).into_keys().collect();
    let known: BTreeSet<String> = PROFILES
        .iter()
        .flat_map(|profile| {
            let ids = profile.demands.iter().map(|demand| demand.id);
            ids.map(|id| format!("{} {id}", profile.id))
        })
        .collect();
    let missing: Vec<_> = known.difference(&answers).collect();
    let rpm = [
        "cis-rhel-6 4.5.1",
        "cis-rhel-6-v3 3.4.1",
        "cis-rhel-7 4.5.1",
        "cis-rhel-7-v2 3.4.1",
    ];
    assert_eq!(missing, rpm);
    assert!(answers.is_subset(&known), "{answers:?}");
}
