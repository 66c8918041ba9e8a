//! What a client pays for the alert: `sh -c 'tcpw-notify ...'`, as libwrap runs it, while the mail
//! server accepts connections and never says a word, against `sh -c true` and against the classic
//! Python script that sends the mail itself to a healthy server; one at a time, fifty at once, and
//! fifty at once on a disk that takes 8 ms to flush. All in one run, in turn.
//!
//! `cargo bench --bench notify`; needs Debian's python3, python3-aiosmtpd and gcc. `TCPW_EVENTS`
//! is the size of the journal (10000000 takes minutes to make and some GB), `TCPW_BURST` the number
//! of alerts of which fifty come at once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

mod support;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};
use support::{Classic, Shim, journal_rows, make_journal, middle_and_late, number, verdict};
use tempfile::TempDir;

const TCPW: &str = env!("CARGO_BIN_EXE_tcpw");
const FAST: &str = concat!(env!("CARGO_BIN_EXE_tcpw"), "-notify");
const ROUNDS: usize = 200;
/// Each of these leaves a deliverer behind until its system is removed.
const COLD_ROUNDS: usize = 30;
/// Between two of these.
const CALM: Duration = Duration::from_millis(400);
/// How many come at once.
const AT_ONCE: usize = 50;
/// The goals.
const MOST_OVER_SH: f64 = 2.0;
const LEAST_TIMES_FASTER: f64 = 20.0;
const LEAST_TIMES_AS_MANY: f64 = 35.0;
const MOST_DELAY: f64 = 1000.0;

fn main() {
    support::build_notifier();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let classic = Classic::start();
    one_at_a_time(port, &classic);
    let script_rate = classic.rate(AT_ONCE, 4 * AT_ONCE);
    println!();
    println!(
        "{:44} {script_rate:>6.0} a second, {AT_ONCE} at once",
        "python3 smtplib script, healthy server"
    );
    let alarms = number("TCPW_BURST", 10_000);
    burst(alarms, FAST, None, script_rate);
    let dynamic = support::dynamic_notifier();
    let shim = Shim::compile();
    burst(
        alarms,
        &dynamic.display().to_string(),
        Some(&shim),
        script_rate,
    );
}

/// Every command in turn, so that whatever else the machine does meets all of them.
fn one_at_a_time(port: u16, classic: &Classic) {
    let warm = system(port);
    let events = make_journal(warm.path(), number("TCPW_EVENTS", 100_000), TCPW);
    let small = line(&format!("{FAST} "), warm.path(), "192.0.2.7");
    let whole = line(&format!("{TCPW} notify "), warm.path(), "192.0.2.7");
    time(&small);
    sleep(Duration::from_millis(500));
    let (mut floor, mut flush, mut running) = (Vec::new(), Vec::new(), Vec::new());
    let (mut running_whole, mut script) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        floor.push(time("true"));
        flush.push(time_flush(warm.path()));
        running.push(time(&small));
        running_whole.push(time(&whole));
        if round % 5 == 0 {
            script.push(time(&classic.command()));
        }
    }
    assert!(is_held(warm.path()), "the deliverer is at work");
    // Systems that have seen alerts before, on a disk that has nothing else to write.
    let cold_systems: Vec<TempDir> = (0..COLD_ROUNDS).map(|_| system(port)).collect();
    assert!(Command::new("sync").status().unwrap().success());
    let mut starting = Vec::new();
    for cold in &cold_systems {
        starting.push(time(&line(&format!("{FAST} "), cold.path(), "192.0.2.7")));
        // The deliverer it started makes its journal meanwhile: that is not the next client's.
        sleep(CALM);
    }
    assert!(cold_systems.iter().all(|cold| is_held(cold.path())));
    assert_eq!(
        classic.mails(),
        script.len(),
        "the healthy server took every mail"
    );

    println!("a journal of {events} events, a mail server that never speaks");
    let alarms = [
        ("tcpw-notify, a deliverer at work", running),
        ("tcpw notify, a deliverer at work", running_whole),
        ("tcpw-notify, which starts a deliverer", starting),
    ];
    report(floor, flush, script, alarms);
}

fn report(floor: Vec<f64>, flush: Vec<f64>, script: Vec<f64>, alarms: [(&str, Vec<f64>); 3]) {
    let (floor, floor_late) = middle_and_late(floor);
    let (flush, flush_late) = middle_and_late(flush);
    let (script, script_late) = middle_and_late(script);
    println!(
        "{:44} {:>9} {:>9} {:>9} {:>9}",
        "sh -c ...", "median", "p95", "over true", "faster"
    );
    println!("{:44} {floor:>6.2} ms {floor_late:>6.2} ms", "true");
    println!(
        "{:44} {flush:>6.2} ms {flush_late:>6.2} ms",
        "(the disk: fdatasync of a new file)"
    );
    for (name, times) in alarms {
        let (middle, late) = middle_and_late(times);
        let (over, faster) = (middle - floor, script / middle);
        println!("{name:44} {middle:>6.2} ms {late:>6.2} ms {over:>6.2} ms {faster:>8.1}x");
        println!(
            "    goals: at most {MOST_OVER_SH} ms over true and the disk: {:.2} ms {}, at least {LEAST_TIMES_FASTER} times faster {}",
            over - flush,
            verdict(over - flush <= MOST_OVER_SH),
            verdict(faster >= LEAST_TIMES_FASTER)
        );
    }
    println!(
        "{:44} {script:>6.2} ms {script_late:>6.2} ms",
        "python3 smtplib script, healthy server"
    );
}

