//! What a query of libwrap costs before `tcpw compact` and after it, and what the packing itself costs,
//! by the shape of the rules and their number, in the same run.
//!
//! `cargo bench --bench compact -- [SHAPE...] [SIZE...]`; needs cc and libwrap0-dev. Shapes: a
//! `sshd: ADDRESS`, evenly spread; r random addresses, as a list of bans has them; b a network by its
//! length, with neighbours, b2 by its mask, b6 of IPv6; d 160 addresses a line. No rule matches the
//! query.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const TCPW: &str = env!("CARGO_BIN_EXE_tcpw");
const SHAPES: [&str; 6] = ["a", "r", "b", "b2", "b6", "d"];
const SIZES: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// A client that no rule matches.
const STRANGER: [&str; 2] = ["203.0.113.9", "client.example.net"];
/// The places of what `compact` packs into.
const INTO: [&str; 2] = ["lines", "file"];
/// Runs a program, and prints its seconds and the most kilobytes it ever had.
const TIMED: &str = "import resource, subprocess, sys, time
begin = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let chosen = |name: &str| words.iter().any(|word| word == name);
    let all_shapes = !SHAPES.iter().any(|shape| chosen(shape));
    let all_sizes = !SIZES.iter().any(|size| chosen(&size.to_string()));
    let dir = TempDir::new().unwrap();
    let stage = Stage::new(dir.path());
    println!(
        "a query of libwrap in microseconds; the time of tcpw compact in seconds, its memory in MB"
    );
    println!(
        "shape    rules into  |  before   after  ratio |    kB before    after | compact  memory"
    );
    for shape in SHAPES.iter().filter(|shape| all_shapes || chosen(shape)) {
        for size in SIZES {
            if !all_sizes && !chosen(&size.to_string()) {
                continue;
            }
            for into in INTO {
                println!("{}", stage.measure(shape, size, into));
            }
        }
    }
}

/// Where the files are, and libwrap's program.
struct Stage {
    root: PathBuf,
    libwrap: PathBuf,
}

impl Stage {
    fn new(root: &Path) -> Self {
        let libwrap = root.join("libwrap");
        let built = Command::new("cc")
            .args(["-O2", "-o"])
            .arg(&libwrap)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/tables.c"))
            .arg("-lwrap")
            .status()
            .expect("cc is installed");
        assert!(built.success(), "libwrap0-dev is needed");
        fs::create_dir(root.join("etc")).unwrap();
        Self {
            root: root.to_owned(),
            libwrap,
        }
    }

    fn measure(&self, shape: &str, size: u32, into: &str) -> String {
        let [allow, deny] = ["etc/hosts.allow", "etc/hosts.deny"].map(|name| self.root.join(name));
        let before = self.root.join("before");
        let text = table_of(shape, size);
        fs::write(&allow, "").unwrap();
        fs::write(&deny, &text).unwrap();
        fs::write(&before, &text).unwrap();
        let (took, memory) = self.pack(into);
        // Below --root a rule names a list as it is named without it.
        let after = self.root.join("after");
        let lists = format!(" {}/etc/tcpw.d/", self.root.display());
        let packed = fs::read_to_string(&deny).unwrap();
        fs::write(&after, packed.replace(" /etc/tcpw.d/", &lists)).unwrap();
        let rounds = (1_000_000 / size).clamp(5, 101);
        // By turns, so that both meet the same machine.
        let mut best = [f64::INFINITY; 2];
        for _ in 0..3 {
            for (best, table) in best.iter_mut().zip([&before, &after]) {
                *best = best.min(self.query(table, rounds));
            }
        }
        let size_after = fs::metadata(&deny).unwrap().len() + self.lists();
        format!(
            "{shape:5} {size:8} {into:5} | {:8.0} {:7.0} {:6.2} | {:10.1} {:10.1} | {took:7.2} {memory:7.0}",
            best[0],
            best[1],
            best[0] / best[1],
            text.len() as f64 / 1e3,
            size_after as f64 / 1e3,
        )
    }

    /// Seconds and megabytes of `tcpw compact`.
    fn pack(&self, into: &str) -> (f64, f64) {
        let output = Command::new("python3")
            .args(["-c", TIMED, TCPW, "--quiet", "--root"])
            .arg(&self.root)
            .args(["compact", "--into", into])
            // A session that nobody asks about hides the one this may run in.
            .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let numbers: Vec<f64> = text
            .split_whitespace()
            .map(|word| word.parse().unwrap())
            .collect();
        (numbers[0], numbers[1] / 1e3)
    }

    /// Microseconds of a query.
    fn query(&self, table: &Path, rounds: u32) -> f64 {
        let output = Command::new(&self.libwrap)
            .arg(self.root.join("etc/hosts.allow"))
            .arg(table)
            .args(["sshd", STRANGER[1], STRANGER[0], &rounds.to_string()])
            .output()
            .unwrap();
        let best: f64 = str::from_utf8(&output.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        best / 1e3
    }

    /// The bytes of the lists that the table names; they are removed with the next table.
    fn lists(&self) -> u64 {
        let directory = self.root.join("etc/tcpw.d");
        let Ok(entries) = fs::read_dir(&directory) else {
            return 0;
        };
        let bytes = entries.map(|entry| entry.unwrap().metadata().unwrap().len());
        let bytes = bytes.sum();
        fs::remove_dir_all(&directory).unwrap();
        bytes
    }
}

/// The deny table of a shape.
fn table_of(shape: &str, size: u32) -> String {
    let single = |n: u32| std::net::Ipv4Addr::from(0x0102_0304 + n * 97).to_string();
    let net = |n: u32| std::net::Ipv4Addr::from(0x0100_0000 + n * 256).to_string();
    let random = |n: u32| {
        let mixed = (u64::from(n) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        0x0100_0000 + u32::try_from(mixed >> 32).unwrap() % 0xbf00_0000
    };
    let rule = |n: u32| match shape {
        "b" => format!("ALL: {}/24\n", net(n)),
        "b2" => format!("ALL: {}/255.255.255.0\n", net(n)),
        "b6" => format!("ALL: [2001:db8:{:x}:{:x}::]/64\n", n >> 16, n & 0xffff),
        "r" => format!("ALL: {}\n", std::net::Ipv4Addr::from(random(n))),
        _ => format!("sshd: {}\n", single(n)),
    };
    if shape == "d" {
        let words: Vec<String> = (0..size).map(single).collect();
        let lines = words
            .chunks(120)
            .map(|words| format!("sshd: {}\n", words.join(" ")));
        return lines.collect();
    }
    (0..size).map(rule).collect()
}
