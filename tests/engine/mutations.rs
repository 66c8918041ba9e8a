//! Tables that somebody wrote and an accident changed, and tables that are nothing but noise.

use super::random::Random;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

/// What is put into tables by accident.
const PIECES: [&str; 34] = [
    "\n",
    "\\\n",
    "\\",
    "\0",
    ":",
    " : ",
    ",",
    " ",
    "\t",
    "\r",
    "[",
    "]",
    "@",
    "/",
    "*",
    "?",
    ".",
    "#",
    "=",
    "ALL",
    "EXCEPT",
    " EXCEPT ",
    "sshd",
    "sshd: ALL\n",
    "1.2.3.4",
    "1.2.3.0/24",
    "10.",
    ".foo.com",
    "[2001:db8::1]",
    "[2001:db8::]/32",
    ": deny\n",
    ": allow\n",
    "LOCAL",
    "KNOWN",
];

/// A fixture after a few accidents.
pub(crate) fn table(random: &mut Random) -> Vec<u8> {
    let tables = fixtures();
    let mut bytes = tables[random.below(tables.len())].clone();
    for _ in 0..random.below(7) {
        accident(random, &mut bytes, tables);
    }
    bytes
}

fn accident(random: &mut Random, bytes: &mut Vec<u8>, tables: &[Vec<u8>]) {
    let at = random.below(bytes.len() + 1);
    let to = (at + random.below(12)).min(bytes.len());
    match random.below(7) {
        0 => drop(bytes.splice(at..to, [])),
        1 => drop(bytes.splice(at..at, random.pick(&PIECES).bytes())),
        2 => drop(bytes.splice(at..to, random.pick(&PIECES).bytes())),
        3 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        4 => {
            let copy = bytes[at..to].to_vec();
            let there = random.below(bytes.len() + 1);
            drop(bytes.splice(there..there, copy));
        }
        5 => {
            let other = &tables[random.below(tables.len())];
            let from = random.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        _ => swap_lines(random, bytes),
    }
}

fn swap_lines(random: &mut Random, bytes: &mut Vec<u8>) {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    let (one, other) = (random.below(lines.len()), random.below(lines.len()));
    if !lines.is_empty() {
        lines.swap(one, other);
    }
    *bytes = lines.concat();
}

/// Bytes that mean something, in no order; some tables have any bytes at all.
pub(crate) fn noise(random: &mut Random) -> Vec<u8> {
    let wild = random.chance(15);
    let mut bytes = Vec::new();
    for _ in 0..random.below(60) {
        if wild && random.chance(30) {
            bytes.push(u8::try_from(random.below(256)).unwrap());
        } else {
            bytes.extend_from_slice(random.pick(&PIECES).as_bytes());
        }
    }
    if random.chance(70) {
        bytes.push(b'\n');
    }
    bytes
}

/// All tables among the fixtures.
fn fixtures() -> &'static [Vec<u8>] {
    static TABLES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables = Vec::new();
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        collect(&place.join("syntax"), &mut tables);
        collect(&place.join("lint"), &mut tables);
        assert!(tables.len() > 100, "only {} fixtures", tables.len());
        tables
    })
}

fn collect(dir: &Path, tables: &mut Vec<Vec<u8>>) {
    let mut paths: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        let kind = path.extension().and_then(|kind| kind.to_str());
        if path.is_dir() {
            collect(&path, tables);
        } else if matches!(kind, None | Some("allow" | "deny")) {
            tables.push(fs::read(&path).unwrap());
        }
    }
}
