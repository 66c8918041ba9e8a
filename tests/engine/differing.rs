//! `differences` against the installed libwrap: every claimed gain and loss is true of its example,
//! and nothing differs for clients outside of all claims.

use super::case::Case;
use super::generate::case;
use super::inside::is_harmless;
use super::library::{Oracle, Tables as Paths};
use super::random::Random;
use crate::proof;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::rc::Rc;
use tcpw::engine::{
    Account, Change, Differences, ListFile, Surroundings, Table, Tables, differences,
};
use tcpw::syntax::parse;

const PAIRS: u64 = 1000;
const OUTSIDE: usize = 100;
const SEED: u64 = 0xd1ff;

/// The machine of the library: these list files, no netgroups, interface `lo`.
struct Machine;

impl Surroundings for Machine {
    fn list_file(&self, path: &[u8]) -> ListFile {
        let read = fs::read(OsStr::from_bytes(path));
        read.map_or(ListFile::Absent, |bytes| ListFile::Read(Rc::from(bytes)))
    }
    fn in_netgroup(&self, _group: &[u8], _name: &[u8]) -> bool {
        false
    }
    fn has_interface(&self, name: &[u8]) -> bool {
        name == b"lo"
    }
    fn has_account(&self, account: Account, name: &[u8]) -> bool {
        match account {
            Account::User => name == b"nobody",
            Account::Group => name == b"nogroup",
        }
    }
    fn aclexec(&self, _command: &[u8]) -> Option<bool> {
        None
    }
}

/// The same tables after an edit, or other ones.
fn edited(old: &Case, next: Case, random: &mut Random) -> Case {
    let mut new = old.clone();
    match random.below(4) {
        0 => {
            (new.allow, new.deny) = (next.allow, next.deny);
        }
        1 => new.allow = next.allow,
        2 => new.deny = next.deny,
        _ => {
            let table = if random.chance(50) {
                &mut new.allow
            } else {
                &mut new.deny
            };
            let bytes = table.get_or_insert_default();
            let mut lines: Vec<Vec<u8>> = bytes
                .split_inclusive(|b| *b == b'\n')
                .map(<[u8]>::to_vec)
                .collect();
            let at = random.below(lines.len() + 1);
            if random.chance(40) && at < lines.len() {
                lines.remove(at);
            } else {
                let line = [
                    "sshd: 1.2.3.4\n",
                    "ALL: .foo.com\n",
                    "ALL: 10.0.0.0/8: deny\n",
                    "in.ftpd: ALL EXCEPT 1.2.\n",
                ];
                lines.insert(at, random.pick(&line).as_bytes().to_vec());
            }
            *bytes = lines.concat();
        }
    }
    new
}

/// A client of the kinds that claims are about, and its query.
fn stranger(random: &mut Random) -> [String; 3] {
    let daemon = random.pick(&["sshd", "sshd", "sshd", "in.ftpd", "vsftpd", "other"]);
    let address = random.pick(&[
        "1.2.3.4",
        "1.2.3.9",
        "1.2.9.9",
        "10.1.2.3",
        "10.0.0.1",
        "8.1.1.1",
        "192.168.8.1",
        "192.168.1.77",
        "2001:db8::1",
        "2001:db8::5",
        "2001:db8:ffff::5",
        "fe80::5",
        "::1",
        "unknown",
        "1.2.7.200",
        "203.0.113.7",
        "128.0.0.1",
        "::ffff:1.2.3.4",
    ]);
    let name = random.pick(&[
        "unknown",
        "unknown",
        "unknown",
        "paranoid",
        "foo.com",
        "a.foo.com",
        "A.B.FOO.COM",
        "xfoo.com",
        "short",
        "localhost",
        "10.evil.com",
        "192.168.1.x",
        "a.foo.com.evil.org",
        "all",
        "-x",
        "x.example.net",
    ]);
    [daemon, address, name].map(str::to_owned)
}

struct Bench {
    dirs: [PathBuf; 2],
    lists: PathBuf,
    oracle: Oracle,
}

