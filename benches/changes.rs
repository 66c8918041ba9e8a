//! Changes of large tables: one client in a table of a million rules against `cp` and `sync` of the
//! same file, and a list of 100,000 addresses into an empty table against parsing the result.
//!
//! `cargo bench --bench changes`. The goals are 4 times and 2 times. Every table lies on disk before
//! it is changed or copied. Each round makes another change, so that the history has to keep it; the
//! first change of a table, of which the history keeps a whole copy, is told apart. The list is
//! compared with the parser alone, and, whole process with whole process, with `tcpw parse`, which
//! writes nothing.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tcpw::syntax::parse;

const TCPW: &str = env!("CARGO_BIN_EXE_tcpw");
const ROUNDS: usize = 7;
const RULES: u32 = 1_000_000;
const CLIENTS: u32 = 100_000;
/// The goals.
const MOST_TIMES_COPYING: f64 = 4.0;
const MOST_TIMES_PARSING: f64 = 2.0;

/// The time of each round, after a preparation that is not measured.
fn rounds(mut prepare: impl FnMut(), mut work: impl FnMut(usize)) -> Vec<Duration> {
    let time = |round| {
        prepare();
        let start = Instant::now();
        work(round);
        start.elapsed()
    };
    (0..ROUNDS).map(time).collect()
}

fn best(times: &[Duration]) -> Duration {
    *times.iter().min().unwrap()
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

/// Writes a table that lies on disk when it is changed.
fn lay(path: &Path, bytes: &[u8]) {
    let mut file = File::create(path).unwrap();
    file.write_all(bytes).unwrap();
    file.sync_all().unwrap();
}

fn address(number: u32) -> String {
    format!("10.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255)
}

/// Tables of a million entries, as people and programs write them.
fn tables() -> Vec<(&'static str, String)> {
    let of = |line: &dyn Fn(u32) -> String| (0..RULES).map(line).collect::<Vec<_>>().concat();
    let packed: Vec<u32> = (0..RULES).collect();
    let packed = packed.chunks(140).map(|numbers| {
        let words: Vec<_> = numbers.iter().map(|&number| address(number)).collect();
        format!("sshd: {}\n", words.join(" "))
    });
    vec![
        ("1M rules", of(&|n| format!("sshd: {}\n", address(n)))),
        (
            "1M rules of DenyHosts",
            of(&|n| {
                let rule = format!("sshd: {}", address(n));
                format!("# DenyHosts: Tue Jan  6 10:00:00 2026 | {rule}\n{rule}\n")
            }),
        ),
        (
            "1M networks",
            of(&|n| {
                format!(
                    "ALL: {}.{}.{}.0/24\n",
                    (n >> 16) + 11,
                    n >> 8 & 255,
                    n & 255
                )
            }),
        ),
        ("1M domains", of(&|n| format!("sshd: .host{n}.example\n"))),
        (
            "1M addresses in long lines",
            packed.collect::<Vec<_>>().concat(),
        ),
    ]
}

/// One line of the result.
fn told(what: &str, took: Duration, other: &str, base: Duration, most: Option<f64>) {
    let times = took.as_secs_f64() / base.as_secs_f64();
    let goal = most.map_or_else(String::new, |most| {
        let verdict = if times <= most { "met" } else { "missed" };
        format!(", goal {most} {verdict}")
    });
    println!("{what:<48} {took:>9.1?}  {other:<20} {base:>9.1?}  {times:>6.1} times{goal}");
}

/// One client in a large table.
fn small_changes(root: &Path) {
    let (allow, deny) = (root.join("etc/hosts.allow"), root.join("etc/hosts.deny"));
    let copy = root.join("copy");
    for (name, table) in tables() {
        let copying = rounds(
            || {
                lay(&allow, table.as_bytes());
                drop(fs::remove_file(&copy));
            },
            |_| {
                run(Command::new("cp").arg(&allow).arg(&copy));
                run(Command::new("sync").arg(&copy));
            },
        );
        let copying = best(&copying);
        for (verb, is_denied) in [("allow", false), ("deny", true), ("revoke", true)] {
            // The default stands where the list does not.
            let (full, other) = if is_denied {
                (&deny, &allow)
            } else {
                (&allow, &deny)
            };
            lay(other, if is_denied { b"" } else { b"ALL: ALL\n" });
            let changing = rounds(
                || lay(full, table.as_bytes()),
                |round| {
                    let round = u32::try_from(round).unwrap();
                    let client = match (verb, name) {
                        ("revoke", "1M networks") => format!("12.0.{round}.0/24"),
                        ("revoke", "1M domains") => format!(".host{}.example", RULES / 2 + round),
                        ("revoke", _) => address(RULES / 2 + round),
                        _ => format!("192.0.2.{round}"),
                    };
                    match verb {
                        "revoke" => tcpw(root, &[verb, &client]),
                        _ => tcpw(root, &[verb, &client, "--daemon", "sshd"]),
                    }
                },
            );
            let most = (verb == "allow").then_some(MOST_TIMES_COPYING);
            let what = format!("{verb}, {name}");
            told(&what, best(&changing), "cp and sync", copying, most);
            if verb == "allow" {
                told(
                    &format!("{what}: the first change"),
                    changing[0],
                    "cp and sync",
                    copying,
                    None,
                );
            }
        }
    }
}

/// A long list into empty tables.
fn long_list(root: &Path) {
    let (allow, deny) = (root.join("etc/hosts.allow"), root.join("etc/hosts.deny"));
    let list = root.join("list");
    let lines: Vec<String> = (0..CLIENTS).map(|n| address(n * 7) + "\n").collect();
    fs::write(&list, lines.concat()).unwrap();
    let list = list.to_str().unwrap();
    let listing = rounds(
        || {
            lay(&allow, b"");
            lay(&deny, b"");
        },
        |_| tcpw(root, &["deny", "--from", list]),
    );
    let result = fs::read(&deny).unwrap();
    let parsing = rounds(|| {}, |_| drop(parse(&result)));
    let deny = deny.to_str().unwrap();
    let process = rounds(|| {}, |_| tcpw(root, &["parse", "--emit", "source", deny]));
    let what = "deny --from, 100k addresses";
    let listing = best(&listing);
    let most = Some(MOST_TIMES_PARSING);
    told(what, listing, "parsing the result", best(&parsing), most);
    told(what, listing, "tcpw parse", best(&process), most);
}

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir(root.join("etc")).unwrap();
    small_changes(root);
    long_list(root);
}
