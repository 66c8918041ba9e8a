//! How many events a second the deliverer takes from the drop directory into the journal, beside
//! what it costs to read and delete the same files.
//!
//! `cargo bench --bench deliver`. The goal is 20,000 events a second, of few clients and of many.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use chrono::{DateTime, Utc};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tcpw::alert::{self, Claim, Event};

const TCPW: &str = env!("CARGO_BIN_EXE_tcpw");
const EVENTS: u32 = 50_000;
const ROUNDS: u32 = 2;
const GOAL: f64 = 20_000.0;

/// Event files as `notify` leaves them, of so many clients.
fn fill(drop: &Path, visitors: u32) {
    fs::create_dir_all(drop).unwrap();
    let now: DateTime<Utc> = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    for number in 0..EVENTS {
        let visitor = number % visitors;
        let addr = format!(
            "10.{}.{}.{}",
            visitor >> 16,
            visitor >> 8 & 255,
            visitor & 255
        );
        let claim = |text: &str| Claim::cut(text.as_bytes(), 1024);
        let event = Event {
            time: now + chrono::TimeDelta::milliseconds(i64::from(number)),
            host: claim(&addr),
            addr: claim(&addr),
            daemon: claim("sshd"),
            server: claim("sshd@192.0.2.1"),
            pid: claim(&(1000 + number).to_string()),
            user: Claim::default(),
            uid: 0,
        };
        let (name, bytes) = alert::event_file(&event, u64::from(number));
        fs::write(drop.join(name), bytes).unwrap();
    }
}

/// The best of some rounds on a new system each.
fn best(visitors: u32, mut work: impl FnMut(&Path)) -> Duration {
    let time = |_| {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for below in ["etc", "dev", "var/lib", "var/spool/tcpw"] {
            fs::create_dir_all(root.join(below)).unwrap();
        }
        fs::write(
            root.join("etc/hosts.deny"),
            "ALL: ALL: spawn (x %h) &: deny\n",
        )
        .unwrap();
        fs::write(root.join("etc/tcpw.toml"), "[alert]\nsyslog = false\n").unwrap();
        fill(&root.join("var/spool/tcpw/root"), visitors);
        let start = Instant::now();
        work(root);
        let took = start.elapsed();
        assert_eq!(
            fs::read_dir(root.join("var/spool/tcpw/root"))
                .unwrap()
                .count(),
            0
        );
        // The deliverer that waits for the digests ends with its directory.
        fs::remove_dir_all(root.join("var/lib/tcpw")).ok();
        took
    };
    (0..ROUNDS).map(time).min().unwrap()
}

fn main() {
    println!("{EVENTS} event files, best of {ROUNDS} rounds");
    for visitors in [10, 10_000, EVENTS] {
        let floor = best(visitors, |root| {
            for entry in fs::read_dir(root.join("var/spool/tcpw/root")).unwrap() {
                let path = entry.unwrap().path();
                assert!(fs::read(&path).unwrap()[0] == b't');
                fs::remove_file(path).unwrap();
            }
        });
        let took = best(visitors, |root| {
            let status = Command::new(TCPW)
                .arg("--root")
                .arg(root)
                .arg("deliver")
                .stdout(Stdio::null())
                .status()
                .unwrap();
            assert!(status.success());
        });
        let rate = f64::from(EVENTS) / took.as_secs_f64();
        let verdict = if rate >= GOAL { "met" } else { "missed" };
        println!(
            "{visitors:>7} visitors  {rate:>8.0} events/s, goal {GOAL} {verdict}; reading and deleting alone {:>8.0}/s, {:.1} times",
            f64::from(EVENTS) / floor.as_secs_f64(),
            took.as_secs_f64() / floor.as_secs_f64(),
        );
    }
}
