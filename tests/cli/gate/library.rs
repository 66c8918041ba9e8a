//! Random policies with gates: the verdicts of tcpw, which runs no gate, and of the installed libwrap,
//! which runs the real one.

use super::stage::{countries, owners, real_gate};
use crate::engine::{Oracle, Random, Tables};
use crate::proof;
use crate::sandbox::program;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Policies that are tried; `TCPW_PAIRS` sets another number.
const POLICIES: u64 = 2000;
const QUERIES: usize = 3;
const SEED: u64 = 0x6a7e;

const DAEMONS: [&str; 6] = [
    "sshd",
    "sshd",
    "ALL",
    "vsftpd",
    "sshd vsftpd",
    "ALL EXCEPT vsftpd",
];

const CLIENTS: [&str; 9] = [
    "ALL",
    "ALL",
    "ALL",
    "203.0.113.",
    "198.51.100.9",
    "ALL EXCEPT 203.0.113.9",
    "[2001:db8::]/32",
    "KNOWN",
    ".example.org",
];

/// What is said of those who match; `GATE` is a call.
const OPTIONS: [&str; 20] = [
    "",
    "",
    ": aclexec GATE",
    ": aclexec GATE",
    ": aclexec GATE",
    ": aclexec GATE",
    ": aclexec GATE",
    ": aclexec GATE : deny",
    ": aclexec GATE : allow",
    ": aclexec GATE : severity info",
    ": severity info : aclexec GATE",
    ": aclexec GATE : aclexec GATE",
    ": aclexec GATE : bogus",
    ": spawn GATE",
    ": severity info",
    ": spawn true",
    ": deny",
    ": allow",
    ": severity info : deny",
    ": spawn true : allow",
];

/// What calls ask; `@` is the directory with the databases.
const CALLS: [&str; 16] = [
    "--country KR",
    "--country KR,JP",
    "--country KR --except 203.0.113.9",
    "--country CN,JP --unknown allow",
    "--except CN",
    "--except CN --unknown deny",
    "--asn 64500",
    "--country KR --asn AS64500 --except JP",
    "--country KR --strict",
    "--strict --except 10.0.0.0/8,KR",
    "--country KR --max-age 1d",
    "--country KR --max-age 1d --broken allow",
    "--country KR --database @/absent",
    "--country KR --database @/absent --broken allow",
    "--land KR",
    "--land KR --broken allow",
];

const ADDRESSES: [&str; 12] = [
    "203.0.113.9",
    "203.0.113.200",
    "198.51.100.9",
    "198.51.100.200",
    "192.0.2.7",
    "233.252.0.7",
    "10.1.2.3",
    "127.0.0.1",
    "2001:db8::9",
    "2001:db9::9",
    "::ffff:198.51.100.9",
    "unknown",
];

const NAMES: [&str; 4] = ["unknown", "unknown", "pc.example.org", "paranoid"];

struct Bench {
    dir: PathBuf,
    gates: [PathBuf; 2],
    oracle: Oracle,
    random: Random,
}

impl Bench {
    fn new(number: u64) -> Self {
        let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("gate{number}"));
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("countries"), countries()).unwrap();
        fs::write(place.join("owners"), owners()).unwrap();
        Self {
            gates: [real_gate(), place.join("tcpw-gate")],
            dir: place,
            oracle: Oracle::start(),
            random: Random::new(SEED + number),
        }
    }

    /// A call of the gate, or of one that is not there.
    fn call(&mut self) -> String {
        let gate = self.gates[usize::from(self.random.chance(4))].clone();
        let call = self.random.pick(&CALLS);
        let dir = self.dir.to_str().unwrap();
        // Nothing of this machine but its addresses is asked for.
        let databases = if call.contains("--database") {
            ""
        } else {
            " --database @/countries --database @/owners"
        };
        let place = if self.random.chance(2) { "exec " } else { "" };
        let line = format!(
            "{place}{} {call}{databases} --keep none -- %a",
            gate.display()
        );
        line.replace('@', dir)
    }

    fn table(&mut self, most: usize) -> String {
        let count = self.random.below(most + 1);
        let mut text = String::new();
        for _ in 0..count {
            let (daemon, client) = (self.random.pick(&DAEMONS), self.random.pick(&CLIENTS));
            let mut options = self.random.pick(&OPTIONS).to_owned();
            while options.contains("GATE") {
                options = options.replacen("GATE", &self.call(), 1);
            }
            writeln!(text, "{daemon}: {client}{options}").unwrap();
        }
        text
    }

    /// One policy: how many verdicts were compared, how many of them a gate was asked for, and how many
    /// of those it refused.
    fn check(&mut self, tally: &mut [usize; 3]) {
        let (mut allow, deny) = (self.table(4), self.table(3));
        if !allow.contains("aclexec") {
            let call = self.call();
            writeln!(allow, "sshd: ALL: aclexec {call}").unwrap();
        }
        let tables = Tables::within(&self.dir);
        fs::write(&tables.allow, &allow).unwrap();
        fs::write(&tables.deny, &deny).unwrap();
        let queries: Vec<Vec<u8>> = (0..QUERIES)
            .map(|_| {
                let daemon = self.random.pick(&["sshd", "sshd", "vsftpd", "other"]);
                let address = self.random.pick(&ADDRESSES);
                let name = self.random.pick(&NAMES);
                format!("{daemon}\t{address}\t{name}").into_bytes()
            })
            .collect();
        let library = self.oracle.ask(&tables, &queries);
        let own = judged(&tables, &queries);
        for ((query, library), own) in queries.iter().zip(&library).zip(&own) {
            assert!(!library.text.starts_with("died"), "{allow}--\n{deny}");
            assert_eq!(
                *own,
                library.text,
                "{}\n{allow}--\n{deny}",
                String::from_utf8_lossy(query)
            );
            tally[0] += 1;
            tally[1] += usize::from(library.aclexec != crate::engine::Aclexec::None);
            tally[2] += usize::from(library.aclexec == crate::engine::Aclexec::All(false));
        }
    }
}

/// What tcpw says, which runs nothing.
fn judged(tables: &Tables, queries: &[Vec<u8>]) -> Vec<String> {
    let mut child = Command::new(program())
        .args(["match", "--batch", "--allow-file"])
        .arg(&tables.allow)
        .arg("--deny-file")
        .arg(&tables.deny)
        .env_clear()
        .envs([("PATH", "/nonexistent"), ("LC_ALL", "C")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = [queries.join(&b'\n').as_slice(), b"\n"].concat();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn tcpw_decides_as_the_library_that_runs_the_gate() {
    let policies = std::env::var("TCPW_PAIRS").map_or(POLICIES, |count| count.parse().unwrap());
    assert!(Path::new("/bin/sh").exists());
    let workers = [0, 1].map(|number| {
        std::thread::spawn(move || {
            let mut bench = Bench::new(number);
            let mut tally = [0; 3];
            for _ in 0..policies / 2 {
                bench.check(&mut tally);
            }
            tally
        })
    });
    let mut sum = [0; 3];
    for worker in workers {
        for (sum, count) in sum.iter_mut().zip(worker.join().unwrap()) {
            *sum += count;
        }
    }
    let [verdicts, asked, refused] = sum;
    assert!(asked > verdicts / 3 && refused > verdicts / 10, "{sum:?}");
    proof::say(&format!(
        "gate: {policies} policies, {verdicts} verdicts, {asked} by a gate that libwrap ran and tcpw did \
         not, 0 disagreements"
    ));
}
