//! What a query of libwrap costs before `tcpw compact` and after it, and what the packing itself costs,
//! by the shape of the rules and their number, in the same run.
//!
//! `cargo bench --bench compact -- [SHAPE...] [SIZE...]`; needs cc and libwrap0-dev. Shapes: a
//! `sshd: ADDRESS`, evenly spread; r random public addresses, as a list of bans has them; b a network by
//! its length, with neighbours, b2 by its mask, b6 of IPv6; d 120 addresses a line. No rule matches the
//! query, and the gate admits it: each query of a table with a gate starts one.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

#[path = "support/gate_program.rs"]
mod gate_program;

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
const INTO: [&str; 3] = ["lines", "file", "gate"];
/// As often both tables are asked, by turns.
const TURNS: usize = 3;
/// Where rules ask the gate, below the root.
const RULES_ASK: &str = "usr/sbin/tcpw-gate";
/// Runs a program, and prints its seconds of processor time and the most kilobytes it ever had.
const TIMED: &str = "import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)";

fn main() {
    gate_program::build();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let chosen = |name: &str| words.iter().any(|word| word == name);
    let all_shapes = !SHAPES.iter().any(|shape| chosen(shape));
    let all_sizes = !SIZES.iter().any(|size| chosen(&size.to_string()));
    let dir = TempDir::new().unwrap();
    let stage = Stage::new(dir.path());
    println!(
        "a query of libwrap in microseconds; the processor time of tcpw compact in seconds, its memory in MB"
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
        let gate = root.join(RULES_ASK);
        fs::create_dir_all(gate.parent().unwrap()).unwrap();
        fs::copy(gate_program::GATE, gate).unwrap();
        Self {
            root: root.to_owned(),
            libwrap,
        }
    }

    fn measure(&self, shape: &str, size: u32, into: &str) -> String {
        let tables = ["etc/hosts.allow", "etc/hosts.deny"].map(|name| self.root.join(name));
        let [before, after] = ["before", "after"]
            .map(|when| [".allow", ".deny"].map(|table| self.root.join(format!("{when}{table}"))));
        let old = [String::new(), table_of(shape, size)];
        for (text, places) in old.iter().zip(tables.iter().zip(&before)) {
            fs::write(places.0, text).unwrap();
            fs::write(places.1, text).unwrap();
        }
        let (took, memory) = self.pack(into);
        // Below --root a rule names lists and the gate as they are named without it.
        let root = self.root.display().to_string();
        let mut size_after = self.lists();
        for (table, place) in tables.iter().zip(&after) {
            let packed = fs::read_to_string(table).unwrap();
            size_after += u64::try_from(packed.len()).unwrap();
            let real = packed.replace(" /etc/tcpw.d/", &format!(" {root}/etc/tcpw.d/"));
            let real = real.replace(&format!(" /{RULES_ASK} "), &format!(" {root}/{RULES_ASK} "));
            fs::write(place, real).unwrap();
        }
        let rounds = (1_000_000 / size).clamp(5, 101);
        // By turns, so that both meet the same machine.
        let mut best = [f64::INFINITY; 2];
        for _ in 0..TURNS {
            for (best, tables) in best.iter_mut().zip([&before, &after]) {
                *best = best.min(self.query(tables, rounds));
            }
        }
        self.remove_lists();
        format!(
            "{shape:5} {size:8} {into:5} | {:8.0} {:7.0} {:6.2} | {:10.1} {:10.1} | {took:7.2} {memory:7.0}",
            best[0],
            best[1],
            best[0] / best[1],
            old[1].len() as f64 / 1e3,
            size_after as f64 / 1e3,
        )
    }

    /// Seconds of processor time and megabytes of `tcpw compact`.
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
    fn query(&self, tables: &[PathBuf; 2], rounds: u32) -> f64 {
        let output = Command::new(&self.libwrap)
            .args(tables)
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

    /// The bytes of the lists and sets that the tables name.
    fn lists(&self) -> u64 {
        let Ok(entries) = fs::read_dir(self.root.join("etc/tcpw.d")) else {
            return 0;
        };
        let bytes = entries.map(|entry| entry.unwrap().metadata().unwrap().len());
        bytes.sum()
    }

    /// The next tables have lists of their own.
    fn remove_lists(&self) {
        let directory = self.root.join("etc/tcpw.d");
        if directory.exists() {
            fs::remove_dir_all(directory).unwrap();
        }
    }
}

/// The deny table of a shape.
fn table_of(shape: &str, size: u32) -> String {
    let single = |n: u32| std::net::Ipv4Addr::from(0x0102_0304 + n * 97).to_string();
    let net = |n: u32| std::net::Ipv4Addr::from(0x0100_0000 + n * 256).to_string();
    let random = |n: u32| {
        let mixed = (u64::from(n) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        // Of 11.0.0.0 to 126.255.255.255: the gate lets private networks in.
        0x0b00_0000 + u32::try_from(mixed >> 32).unwrap() % 0x7400_0000
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
