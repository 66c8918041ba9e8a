//! What a table costs: parsing it, one query, and many queries, by its shape and its size, against
//! libwrap on the same files in the same run.
//!
//! `cargo bench --bench tables -- [SHAPE...] [SIZE...]`; needs cc and libwrap0-dev. Shapes: a
//! `sshd: ADDRESS`; dh, the two lines of `DenyHosts`; b a network by its length, b2 by its mask, b6 of
//! IPv6; c `.domain`; d 160 addresses a line; e a list file. No rule matches the cold query.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tcpw::syntax::parse;
use tempfile::TempDir;

#[path = "support/long_tables.rs"]
mod long_tables;

use long_tables::{client, table_of};

const TCPW: &str = env!("CARGO_BIN_EXE_tcpw");
const SHAPES: [&str; 8] = ["a", "dh", "b", "b2", "b6", "c", "d", "e"];
const SIZES: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// A client that no rule matches.
const STRANGER: [&str; 2] = ["203.0.113.9", "client.example.net"];
const QUERIES: u32 = 1_000_000;
/// The mode in which this program measures the memory of one parse.
const MEMORY: &str = "--memory-of";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, file] = words.as_slice()
        && mode == MEMORY
    {
        println!("{}", peak_of_parse(Path::new(file)));
        return;
    }
    let chosen = |name: &str| words.iter().any(|word| word == name);
    let all_shapes = !SHAPES.iter().any(|shape| chosen(shape));
    let all_sizes = !SIZES.iter().any(|size| chosen(&size.to_string()));
    let dir = TempDir::new().unwrap();
    let stage = Stage::new(dir.path());
    println!("times in ms; MB/s and bytes of memory for each byte of file are those of the parse;");
    println!("cold is one query, a whole process; load is that of a batch; libwrap in brackets");
    println!(
        "shape    rules |  MB/s B/B |    cold (libwrap) ratio |    load  (scan) ratio | batch q/s  growth"
    );
    for shape in SHAPES.iter().filter(|shape| all_shapes || chosen(shape)) {
        let mut first = None;
        for size in SIZES
            .iter()
            .filter(|size| all_sizes || chosen(&size.to_string()))
        {
            let line = stage.measure(shape, *size, &mut first);
            println!("{line}");
        }
    }
}

/// Where the files are, and libwrap's program.
struct Stage {
    dir: PathBuf,
    libwrap: PathBuf,
    empty: PathBuf,
}

impl Stage {
    fn new(dir: &Path) -> Self {
        let libwrap = dir.join("libwrap");
        let built = Command::new("cc")
            .args(["-O2", "-o"])
            .arg(&libwrap)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/tables.c"))
            .arg("-lwrap")
            .status()
            .expect("cc is installed");
        assert!(built.success(), "libwrap0-dev is needed");
        let empty = dir.join("empty");
        fs::write(&empty, "").unwrap();
        Self {
            dir: dir.to_owned(),
            libwrap,
            empty,
        }
    }

    /// One line of the table. `first` is the cost of a query on the smallest table.
    fn measure(&self, shape: &str, size: u32, first: &mut Option<f64>) -> String {
        let table = self.dir.join("deny");
        let text = table_of(shape, size, &self.dir.join("list"));
        fs::write(&table, &text).unwrap();
        let rounds = if size >= 100_000 { 7 } else { 31 };
        let speed = parse_speed(text.as_bytes(), rounds);
        let memory = memory(&table) / text.len() as f64;
        let (mut own, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            theirs.push(run(&mut self.scan(&table, 1)));
            own.push(run(&mut self.query(&table)));
        }
        let (own, theirs) = (median(own), median(theirs));
        let scan = self.scan(&table, rounds).output().unwrap().stdout;
        let scan: f64 = str::from_utf8(&scan).unwrap().trim().parse().unwrap();
        let scan = scan / 1e6;
        let (one, many) = (queries(shape, size, 1), queries(shape, size, QUERIES));
        let loads = (0..3).map(|_| self.batch(&table, &one)).collect();
        let load = median(loads);
        let work = median((0..3).map(|_| self.batch(&table, &many)).collect());
        let each = (work - load) / f64::from(QUERIES);
        let first = *first.get_or_insert(each);
        format!(
            "{shape:5} {size:8} | {speed:5.0} {memory:3.1} | {own:7.1} {theirs:9.1} {:5.1} | {load:7.1} {scan:7.1} {:5.2} | {:9.0} {:7.2}",
            theirs / own,
            load / scan,
            1e3 / each,
            each / first
        )
    }

    fn scan(&self, table: &Path, repeat: usize) -> Command {
        let mut command = Command::new(&self.libwrap);
        command.arg(&self.empty).arg(table);
        command.args(["sshd", STRANGER[1], STRANGER[0], &repeat.to_string()]);
        command
    }

    fn tcpw(&self, table: &Path) -> Command {
        let mut command = Command::new(TCPW);
        command.args(["match", "--allow-file"]).arg(&self.empty);
        command.arg("--deny-file").arg(table);
        command
    }

    fn query(&self, table: &Path) -> Command {
        let mut command = self.tcpw(table);
        command.args(["sshd", STRANGER[0], "--name", STRANGER[1]]);
        command
    }

    /// Milliseconds of a batch.
    fn batch(&self, table: &Path, queries: &str) -> f64 {
        let input = self.dir.join("queries");
        fs::write(&input, queries).unwrap();
        let mut command = self.tcpw(table);
        command
            .arg("--batch")
            .stdin(fs::File::open(&input).unwrap());
        run(&mut command)
    }
}

/// The bytes by which parsing `table` raises the peak of a process of its own, the table itself
/// included.
fn memory(table: &Path) -> f64 {
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this).arg(MEMORY).arg(table).output().unwrap();
    str::from_utf8(&output.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

/// Milliseconds until `command` has ended.
fn run(command: &mut Command) -> f64 {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().unwrap();
    let spent = start.elapsed();
    assert!(status.code().is_some_and(|code| code <= 1), "{status}");
    milliseconds(spent)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Megabytes a second, the best of a few rounds.
fn parse_speed(source: &[u8], rounds: usize) -> f64 {
    let times = (0..rounds).map(|_| {
        let start = Instant::now();
        let tree = parse(source);
        let spent = start.elapsed().as_secs_f64();
        assert!(tree.lines().len() > 0);
        spent
    });
    source.len() as f64 / times.fold(f64::INFINITY, f64::min) / 1e6
}

fn peak_of_parse(file: &Path) -> u64 {
    let before = peak();
    let source = fs::read(file).unwrap();
    let tree = parse(&source);
    let after = peak();
    assert!(tree.lines().len() > 0);
    after - before
}

/// The most memory this process ever had, in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse::<u64>().unwrap() * 1024
}

/// Queries for a batch: every other one of a client that a rule matches, spread over the table.
fn queries(shape: &str, size: u32, count: u32) -> String {
    let mut text = String::new();
    let mut state = 1_u64;
    for n in 0..count {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let random = u32::try_from(state >> 33).unwrap();
        if n % 2 == 0 {
            let stranger = std::net::Ipv4Addr::from(random | 0xc000_0000);
            writeln!(text, "sshd\t{stranger}\t{}", STRANGER[1]).unwrap();
        } else if shape == "c" {
            writeln!(
                text,
                "sshd\t{}\tx.host{}.example",
                STRANGER[0],
                random % size
            )
            .unwrap();
        } else {
            writeln!(text, "sshd\t{}", client(shape, random % size)).unwrap();
        }
    }
    text
}