/// `alarms` in all, fifty at once, with a deliverer at work that puts mails into files.
fn burst(alarms: usize, program: &str, shim: Option<&Shim>, script_rate: f64) {
    let root = directories("[mail]\nto = 'a@example.org'\ntransport = 'file'\n");
    let preload = shim.map(Shim::path);
    let mut deliverer = with_flush(Command::new(TCPW), preload)
        .arg("--root")
        .arg(root.path())
        .args(["deliver", "--background"])
        .spawn()
        .unwrap();
    let next = AtomicUsize::new(0);
    let begin = Instant::now();
    let times: Vec<f64> = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|_| scope.spawn(|| visits(&next, alarms, program, root.path(), preload)))
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    let rate = f64::from(u32::try_from(alarms).unwrap()) / begin.elapsed().as_secs_f64();
    let slowest = times.iter().copied().fold(0.0, f64::max);
    let (middle, late) = middle_and_late(times);
    let hosts = collected(root.path(), alarms);
    let distinct: BTreeSet<_> = hosts.iter().collect();
    let flush = if shim.is_some() {
        ", a flush takes 8 ms"
    } else {
        ""
    };
    println!("{alarms} alarms, {AT_ONCE} at once{flush}");
    println!(
        "    {rate:.0} a second, median {middle:.1} ms, p95 {late:.1} ms, slowest {slowest:.0} ms, {} recorded, {} of them once",
        hosts.len(),
        distinct.len()
    );
    let times_as_many = rate / script_rate;
    println!(
        "    goals: each exactly once {}, none over {MOST_DELAY} ms {}, at least {LEAST_TIMES_AS_MANY} times the script's: {times_as_many:.1} {}",
        verdict(hosts.len() == alarms && distinct.len() == alarms),
        verdict(slowest <= MOST_DELAY),
        verdict(times_as_many >= LEAST_TIMES_AS_MANY)
    );
    // Its directory goes, and so does it.
    drop(root);
    deliverer.wait().unwrap();
}

fn visits(
    next: &AtomicUsize,
    alarms: usize,
    program: &str,
    root: &Path,
    preload: Option<&Path>,
) -> Vec<f64> {
    let mut times = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= alarms {
            return times;
        }
        let command = line(&format!("{program} "), root, &format!("host{number}"));
        let mut shell = with_flush(Command::new("/bin/sh"), preload);
        times.push(time_of(shell.args(["-c", &command]), &command));
    }
}

/// The hosts in the journal, once nothing more comes.
fn collected(root: &Path, alarms: usize) -> Vec<Vec<u8>> {
    let begin = Instant::now();
    loop {
        let hosts = journal_rows(root);
        if hosts.len() >= alarms || begin.elapsed() > Duration::from_secs(60) {
            return hosts;
        }
        sleep(Duration::from_millis(100));
    }
}

/// A system of its own whose mail server never speaks.
fn system(port: u16) -> TempDir {
    directories(&format!(
        "[mail]\nto = 'a@example.org'\n[mail.smtp]\nhost = '127.0.0.1'\nport = {port}\ntls = 'none'\ntimeout = 60\n"
    ))
}

/// With the directories that the first alert of a system makes.
fn directories(configuration: &str) -> TempDir {
    let root = TempDir::with_prefix("tcpw-bench-").unwrap();
    for directory in ["etc", "var/lib/tcpw", "var/spool/tcpw/drop"] {
        fs::create_dir_all(root.path().join(directory)).unwrap();
    }
    fs::write(root.path().join("etc/tcpw.toml"), configuration).unwrap();
    fs::write(lock(root.path()), "").unwrap();
    root
}

fn lock(root: &Path) -> PathBuf {
    root.join("var/lib/tcpw/journal.db.lock")
}

/// Whether a deliverer is at work.
fn is_held(root: &Path) -> bool {
    File::open(lock(root)).unwrap().try_lock_shared().is_err()
}

fn line(program: &str, root: &Path, host: &str) -> String {
    format!(
        "{program}--root {} --addr 192.0.2.7 --daemon sshd --server sshd@192.0.2.1 --pid 4711 -- {host}",
        root.display()
    )
}

fn with_flush(mut command: Command, preload: Option<&Path>) -> Command {
    if let Some(path) = preload {
        command.env("LD_PRELOAD", path);
    }
    command
}

/// Milliseconds that `sh -c command` takes.
fn time(command: &str) -> f64 {
    time_of(Command::new("/bin/sh").args(["-c", command]), command)
}

fn time_of(shell: &mut Command, command: &str) -> f64 {
    shell
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begin = Instant::now();
    let status = shell.status().unwrap();
    let taken = begin.elapsed();
    assert!(status.success(), "{command}");
    taken.as_secs_f64() * 1000.0
}

/// Milliseconds that the disk takes for a new file as large as an event.
fn time_flush(root: &Path) -> f64 {
    let path = root.join("var/spool/tcpw/flush");
    let mut file = File::create(&path).unwrap();
    file.write_all(&[b'x'; 137]).unwrap();
    let begin = Instant::now();
    file.sync_data().unwrap();
    let taken = begin.elapsed();
    fs::remove_file(path).unwrap();
    taken.as_secs_f64() * 1000.0
}
