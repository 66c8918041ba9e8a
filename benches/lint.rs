//! A million rules in four shapes: the time of all checks against that of parsing, the memory a
//! byte of file takes, and `tcpdchk` on ten thousand of the same rules.
//!
//! `cargo bench --bench lint`, as root; needs Debian's package tcpd. tcpdchk looks up the name of
//! every address in DNS: it runs in a network namespace of its own, where each look-up fails at
//! once, so only its own work is measured.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tcpw::lint::{Policy, Site, run};
use tcpw::syntax::parse;

const TCPW: &str = env!("CARGO_BIN_EXE_tcpw");
const RULES: usize = 1_000_000;
const FEW: usize = 10_000;
const ROUNDS: usize = 3;
/// The goals.
const MOST_TIMES_PARSING: f64 = 8.0;
const MOST_SECONDS: f64 = 1.0;
const MOST_BYTES_A_BYTE: f64 = 16.0;

/// A rule by its number.
type Shape = fn(usize) -> String;

const SHAPES: [(&str, Shape); 4] = [
    ("different addresses", |n| {
        format!(
            "sshd: {}.{}.{}.7\n",
            n >> 16 & 63 | 64,
            n >> 8 & 255,
            n & 255
        )
    }),
    ("identical rules", |_| "sshd: 192.0.2.7\n".to_owned()),
    ("nested networks", |n| {
        let length = 8 + n % 24;
        let mask = u32::MAX << (32 - length);
        let net = (u32::try_from(n).unwrap() << 8 | 0x0a00_0000) & mask;
        format!("sshd: {}/{length}\n", std::net::Ipv4Addr::from_bits(net))
    }),
    ("all behind the first", |n| {
        if n == 0 {
            "ALL: ALL\n".to_owned()
        } else {
            format!("sshd: host{n}.example.org\n")
        }
    }),
];

fn table(shape: Shape, rules: usize) -> Vec<u8> {
    (0..rules).flat_map(|n| shape(n).into_bytes()).collect()
}

/// The best of some rounds.
fn best(mut work: impl FnMut()) -> Duration {
    let time = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..ROUNDS).map(time).min().unwrap()
}

/// The most memory that `tcpw lint` takes, in bytes.
fn memory(path: &std::path::Path) -> u64 {
    let output = Command::new("/usr/bin/python3")
        .args([
            "-c",
            "import resource,subprocess,sys; subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL); \
             print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss*1024)",
            TCPW,
            "lint",
        ])
        .arg(path)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

fn main() {
    let directory = tempfile::tempdir().unwrap();
    println!(
        "{:<22} {:>9} {:>9} {:>7} {:>10} {:>14}",
        "1M rules", "parse", "lint", "times", "bytes/byte", "tcpdchk 10k"
    );
    let mut is_met = true;
    for (name, shape) in SHAPES {
        let source = table(shape, RULES);
        let parsing = best(|| drop(parse(&source)));
        let tree = parse(&source);
        let policy = Policy {
            allow: Some(&tree),
            deny: None,
        };
        let linting = best(|| drop(run(&policy, &Site::NOWHERE, 50)));
        let path = directory.path().join("hosts.allow");
        fs::write(&path, &source).unwrap();
        let bytes = memory(&path) as f64 / source.len() as f64;
        fs::write(&path, table(shape, FEW)).unwrap();
        let checking = best(|| {
            let status = Command::new("/usr/bin/unshare")
                .args(["--net", "/usr/sbin/tcpdchk", "-d"])
                .current_dir(directory.path())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            assert!(status.unwrap().success());
        });
        let times = linting.as_secs_f64() / parsing.as_secs_f64();
        println!(
            "{name:<22} {parsing:>9.3?} {linting:>9.3?} {times:>7.1} {bytes:>10.1} {checking:>14.3?}"
        );
        is_met &= times <= MOST_TIMES_PARSING
            && linting.as_secs_f64() < MOST_SECONDS
            && bytes <= MOST_BYTES_A_BYTE;
    }
    let verdict = if is_met { "met" } else { "missed" };
    println!(
        "goals (lint <= {MOST_TIMES_PARSING} times parsing, < {MOST_SECONDS} s, <= {MOST_BYTES_A_BYTE} bytes a byte): {verdict}"
    );
}
