//! `tcpw allow` on a table of a million rules against `cp` and `sync` of the same file, and a list
//! of 100,000 addresses into an empty table against the time of parsing the result.
//!
//! `cargo bench --bench changes`. The goals are 4 times and 2 times.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tcpw::syntax::parse;

const TCPW: &str = env!("CARGO_BIN_EXE_tcpw");
const ROUNDS: usize = 5;
const RULES: u32 = 1_000_000;
const CLIENTS: u32 = 100_000;
/// The goals.
const MOST_TIMES_COPYING: f64 = 4.0;
const MOST_TIMES_PARSING: f64 = 2.0;

/// The best of some rounds, each behind a preparation that is not measured.
fn best(mut prepare: impl FnMut(), mut work: impl FnMut()) -> Duration {
    let time = |_| {
        prepare();
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..ROUNDS).map(time).min().unwrap()
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
}

fn tcpw(root: &Path, words: &[&str]) {
    let mut command = Command::new(TCPW);
    command.arg("--root").arg(root).args(words);
    // A session that nobody asks about hides the one this may run in.
    run(command.env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22"));
}

fn address(number: u32) -> String {
    format!("10.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255)
}

fn told(what: &str, took: Duration, other: &str, base: Duration, most: f64) {
    let times = took.as_secs_f64() / base.as_secs_f64();
    let verdict = if times <= most { "met" } else { "missed" };
    println!(
        "{what:<44} {took:>9.3?}  {other:<20} {base:>9.3?}  {times:>6.1} times, goal {most} {verdict}"
    );
}

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir(root.join("etc")).unwrap();
    let (allow, deny) = (root.join("etc/hosts.allow"), root.join("etc/hosts.deny"));
    let big: String = (0..RULES)
        .map(|n| format!("sshd: {}\n", address(n)))
        .fold(String::new(), |text, line| text + &line);
    let copy = root.join("copy");
    let copying = best(
        || {
            fs::write(&allow, &big).unwrap();
            drop(fs::remove_file(&copy));
        },
        || {
            run(Command::new("cp").arg(&allow).arg(&copy));
            run(Command::new("sync").arg(&copy));
        },
    );
    fs::write(&deny, "ALL: ALL\n").unwrap();
    let allowing = best(
        || fs::write(&allow, &big).unwrap(),
        || tcpw(root, &["allow", "192.0.2.7", "--daemon", "sshd"]),
    );
    told(
        "allow, 1M rules",
        allowing,
        "cp and sync",
        copying,
        MOST_TIMES_COPYING,
    );

    let list = root.join("list");
    let lines: Vec<String> = (0..CLIENTS).map(|n| address(n * 7) + "\n").collect();
    fs::write(&list, lines.concat()).unwrap();
    let list = list.to_str().unwrap();
    let listing = best(
        || {
            fs::write(&allow, "").unwrap();
            fs::write(&deny, "").unwrap();
        },
        || tcpw(root, &["deny", "--from", list]),
    );
    let result = fs::read(&deny).unwrap();
    let parsing = best(|| {}, || drop(parse(&result)));
    told(
        "deny --from, 100k addresses",
        listing,
        "parsing the result",
        parsing,
        MOST_TIMES_PARSING,
    );
}
