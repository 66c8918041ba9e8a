//! What a client pays for the gate: `sh -c 'tcpw-gate ...'`, as libwrap runs it by `aclexec`, and with
//! `exec` before it, as tcpw writes it, against `sh -c true`, with a database of a million networks, with
//! a legacy one and with a compiled set of ten millions. Beside it a static program in C that does nothing,
//! which is what any program costs, and the classic shell filter, `geoiplookup` in a pipe to `awk`, where
//! that program is installed. All in turn.
//!
//! `cargo bench --bench gate`; needs cc. `TCPW_NETWORKS` is the number of networks in the database,
//! `TCPW_SET` that in the set.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

#[path = "support/gate_program.rs"]
mod gate_program;
#[expect(dead_code, reason = "the gate's own tests use the rest")]
#[path = "../crates/tcpw-gate/tests/gate/legacy_made.rs"]
mod legacy_made;
#[expect(dead_code, reason = "the gate's own tests use the rest")]
#[path = "../crates/tcpw-gate/tests/gate/mmdb_made.rs"]
mod mmdb_made;

use gate_program::GATE;
use legacy_made::MadeLegacy;
use mmdb_made::{Made, country};
use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use tcpw_gate::Network;
use tcpw_gate::set::{SetSource, build};
use tempfile::TempDir;

const ROUNDS: usize = 300;
/// The goal, in milliseconds at the median.
const MOST_OVER_SH: f64 = 1.0;
/// The countries of the networks, one after the other.
const CODES: [&str; 8] = ["KR", "JP", "CN", "US", "DE", "FR", "BR", "IN"];
/// The numbers of the same in legacy databases.
const NUMBERS: [u8; 8] = [119, 111, 48, 225, 56, 74, 31, 104];

fn main() {
    gate_program::build();
    let place = TempDir::with_prefix("tcpw-bench-").unwrap();
    let networks = std::env::var("TCPW_NETWORKS").map_or(1_000_000, |text| text.parse().unwrap());
    let size = make(place.path(), networks);
    println!(
        "a database of {networks} networks, {} MiB; {ROUNDS} rounds",
        size >> 20
    );
    let listed = std::env::var("TCPW_SET").map_or(10_000_000, |text| text.parse().unwrap());
    let size = make_set(&place.path().join("s"), listed);
    println!("a set of {listed} networks, {} MiB", size >> 20);
    let set = |address: &str| {
        let set = place.path().join("s");
        format!("{GATE} --in {} --keep none -- {address}", set.display())
    };
    let database = |name: &str| format!("--database {}", place.path().join(name).display());
    let call = |name: &str, address: &str| {
        format!(
            "{GATE} --country KR,JP --keep none {} -- {address}",
            database(name)
        )
    };
    let nothing = nothing(place.path());
    let mut lines = vec![("true".to_owned(), "true".to_owned(), true)];
    for (name, line, succeeds) in [
        ("a program that does nothing", nothing, true),
        ("tcpw-gate, admitted", call("c.mmdb", "1.0.0.9"), true),
        ("tcpw-gate, refused", call("c.mmdb", "1.0.2.9"), false),
        (
            "tcpw-gate, legacy, admitted",
            call("l.dat", "1.0.0.9"),
            true,
        ),
        (
            "tcpw-gate, legacy, refused",
            call("l.dat", "1.0.2.9"),
            false,
        ),
        ("tcpw-gate, set, admitted", set("16.0.0.5"), true),
        ("tcpw-gate, set, refused", set("16.0.0.6"), false),
    ] {
        lines.push((name.to_owned(), line.clone(), succeeds));
        lines.push((format!("{name}, exec"), format!("exec {line}"), succeeds));
    }
    let legacy = place.path().join("l.dat");
    if Command::new("geoiplookup").arg("-v").output().is_ok() {
        let filter = format!(
            "geoiplookup -f {} 1.0.0.9 | awk -F'[ ,]+' '{{ print $4 }}' | grep -qE '^(KR|JP)$'",
            legacy.display()
        );
        lines.push(("geoiplookup | awk | grep".to_owned(), filter, true));
    } else {
        println!("geoiplookup is not installed: the shell filter is NOT measured");
    }
    report(&lines);
}

/// Compiles a static program that does nothing; gives its path.
fn nothing(folder: &Path) -> String {
    let (source, program) = (folder.join("nothing.c"), folder.join("nothing"));
    fs::write(&source, "int main(void) { return 0; }\n").unwrap();
    let compiled = Command::new("cc")
        .args(["-O2", "-static", "-o"])
        .args([&program, &source])
        .status();
    assert!(compiled.unwrap().success());
    program.display().to_string()
}

/// Runs every line in turn, so that whatever else the machine does meets all of them.
fn report(lines: &[(String, String, bool)]) {
    let mut times = vec![Vec::new(); lines.len()];
    for _ in 0..ROUNDS {
        for (times, (_, line, succeeds)) in times.iter_mut().zip(lines) {
            times.push(time(line, *succeeds));
        }
    }
    println!(
        "{:34} {:>9} {:>9} {:>11}",
        "sh -c ...", "median", "p95", "over true"
    );
    let mut floor = None;
    for (mut times, (name, ..)) in times.into_iter().zip(lines) {
        times.sort_by(f64::total_cmp);
        let (middle, late) = (times[times.len() / 2], times[times.len() * 95 / 100]);
        let over = middle - *floor.get_or_insert(middle);
        println!("{name:34} {middle:>6.2} ms {late:>6.2} ms {over:>8.2} ms");
        if name.starts_with("tcpw-gate") {
            let verdict = if over <= MOST_OVER_SH {
                "reached"
            } else {
                "MISSED"
            };
            println!("    goal: at most {MOST_OVER_SH} ms over true: {verdict}");
        }
    }
}

/// Milliseconds that `sh -c line` takes, which succeeds or does not.
fn time(line: &str, succeeds: bool) -> f64 {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", line]);
    shell
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begin = Instant::now();
    let status = shell.status().unwrap();
    let taken = begin.elapsed();
    assert_eq!(status.success(), succeeds, "{line}");
    taken.as_secs_f64() * 1000.0
}

/// Makes both databases, of networks of 256 addresses from 1.0.0.0 on; gives the size of the first.
fn make(folder: &Path, networks: usize) -> usize {
    let mut made = Made::new("GeoLite2-Country");
    let mut legacy = MadeLegacy::new();
    for number in 0..networks {
        let bits = 0x0100_0000 + u32::try_from(number).unwrap() * 256;
        let address = IpAddr::V4(Ipv4Addr::from_bits(bits));
        let kind = number % CODES.len();
        made.networks.push((address, 24, country(CODES[kind])));
        legacy.countries.push((address, 24, NUMBERS[kind]));
    }
    let bytes = made.bytes();
    fs::write(folder.join("c.mmdb"), &bytes).unwrap();
    fs::write(folder.join("l.dat"), legacy.bytes()).unwrap();
    bytes.len()
}

/// Makes a set of every fifth address from 16.0.0.0 on; gives its size.
fn make_set(path: &Path, networks: u32) -> u64 {
    let lines = (0..networks).map(|number| {
        let address = Ipv4Addr::from_bits(0x1000_0000 + number * 5);
        (Network::single(IpAddr::V4(address)), None, 0)
    });
    let mut file = File::create_new(path).unwrap();
    let sources = vec![SetSource::new("list.txt")];
    build(lines, (sources, 0), &mut tempfile::tempfile, &mut file).unwrap();
    file.metadata().unwrap().len()
}
