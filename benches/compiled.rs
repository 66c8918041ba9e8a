//! One decision on a table that nobody has in memory: by reading and parsing all of it, by reading it
//! quickly ([`tcpw::engine::skim`]) and through its compiled form, in this process; and as `tcpw match`, a
//! whole process, with the form, without it, and on tables of one rule. And what a form costs: time and
//! peak of memory to build it, bytes.
//!
//! `cargo bench --bench compiled -- [SHAPE...]`; `TCPW_RULES` is the size of the tables, 1,000,000 unless it
//! says otherwise. Shapes: a `sshd: ADDRESS`; dh, the two lines of `DenyHosts`; b a network by its length,
//! b2 by its mask, b6 of IPv6; c `.domain`; d 160 addresses a line. No rule matches the client that is
//! timed. Then 20,000 clients, half of them such that a rule matches, are decided on through the form and
//! by the index of the whole table: verdict and line must be the same.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use std::fs::{self, File};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use tcpw::engine::{
    Bare, Cause, Host, HostName, Index, Request, Table, Tables, Verdict, decide, skim,
};
use tcpw::syntax::{parse, parse_excerpt};
use tcpw_gate::compiled::{build, excerpt_through};

#[path = "support/long_tables.rs"]
mod long_tables;

use long_tables::{client, table_of};

const TCPW: &str = env!("CARGO_BIN_EXE_tcpw");
const SHAPES: [&str; 7] = ["a", "dh", "b", "b2", "b6", "c", "d"];
/// A client that no rule matches.
const STRANGER: [&str; 2] = ["203.0.113.9", "client.example.net"];
const QUESTIONS: u32 = 20_000;
/// The mode in which this program measures the memory of one build.
const MEMORY: &str = "--memory-of";
/// The goal, in milliseconds over the program alone.
const MOST_OVER: f64 = 2.0;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, directory, table] = words.as_slice()
        && mode == MEMORY
    {
        let before = peak();
        build(Path::new(directory), Path::new(table)).unwrap();
        println!("{}", peak() - before);
        return;
    }
    let size = std::env::var("TCPW_RULES").map_or(1_000_000, |text| text.parse().unwrap());
    let chosen = |shape: &&&str| words.iter().any(|word| word == **shape);
    let all = SHAPES.iter().filter(chosen).count() == 0;
    println!(
        "{size} rules; times in ms, medians; MB of 1,000,000 bytes; goal: {MOST_OVER} ms over alone"
    );
    println!(
        "shape   table form MB | build  peak MB |  whole  quick  form | match: alone  quick   form  over |  asked alike"
    );
    for shape in SHAPES.iter().filter(|shape| all || chosen(shape)) {
        println!("{}", Stage::new(shape, size).measure());
    }
}

/// A root with one long table.
struct Stage {
    place: tempfile::TempDir,
    shape: &'static str,
    size: u32,
}

impl Stage {
    fn new(shape: &'static str, size: u32) -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join("etc")).unwrap();
        fs::create_dir_all(place.path().join("alone/etc")).unwrap();
        let stage = Self { place, shape, size };
        for root in ["", "alone/"] {
            fs::write(stage.path(&format!("{root}etc/hosts.allow")), "").unwrap();
        }
        fs::write(stage.path("alone/etc/hosts.deny"), "sshd: 192.0.2.1\n").unwrap();
        fs::write(stage.table(), table_of(shape, size, &stage.path("list"))).unwrap();
        stage
    }

    fn path(&self, path: &str) -> PathBuf {
        self.place.path().join(path)
    }

    fn table(&self) -> PathBuf {
        self.path("etc/hosts.deny")
    }

    fn directory(&self) -> PathBuf {
        self.path("var/lib/tcpw/compiled")
    }

