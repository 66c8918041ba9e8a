//! What a client waits from connect to the first byte of the daemon: with nothing before the daemon, with
//! tcpd, and with `tcpw-gate exec`, by deny tables of up to a million rules that are about others; large
//! ones once more when they are compiled, without an allow table, with one whose rules have commands that
//! decide about others, and with one whose command runs for this client and fails. All in turn.
//!
//! `cargo bench -p tcpw-gate --bench door`, as root: it plays in namespaces of its own, because the tables
//! of tcpd are in `/etc`. `TCPW_ROUNDS` is the number of connections of each kind.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use tcpw_event::places::COMPILED_DIRECTORY;
use tcpw_gate::compiled::{build, remove};
use tempfile::TempDir;

const GATE: &str = env!("CARGO_BIN_EXE_tcpw-gate");
const TCPD: &str = "/usr/sbin/tcpd";
/// Rules in the deny table.
const SIZES: [u32; 4] = [0, 1_000, 100_000, 1_000_000];
const ROUNDS: usize = 200;
/// What the allow table has while the deny table is compiled.
const ALLOW_TABLES: [(&str, &str); 3] = [
    ("exec, compiled", ""),
    (
        "  aclexec of others",
        "# aclexec\nother: ALL EXCEPT \\\n 192.0.2.7: aclexec exec /usr/sbin/tcpw-gate --country KR -- %a\n",
    ),
    ("  aclexec that fails", "ALL: ALL: aclexec false\n"),
];
/// Of connections that take long fewer are enough.
const ROUNDS_OF_LARGE: usize = 30;
/// Says to the started process that it is inside.
const INSIDE: &str = "TCPW_INSIDE";

fn main() {
    if let Some(stage) = std::env::var_os(INSIDE) {
        measure(Path::new(&stage));
        return;
    }
    let place = TempDir::with_prefix("tcpw-bench-").unwrap();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/door");
    let probe = place.path().join("probe");
    let compiled = Command::new("cc")
        .args(["-O1", "-static", "-o"])
        .args([&probe, &tests.join("probe.c")])
        .status();
    assert!(compiled.unwrap().success());
    let played = Command::new("unshare")
        .args(["-m", "-n", "-p", "--fork", "--kill-child", "--mount-proc"])
        .arg("--propagation=private")
        .arg(tests.join("play"))
        .arg(place.path())
        .arg(std::env::current_exe().unwrap())
        .env(INSIDE, place.path())
        .status();
    assert!(played.unwrap().success());
}

/// Measures all kinds with all sizes.
fn measure(stage: &Path) {
    let probe = stage.join("probe").to_str().unwrap().to_owned();
    let gate = ["exec", "probe", "--", &probe];
    let kinds: [Kind<'_>; 3] = [
        ("the daemon alone", &probe, &[]),
        ("tcpd", TCPD, &[&probe]),
        ("tcpw-gate exec", GATE, &gate),
    ];
    fs::write("/etc/hosts.allow", "").unwrap();
    println!(
        "{:>9}  {:20} {:>9} {:>9} {:>11}",
        "rules", "", "median", "p95", "over alone"
    );
    for size in SIZES {
        write_table(size);
        let usual = if size > 1000 { ROUNDS_OF_LARGE } else { ROUNDS };
        let rounds = std::env::var("TCPW_ROUNDS").map_or(usual, |text| text.parse().unwrap());
        in_turn(size, &kinds, rounds);
        if size > 1000 {
            build(Path::new(COMPILED_DIRECTORY), Path::new("/etc/hosts.deny")).unwrap();
            for (name, allow) in ALLOW_TABLES {
                fs::write("/etc/hosts.allow", allow).unwrap();
                in_turn(size, &[kinds[0], (name, GATE, &gate)], usual.max(ROUNDS));
            }
            fs::write("/etc/hosts.allow", "").unwrap();
            remove(Path::new(COMPILED_DIRECTORY), Path::new("/etc/hosts.deny")).unwrap();
        }
    }
}

/// A name, a program and its words.
type Kind<'k> = (&'k str, &'k str, &'k [&'k str]);

/// Measures these kinds; the first one is what the others are compared with.
fn in_turn(size: u32, kinds: &[Kind<'_>], rounds: usize) {
    let mut times = vec![Vec::new(); kinds.len()];
    for _ in 0..rounds {
        for (times, (_, program, words)) in times.iter_mut().zip(kinds) {
            times.push(time(program, words));
        }
    }
    let mut floor = None;
    for (mut times, (name, ..)) in times.into_iter().zip(kinds) {
        times.sort_by(f64::total_cmp);
        let (middle, late) = (times[times.len() / 2], times[times.len() * 95 / 100]);
        let floor = *floor.get_or_insert(middle);
        let over = middle - floor;
        println!("{size:9}  {name:20} {middle:6.2} ms {late:6.2} ms {over:8.2} ms");
    }
}

/// A deny table of rules about other clients.
fn write_table(size: u32) {
    let mut file = BufWriter::new(File::create("/etc/hosts.deny").unwrap());
    for number in 0..size {
        let [_, b, c, d] = number.to_be_bytes();
        writeln!(file, "ALL: 10.{b}.{c}.{d}").unwrap();
    }
    file.flush().unwrap();
}

/// Milliseconds from connect to the first byte.
fn time(program: &str, words: &[&str]) -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let start = Instant::now();
    let mut client = TcpStream::connect(address).unwrap();
    let (server, _) = listener.accept().unwrap();
    let output = OwnedFd::from(server.try_clone().unwrap());
    let mut command = Command::new(program);
    if program == TCPD {
        // It is called by the name of the daemon.
        use std::os::unix::process::CommandExt as _;
        command.arg0(words[0]);
    } else {
        command.args(words);
    }
    let mut child = command
        .stdin(OwnedFd::from(server))
        .stdout(output)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(command);
    client.read_exact(&mut [0]).unwrap();
    let time = start.elapsed().as_secs_f64() * 1000.0;
    assert!(child.wait().unwrap().success());
    time
}