impl Bench {
    fn new(number: usize) -> Self {
        let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("differing{number}"));
        let dirs = ["old", "new"].map(|name| place.join(name));
        for dir in &dirs {
            fs::create_dir_all(dir).unwrap();
        }
        Self {
            lists: dirs[0].clone(),
            dirs,
            oracle: Oracle::start(),
        }
    }

    /// What the library says with the old tables and with the new ones.
    fn ask(&mut self, paths: &[Paths; 2], queries: &[Vec<u8>], together: bool) -> Vec<[String; 2]> {
        let [old, new] = [0, 1].map(|side| {
            let answers = if together {
                self.oracle.ask_together(&paths[side], queries)
            } else {
                self.oracle.ask(&paths[side], queries)
            };
            let verdict = |text: &str| text.split('\t').next().unwrap().to_owned();
            answers
                .iter()
                .map(|answer| verdict(&answer.text))
                .collect::<Vec<_>>()
        });
        old.into_iter()
            .zip(new)
            .map(|(old, new)| [old, new])
            .collect()
    }

    #[expect(clippy::too_many_lines, reason = "one story, told in order")]
    /// Checks one pair of pairs: how many claims were confirmed, and clients outside.
    fn check(&mut self, seed: u64, tally: &mut [usize; 3]) {
        let lists = self.lists.to_str().unwrap().to_owned();
        let mut random = Random::new(seed ^ 0x5eed);
        let old = case(seed, &lists);
        let new = edited(&old, case(seed + 1_000_000, &lists), &mut random);
        let paths = [&old, &new]
            .map(|case| case.lay(&self.dirs[usize::from(!std::ptr::eq(case, &raw const old))]));
        let told = |case: &Case| -> String { case.show() };
        let show = || format!("seed {seed}\nold\n{}new\n{}", told(&old), told(&new));
        let together = [&old, &new].into_iter().all(is_harmless);
        let found = compare(&old, &new);
        let claims: Vec<_> = found
            .claims
            .iter()
            .filter(|claim| claim.change != Change::Unknown)
            .take(60)
            .collect();
        let queries: Vec<Vec<u8>> = claims
            .iter()
            .map(|claim| {
                let example = &claim.example;
                [&example.daemon, example.address.as_bytes(), &example.name].join(&b'\t')
            })
            .collect();
        for ((claim, answer), query) in claims
            .iter()
            .zip(self.ask(&paths, &queries, together))
            .zip(&queries)
        {
            if answer.iter().any(|text| text == "died") {
                continue;
            }
            let expected = match claim.change {
                Change::Gains => ["denied", "granted"],
                Change::Loses | Change::Unknown => ["granted", "denied"],
            };
            assert_eq!(
                answer,
                expected,
                "{}: {claim:?}\n{}",
                query.escape_ascii(),
                show()
            );
            let fields: Vec<&[u8]> = query.split(|byte| *byte == b'\t').collect();
            assert!(claim.covers(fields[0], fields[1], fields[2]), "{claim:?}");
            tally[0] += 1;
        }
        let mut queries = Vec::new();
        for _ in 0..OUTSIDE * 20 {
            let client = stranger(&mut random);
            let [daemon, address, name] = client.each_ref().map(String::as_bytes);
            if queries.len() < OUTSIDE
                && !found
                    .claims
                    .iter()
                    .any(|claim| claim.covers(daemon, address, name))
            {
                queries.push(client.join("\t").into_bytes());
            }
        }
        for (answer, query) in self
            .ask(&paths, &queries, together)
            .into_iter()
            .zip(&queries)
        {
            let is_told = !answer.iter().any(|text| text == "died");
            assert!(
                !is_told || answer[0] == answer[1],
                "{}: {answer:?}\n{}",
                query.escape_ascii(),
                show()
            );
            tally[1] += usize::from(is_told);
        }
        tally[2] += found
            .claims
            .iter()
            .filter(|claim| claim.change == Change::Unknown)
            .count();
    }
}

fn compare(old: &Case, new: &Case) -> Differences {
    let trees =
        [&old.allow, &old.deny, &new.allow, &new.deny].map(|table| table.as_deref().map(parse));
    let [a, b, c, d] = trees
        .each_ref()
        .map(|tree| tree.as_ref().map_or(Table::Absent, Table::Read));
    differences(
        &Tables { allow: a, deny: b },
        &Tables { allow: c, deny: d },
        &[b"sshd", b"in.ftpd", b"vsftpd", b"other"],
        &Machine,
    )
}

#[test]
fn every_claimed_difference_is_true_and_no_other_exists() {
    let workers = [0_u64, 1].map(|number| {
        std::thread::spawn(move || {
            let mut bench = Bench::new(usize::try_from(number).unwrap());
            let mut tally = [0; 3];
            for seed in (0..PAIRS).filter(|seed| seed % 2 == number) {
                bench.check(SEED + seed, &mut tally);
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
    let [claims, outside, open] = sum;
    assert!(claims > 1000 && outside > 50_000, "{sum:?}");
    proof::say(&format!(
        "diff: {PAIRS} pairs, {claims} claims confirmed, {outside} clients outside them unchanged, {open} told as not computed"
    ));
}
