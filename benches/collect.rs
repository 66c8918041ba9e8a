//! How fast events come out of the drop directories, without journal and mail: a backlog of root's
//! events, and root's event beside 800,000 names of another user.
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
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::time::Instant;
use tcpw::alert::{Claim, Collector, Event, record};
use tempfile::TempDir;

/// The goal.
const LEAST_A_SECOND: f64 = 20_000.0;
/// In seconds, for an event of root's.
const MOST_DELAY: f64 = 1.0;
const NOBODY: u32 = 65_534;

fn main() {
    let events =
        std::env::var("TCPW_EVENTS").map_or(100_000, |text| text.parse().expect("a number"));
    let backlog = directory();
    fill(backlog.path(), events, None);
    let begin = Instant::now();
    let (collected, passes, slowest) = collect_all(backlog.path());
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

    besieged(800_000);
}

/// What root's event waits for when another user has put `names` of files that cost him no quota
/// into the public way, and puts more there all the time; beside it, what listing and looking at
/// all of them takes, which is what root's event waited for when there was one way in.
fn besieged(names: u64) {
    let [own, public] = [(); 2].map(|()| directory());
    fs::set_permissions(public.path(), fs::Permissions::from_mode(0o1733)).unwrap();
    besiege(public.path(), names);
    let begin = Instant::now();
    let looked = fs::read_dir(public.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().metadata().is_ok())
        .count();
    let whole = begin.elapsed().as_secs_f64();
    let mut collector = Collector::default();
    let (mut slowest, mut rounds) = (0.0_f64, 0_u32);
    let begin = Instant::now();
    loop {
        // As the deliverer does: root's way first, then a slice of the other one.
        let put = Instant::now();
        fill(own.path(), 1, None);
        let slice = collector.collect(public.path(), Utc::now());
        let pass = collector.collect(own.path(), Utc::now());
        assert_eq!(pass.found.len(), 1);
        pass.remove(pass.found.first().unwrap()).unwrap();
        slowest = slowest.max(put.elapsed().as_secs_f64());
        rounds += 1;
        if !slice.is_full {
            break;
        }
    }
    println!(
        "an event of root's beside {looked} names of another user: collected after {slowest:.3} s at most in {rounds} slices, {:.0} times sooner than one look at all ({whole:.2} s); all cleared after {:.1} s, {}",
        whole / slowest,
        begin.elapsed().as_secs_f64(),
        memory()
    );
    let verdict = if slowest < MOST_DELAY {
        "reached"
    } else {
        "MISSED"
    };
    println!("    goal: less than {MOST_DELAY} s {verdict}");
}

/// Names of files of another user; ext4 gives a file at most 65,000.
fn besiege(directory: &Path, names: u64) {
    let mut model = directory.to_owned();
    for number in 0..names {
        let path = directory.join(format!("0000000001.000000000-{number:016x}.event"));
        if number % 60_000 == 0 {
            fs::write(&path, "x").unwrap();
            chown(&path, Some(NOBODY), None).expect("run as root");
            model = path;
        } else {
            fs::hard_link(&model, &path).unwrap();
        }
    }
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
fn collect_all(directory: &Path) -> (u32, u32, f64) {
    let mut collector = Collector::default();
    let (mut collected, mut passes, mut slowest) = (0, 0, 0.0_f64);
    loop {
        let begin = Instant::now();
        let pass = collector.collect(directory, Utc::now());
        slowest = slowest.max(begin.elapsed().as_secs_f64());
        passes += 1;
        for found in &pass.found {
            pass.remove(found).unwrap();
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