    fn measure(&self) -> String {
        let quick_match = self.matched("");
        let start = Instant::now();
        let built = build(&self.directory(), &self.table()).unwrap();
        let building = milliseconds(start);
        let memory = self.memory();
        let stranger = request(STRANGER[0], STRANGER[1]);
        let whole = median(7, || {
            let bytes = fs::read(self.table()).unwrap();
            let tree = parse(&bytes);
            let tables = Tables {
                allow: Table::Absent,
                deny: Table::Read(&tree),
            };
            drop(black_box(decide(&tables, &stranger, &Bare)));
        });
        let quick = median(15, || {
            let mut file = File::open(self.table()).unwrap();
            black_box(skim(&mut file, &stranger, &Bare).unwrap());
        });
        let form = median(501, || {
            let file = File::open(self.table()).unwrap();
            let (directory, table) = (self.directory(), self.table());
            let found = excerpt_through(&directory, &table, &file, &stranger, &Bare);
            black_box(found.unwrap().unwrap());
        });
        let form_match = self.matched("");
        let alone = self.matched("alone");
        let alike = self.compare();
        format!(
            "{:5} {:7.1} {:7.1} | {building:5.0} {:8.1} | {whole:6.1} {quick:6.2} {form:5.3} | {alone:12.2} {quick_match:6.2} {form_match:6.2} {:5.2} | {alike}",
            self.shape,
            built.table_bytes as f64 / 1e6,
            built.bytes as f64 / 1e6,
            memory as f64 / 1e6,
            form_match - alone,
        )
    }

    /// Milliseconds of a whole `tcpw match` below a root.
    fn matched(&self, root: &str) -> f64 {
        median(31, || {
            let mut command = Command::new(TCPW);
            command.arg("--root").arg(self.path(root));
            command.args(["match", "sshd", STRANGER[0], "--name", STRANGER[1]]);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            assert!(command.status().unwrap().success());
        })
    }

    /// The bytes by which a build raises the peak of a process of its own.
    fn memory(&self) -> u64 {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(MEMORY).arg(self.directory()).arg(self.table());
        let output = command.output().unwrap();
        str::from_utf8(&output.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap()
    }

    /// How many verdicts through the form are those of the whole table, which all must be.
    fn compare(&self) -> String {
        let bytes = fs::read(self.table()).unwrap();
        let tree = parse(&bytes);
        let index = Index::new(Tables {
            allow: Table::Absent,
            deny: Table::Read(&tree),
        });
        let (directory, table) = (self.directory(), self.table());
        let file = File::open(self.table()).unwrap();
        let (mut denied, mut state) = (0, 1_u64);
        for n in 0..QUESTIONS {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let random = u32::try_from(state >> 33).unwrap();
            let request = if n % 2 == 0 {
                let address = std::net::Ipv4Addr::from(random | 0xc000_0000);
                request(&address.to_string(), STRANGER[1])
            } else {
                let rule = random % self.size;
                request(&client(self.shape, rule), &format!("x.host{rule}.example"))
            };
            let found = excerpt_through(&directory, &table, &file, &request, &Bare);
            let found = found.unwrap().unwrap();
            let part = parse_excerpt(&found.bytes, found.lines_before);
            let through = decide(
                &Tables {
                    allow: Table::Absent,
                    deny: Table::Read(&part),
                },
                &request,
                &Bare,
            );
            let whole = index.decide(&request, &Bare);
            assert_eq!(seen(&through), seen(&whole), "{request:?}");
            denied += u32::from(seen(&whole).1.is_some());
        }
        format!("{QUESTIONS}, {denied} denied")
    }
}

/// The verdict, and the line of the rule that decided.
fn seen(verdict: &Verdict) -> (String, Option<u32>) {
    let number = if let Cause::Rule { matched, .. } = &verdict.cause {
        Some(matched.number)
    } else {
        None
    };
    (format!("{:?}", verdict.access), number)
}

fn request(address: &str, name: &str) -> Request {
    Request::new("sshd", Host::new(address, HostName::new(name)))
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

/// The median of as many runs, in milliseconds.
fn median(rounds: usize, mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            run();
            milliseconds(start)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times.get(rounds / 2).copied().unwrap()
}

/// The most memory this process ever had, in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse::<u64>().unwrap() * 1024
}
