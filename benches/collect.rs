//! How fast events come out of the drop directory, without journal and mail: a backlog of root's
//! events, and root's few events after another user's many.
//!
//! `cargo bench --bench collect`, as root; `TCPW_EVENTS` is the size of the directory.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use chrono::Utc;
use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::time::Instant;
use tcpw::alert::{Claim, Collector, Event, record};
use tempfile::TempDir;

/// The goal.
const LEAST_A_SECOND: f64 = 20_000.0;
const NOBODY: u32 = 65_534;

fn main() {
    let events =
        std::env::var("TCPW_EVENTS").map_or(100_000, |text| text.parse().expect("a number"));
    let backlog = directory();
    fill(backlog.path(), events, None);
    let begin = Instant::now();
    let (collected, passes, slowest) = collect_all(backlog.path(), |_| {});
    let rate = f64::from(collected) / begin.elapsed().as_secs_f64();
    assert_eq!(collected, events);
    let verdict = if rate >= LEAST_A_SECOND {
        "reached"
    } else {
        "MISSED"
    };
    println!(
        "{events} events of root: {rate:.0} a second read and deleted, {passes} passes, the slowest {slowest:.2} s, {}",
        memory()
    );
    println!("    goal: {LEAST_A_SECOND} a second {verdict}");

    let siege = directory();
    fill(siege.path(), events, Some(NOBODY));
    fill(siege.path(), 10, None);
    let begin = Instant::now();
    let mut first = None;
    let (collected, passes, slowest) = collect_all(siege.path(), |uid| {
        if uid == 0 {
            first.get_or_insert_with(|| begin.elapsed().as_secs_f64());
        }
    });
    println!(
        "10 events of root among {events} of another user: root's after {:.2} s, all done after {:.2} s, {collected} collected, {passes} passes, the slowest {slowest:.2} s, {}",
        first.unwrap(),
        begin.elapsed().as_secs_f64(),
        memory()
    );
}

fn directory() -> TempDir {
    TempDir::with_prefix("tcpw-bench-").unwrap()
}

/// Events without a flush each: that is not what is measured.
fn fill(directory: &Path, events: u32, uid: Option<u32>) {
    let claim = |text: &str| Claim::cut(text.as_bytes(), 1000);
    let event = Event {
        time: Utc::now(),
        host: claim("scanner.example.net"),
        addr: claim("192.0.2.7"),
        daemon: claim("sshd"),
        server: claim("sshd@192.0.2.1"),
        pid: claim("4711"),
        user: Claim::default(),
        uid: 0,
    };
    let model = record(directory, &event, u64::MAX).unwrap();
    let text = fs::read(&model).unwrap();
    fs::remove_file(model).unwrap();
    let whose = uid.unwrap_or(0);
    for number in 0..events {
        let seconds = 1_700_000_000 + number / 50;
        let path = directory.join(format!(
            "{seconds}.{number:09}-{whose:08x}{number:08x}.event"
        ));
        fs::write(&path, &text).unwrap();
        if uid.is_some() {
            chown(&path, uid, None).expect("run as root");
        }
    }
}

/// Everything, as the deliverer does it; gives the number of events and passes and the seconds of the
/// slowest pass.
fn collect_all(directory: &Path, mut see: impl FnMut(u32)) -> (u32, u32, f64) {
    let mut collector = Collector::default();
    let (mut collected, mut passes, mut slowest) = (0, 0, 0.0_f64);
    loop {
        let begin = Instant::now();
        let pass = collector.collect(directory, Utc::now()).unwrap();
        slowest = slowest.max(begin.elapsed().as_secs_f64());
        passes += 1;
        for found in &pass.found {
            see(found.event.uid);
            fs::remove_file(&found.path).unwrap();
        }
        collected += u32::try_from(pass.found.len()).unwrap();
        if !pass.is_full {
            return (collected, passes, slowest);
        }
    }
}

/// The most memory this process ever had.
fn memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
