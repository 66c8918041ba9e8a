//! Compiled sets of 1,000 to 10,000,000 networks: how long `tcpw set build` takes and how much memory,
//! how large the file is, how long `tcpw set show` looks at all of it, and what a question costs that
//! opens the file, finds an address and closes it again: alone, and as the call of `tcpw-gate` that a rule
//! of tcpw runs, `sh -c 'exec tcpw-gate --in FILE -- ADDRESS'`, beside `sh -c true`.
//!
//! `cargo bench --bench sets`; needs Debian's python3 and a few hundred MB below `TMPDIR`. The lists
//! hold random addresses, a tenth of them networks of IPv4, a tenth addresses of IPv6; every tenth runs
//! out. `TCPW_NETWORKS` is the largest list. The goals are for the largest.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

#[path = "support/gate_program.rs"]
mod gate_program;

use gate_program::GATE;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufWriter, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tcpw_gate::set::Set;

const TCPW: &str = env!("CARGO_BIN_EXE_tcpw");
/// Runs a command, and prints its seconds and its peak of memory in kB.
const MEASURE: &str = "import resource, subprocess, sys, time
begin = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
const QUESTIONS: u64 = 20_000;
const ROUNDS: usize = 5;
/// As many calls of the gate, each beside a shell that does nothing.
const CALLS: u64 = 200;
/// The goals: what a call takes more than `sh -c true`, in milliseconds at the median, and a build's
/// memory in MiB.
const MOST_OVER_SH: f64 = 1.0;
const MOST_MEMORY: f64 = 128.0;

/// A number that looks random, always the same for the same `n`.
fn scattered(n: u64) -> u64 {
    let mut x = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn v4(n: u64) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::try_from(scattered(n) >> 32).unwrap())
}

fn v6(n: u64) -> Ipv6Addr {
    let high = u128::from(scattered(n)) << 64;
    Ipv6Addr::from_bits(high >> 4 | 0x2 << 124 | u128::from(scattered(n ^ u64::MAX)))
}

/// The list's address number `n`: of its network the first.
fn address(n: u64) -> IpAddr {
    match n % 10 {
        0 => IpAddr::V4(Ipv4Addr::from_bits(v4(n).to_bits() & !255)),
        1 => IpAddr::V6(v6(n)),
        _ => IpAddr::V4(v4(n)),
    }
}

fn write_list(path: &Path, count: u64) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for n in 0..count {
        let network = if n % 10 == 0 { "/24" } else { "" };
        let end = if n % 10 == 5 {
            " # until=2999-01-01T00:00:00Z"
        } else {
            ""
        };
        writeln!(file, "{}{network}{end}", address(n)).unwrap();
    }
    file.into_inner().unwrap().sync_all().unwrap();
}

/// The seconds of a command and its peak of memory in MiB.
fn measured(command: &[&str]) -> (f64, f64) {
    let output = Command::new("/usr/bin/python3")
        .args(["-c", MEASURE])
        .args(command)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let (seconds, memory) = text.trim().split_once(' ').unwrap();
    (
        seconds.parse().unwrap(),
        memory.parse::<f64>().unwrap() / 1024.0,
    )
}

/// The best time of a question, of rounds with half of the addresses in the set.
fn question(path: &Path, count: u64) -> Duration {
    let round = |round: usize| {
        let first = u64::try_from(round).unwrap() * QUESTIONS;
        let begin = Instant::now();
        let mut found = 0_u64;
        for n in first..first + QUESTIONS {
            let asked = if n % 2 == 0 { n % count } else { n + (1 << 40) };
            let set = Set::open(black_box(path)).unwrap();
            let now = chrono::DateTime::UNIX_EPOCH;
            found += u64::from(set.find(black_box(address(asked)), now).unwrap().is_some());
        }
        assert!(found >= QUESTIONS / 2, "{found}");
        begin.elapsed()
    };
    let times: Vec<Duration> = (0..ROUNDS).map(round).collect();
    *times.iter().min().unwrap() / u32::try_from(QUESTIONS).unwrap()
}

/// The medians of a shell that does nothing and of one that runs the gate, in milliseconds.
fn calls(path: &Path, count: u64) -> (f64, f64) {
    let (mut floor, mut gate) = (Vec::new(), Vec::new());
    let set = Set::open(path).unwrap();
    // Of a large list the networks have some of any addresses.
    let is_outside = |asked: &IpAddr| {
        let now = chrono::DateTime::UNIX_EPOCH;
        set.find(*asked, now).unwrap().is_none()
    };
    for n in 0..CALLS {
        floor.push(shell("true", true));
        // The gate admits loopback and private networks before it asks a set.
        let is_in = n % 2 == 0;
        let asked = if is_in {
            address(n % count)
        } else {
            let mut others = (n + (1 << 40)..).map(address);
            others.find(is_outside).unwrap()
        };
        let line = format!(
            "exec {GATE} --strict --keep none --in {} -- {asked}",
            path.display()
        );
        gate.push(shell(&line, is_in));
    }
    let middle = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    (middle(floor), middle(gate))
}

/// Milliseconds of a line, which succeeds or does not.
fn shell(line: &str, succeeds: bool) -> f64 {
    let begin = Instant::now();
    let status = Command::new("/bin/sh").args(["-c", line]).status().unwrap();
    let taken = begin.elapsed();
    assert_eq!(status.success(), succeeds, "{line}");
    taken.as_secs_f64() * 1000.0
}

fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "missed" }
}

fn main() {
    gate_program::build();
    let most = std::env::var("TCPW_NETWORKS").map_or(10_000_000, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (list, set) = (
        folder.path().join("list.txt"),
        folder.path().join("list.set"),
    );
    println!(
        "networks    list MB  build s  memory MiB  set MB  show s  open and find  sh -c gate  over true"
    );
    let (mut over, mut peak) = (0.0, 0.0_f64);
    let mut count = 1000;
    while count <= most {
        write_list(&list, count);
        let [list_text, set_text] = [&list, &set].map(|path| path.to_str().unwrap());
        let (build, memory) = measured(&[TCPW, "set", "build", set_text, list_text]);
        let (show, _) = measured(&[TCPW, "set", "show", set_text]);
        let question = question(&set, count);
        let (floor, gate) = calls(&set, count);
        over = gate - floor;
        peak = peak.max(memory);
        let size = |path: &Path| fs::metadata(path).unwrap().len() / 1_000_000;
        println!(
            "{count:>8} {:>10} {build:>8.2} {memory:>11.0} {:>7} {show:>7.2} {question:>14.1?} {gate:>8.2} ms {over:>7.2} ms",
            size(&list),
            size(&set),
        );
        count *= 10;
    }
    println!(
        "\na call: {over:.2} ms over true, goal {MOST_OVER_SH} {}; a build: {peak:.0} MiB, goal {MOST_MEMORY} {}",
        verdict(over <= MOST_OVER_SH),
        verdict(peak <= MOST_MEMORY)
    );
}
