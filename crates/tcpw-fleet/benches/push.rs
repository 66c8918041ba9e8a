//! What sending costs a host at 50 events a second: the processor time of what the unit of
//! `tcpw-fleet push` runs in a minute, all of its programs together, from the kernel.
//!
//! `cargo bench --package tcpw-fleet --bench push`, as root. The unit waits ten seconds between two
//! runs, so a minute has six, of 500 events each. The database is a real one, over TLS; what it needs
//! itself is not counted.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use chrono::Utc;
use nix::sys::resource::{UsageWho, getrusage};
use std::path::Path;
use std::process::{Command, Stdio};

#[path = "../tests/fleet/host.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod host;
#[path = "../tests/fleet/journal.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod journal;
#[path = "../tests/fleet/run.rs"]
mod run;
#[path = "../tests/fleet/server.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod server;

use host::Host;
use journal::{Given, SECOND, knock};
use server::Server;

/// The goal, in hundredths of one core.
const MOST: f64 = 1.0;
/// Events a second, seconds between two runs of the unit, and runs in a minute.
const RATE: i64 = 50;
const BETWEEN: i64 = 10;
const RUNS: i64 = 6;
/// Events that the journal has already.
const OLD: i64 = 100_000;
const UNIT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../packaging/systemd/fleet/tcpw-fleet-push.service"
);

/// Processor time of all programs that this one has started and that have ended, in seconds.
fn spent() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let seconds = |time: nix::sys::time::TimeVal| {
        f64::from(i32::try_from(time.tv_sec()).unwrap())
            + f64::from(i32::try_from(time.tv_usec()).unwrap()) / 1e6
    };
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// What the unit runs before and after the program, for this journal, as root and without its sleep.
fn around(journal: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(UNIT).unwrap();
    let commands = text.lines().filter_map(|line| {
        let (name, command) = line.split_once('=')?;
        ["ExecStartPre", "ExecStartPost"].contains(&name).then(|| {
            let command = command
                .trim_start_matches(['-', '+'])
                .replace(
                    "/var/lib/tcpw/deliver/journal.db",
                    &journal.display().to_string(),
                )
                .replace("--reuid=tcpw --regid=tcpw", "--reuid=0 --regid=0")
                .replace("sleep 10", "sleep 0");
            (name.to_owned(), command)
        })
    });
    let commands: Vec<_> = commands.collect();
    assert_eq!(
        commands.len(),
        2,
        "the unit has other commands than this bench knows"
    );
    commands
}

/// One start of the unit.
fn start(host: &Host, around: &[(String, String)]) {
    let shell = |wanted: &str| {
        for (_, command) in around.iter().filter(|(name, _)| name == wanted) {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("exec {command}")]);
            assert!(shell.status().unwrap().success(), "{command}");
        }
    };
    shell("ExecStartPre");
    let mut push = host.push(&[]);
    assert!(push.stdout(Stdio::null()).status().unwrap().success());
    shell("ExecStartPost");
}

/// The events of `BETWEEN` seconds from `second` on, each from the source that `source` names.
fn events(second: i64, source: impl Fn(i64) -> String) -> Vec<Given> {
    let step = SECOND / RATE;
    (0..RATE * BETWEEN)
        .map(|one| knock(second * SECOND + one * step, &source(second * RATE + one)))
        .collect()
}

/// A minute of events, in hundredths of a core.
fn minute(host: &Host, begin: i64, source: impl Fn(i64) -> String) -> f64 {
    let around = around(&host.book.path);
    let mut seconds = 0.0;
    for run in 0..RUNS {
        host.book.add(&events(begin + run * BETWEEN, &source));
        let before = spent();
        start(host, &around);
        seconds += spent() - before;
    }
    let minute = f64::from(i32::try_from(RUNS * BETWEEN).unwrap());
    100.0 * seconds / minute
}

fn main() {
    let server = Server::start();
    run::good(&["init", &server.admin()]);
    let host = Host::add(&server, "web17", 5);
    let now = Utc::now().timestamp();
    let old = |one: i64| knock((now - 86_400) * SECOND + one * SECOND / 2, "192.0.2.1");
    host.book.add(&(0..OLD).map(old).collect::<Vec<_>>());
    host.sent();
    println!(
        "{RATE} events a second, sent by {RUNS} runs of the unit in a minute, after {OLD} older events:"
    );
    let spread = |one: i64| format!("2001:db8::{:x}:{:x}", (one >> 16) & 0xffff, one & 0xffff);
    let one = |_: i64| "203.0.113.9".to_owned();
    let cases: [(&str, &dyn Fn(i64) -> String); 2] = [
        ("one source", &one),
        ("each event from another source", &spread),
    ];
    for (place, (name, source)) in (0_i64..).zip(cases) {
        let percent = minute(&host, now - 7200 + place * 600, source);
        let each = percent / 100.0 / f64::from(i32::try_from(RATE).unwrap()) * 1e6;
        println!("    {name}: {percent:.2} % of a core, {each:.0} microseconds an event");
        let verdict = if percent < MOST { "reached" } else { "MISSED" };
        println!("    goal: less than {MOST} % of a core {verdict}");
    }
    let idle = {
        let around = around(&host.book.path);
        let before = spent();
        start(&host, &around);
        spent() - before
    };
    println!("    a run without an event: {:.1} ms", idle * 1000.0);
    let (wanted, sql) = (
        OLD + 2 * RATE * BETWEEN * RUNS,
        "SELECT sum(n) FROM tcpw.hourly",
    );
    assert_eq!(server.ask(sql), wanted.to_string(), "every event was sent");
}
