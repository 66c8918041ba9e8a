//! A thousand hosts that come back at once after an outage: each has a journal of a week, and all of
//! them push in the same second, over TLS, each with a login of its own, with the code of
//! `tcpw-fleet push`. What a run leaves to the next one, its timer starts again as the unit does.
//!
//! `cargo bench --package tcpw-fleet --bench outage`, as root. `TCPW_HOSTS` is how many there are,
//! `TCPW_EVENTS` how many events each has; one of fifty has thirty times as many. Journals and states
//! are in memory: a thousand real hosts have disks of their own. The database is on the disk.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use chrono::{DateTime, Utc};
use postgres::Client;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};
use tcpw::config::FleetMail;
use tcpw::system::SystemClock;
use tcpw_fleet::database::{Address, Login, add_host, connect, init, random_below};
use tcpw_fleet::push::Push;
use tempfile::TempDir;

#[path = "../tests/fleet/journal.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod journal;
#[path = "../tests/fleet/server.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod server;

use journal::{Book, Given, SECOND, knock};
use server::Server;

/// The goal: no host waits longer, in seconds, for the next of its batches to be taken.
const LONGEST_WAIT: f64 = 60.0;
/// So many events of a source are sent in full for each hour; all are counted.
const FULL: u32 = 5;
const WEEK: i64 = 7 * 86_400;
/// One host of so many has so many times the events.
const LARGE: (usize, i64) = (50, 30);
const PASSWORD: &str = "a password of the bench";

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// The journal of a host that was away for a week: seven sources, evenly over the time; and how many of
/// its events are sent in full.
fn week(place: &Path, events: i64) -> (PathBuf, usize) {
    fs::create_dir(place).unwrap();
    let book = Book::new(place);
    let start = Utc::now().timestamp() - WEEK;
    let mut of_hour: HashMap<(i64, i64), u32> = HashMap::new();
    let event = |one: i64| -> Given {
        let (at, source) = (start + one * (WEEK - 60) / events, one % 7);
        *of_hour.entry((at / 3600, source)).or_default() += 1;
        knock(at * SECOND + one, &format!("203.0.113.{source}"))
    };
    book.add(&(0..events).map(event).collect::<Vec<_>>());
    let full = of_hour.values().map(|many| (*many).min(FULL));
    (book.path, usize::try_from(full.sum::<u32>()).unwrap())
}

/// A host.
struct Member {
    address: Address,
    name: String,
    journal: PathBuf,
    /// Events in the journal, and those among them that are sent in full.
    events: usize,
    full: usize,
    state: PathBuf,
}

impl Member {
    /// One run of the program.
    fn push(&self, now: bool) -> Result<bool, String> {
        let push = Push {
            address: &self.address,
            host: &self.name,
            journal: &self.journal,
            state: &self.state,
            full: FULL,
            counters: true,
            mail: FleetMail::Own,
            own_after: Duration::from_secs(600),
            now,
        };
        let done = push.run(&SystemClock).map_err(|error| error.to_string())?;
        Ok(done.wait.is_none() && done.left == 0)
    }

    /// Pushes until nothing is left, the first time at once, then as its timer says; gives how often
    /// the unit was started, and what was in the way the last time.
    fn catch_up(&self) -> (u64, Option<String>) {
        let (mut runs, mut fault) = (1, None);
        let mut result = self.push(true);
        while result != Ok(true) {
            fault = result.err().or(fault);
            sleep(Duration::from_millis(
                60_000 + random_below(15_000).unwrap(),
            ));
            runs += 1;
            result = self.push(false);
        }
        (runs, fault)
    }
}

/// The hosts, each with its login and its journal.
fn members(
    server: &Server,
    admin: &mut Client,
    place: &Path,
    count: usize,
    events: i64,
) -> Vec<Member> {
    let small = week(&place.join("small"), events);
    let large = week(&place.join("large"), events * LARGE.1);
    let member = |one: usize| {
        let is_large = one.is_multiple_of(LARGE.0);
        let (journal, full) = if is_large { &large } else { &small };
        let times = if is_large { LARGE.1 } else { 1 };
        let name = format!("web{one}");
        add_host(admin, &name, Login::Password(PASSWORD)).unwrap();
        let state = place.join(&name);
        fs::create_dir(&state).unwrap();
        let address = Address::parse(&server.url(&name)).unwrap();
        Member {
            address: address.with_password(PASSWORD),
            journal: journal.clone(),
            events: usize::try_from(events * times).unwrap(),
            full: *full,
            name,
            state,
        }
    };
    (0..count).map(member).collect()
}

/// What was seen beside the hosts while they pushed.
#[derive(Default)]
struct Seen {
    /// The most connections of hosts at once.
    most: AtomicU64,
    /// Logins of somebody who wants to read: tried, and refused.
    tried: AtomicU64,
    refused: AtomicU64,
    is_over: AtomicBool,
}

/// Counts the connections ten times a second, until it is over.
fn watch(admin: &mut Client, seen: &Seen) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE usename ~ '^web'";
    while !seen.is_over.load(Ordering::Relaxed) {
        let count: i64 = admin.query_one(sql, &[]).unwrap().get(0);
        seen.most.fetch_max(count.unsigned_abs(), Ordering::Relaxed);
        sleep(Duration::from_millis(100));
    }
}

/// Logs in as a reader twice a second, until it is over.
fn look(viewer: &Address, seen: &Seen) {
    while !seen.is_over.load(Ordering::Relaxed) {
        seen.tried.fetch_add(1, Ordering::Relaxed);
        if connect(viewer).is_err() {
            seen.refused.fetch_add(1, Ordering::Relaxed);
        }
        sleep(Duration::from_millis(500));
    }
}

/// How the hosts ended.
struct Outcome {
    begin: DateTime<Utc>,
    seconds: f64,
    /// Starts of the unit that were needed, at most.
    runs: u64,
    faults: Vec<String>,
}

/// All hosts push at once.
fn herd(members: Vec<Member>) -> Outcome {
    let barrier = std::sync::Arc::new(Barrier::new(members.len() + 1));
    let threads: Vec<_> = members
        .into_iter()
        .map(|member| {
            let barrier = std::sync::Arc::clone(&barrier);
            spawn(move || {
                barrier.wait();
                member.catch_up()
            })
        })
        .collect();
    barrier.wait();
    let (begin, since) = (Utc::now(), Instant::now());
    let ends: Vec<_> = threads.into_iter().map(|one| one.join().unwrap()).collect();
    Outcome {
        begin,
        seconds: since.elapsed().as_secs_f64(),
        runs: ends.iter().map(|end| end.0).max().unwrap_or(0),
        faults: ends.into_iter().filter_map(|end| end.1).collect(),
    }
}

/// How long hosts waited for their first batch, and the longest that one waited for the next, in
/// seconds since `begin`.
fn waits(admin: &mut Client, begin: DateTime<Utc>) -> (f64, f64, f64) {
    let sql = "WITH batch AS (SELECT DISTINCT host, received FROM tcpw.event),
        step AS (SELECT host, received - lag(received, 1, $1) OVER (PARTITION BY host ORDER BY received) AS gap,
            received - $1 AS since, row_number() OVER (PARTITION BY host ORDER BY received) AS place FROM batch)
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM since)::float8)
                FILTER (WHERE place = 1),
            (max(extract(epoch FROM since)) FILTER (WHERE place = 1))::float8,
            max(extract(epoch FROM gap))::float8 FROM step";
    let row = admin.query_one(sql, &[&begin]).unwrap();
    (row.get(0), row.get(1), row.get(2))
}

fn main() {
    let (hosts, events) = (number("TCPW_HOSTS", 1000), number("TCPW_EVENTS", 300));
    let mut server = Server::start();
    let mut admin = connect(&Address::parse(&server.admin()).unwrap()).unwrap();
    init(&mut admin).unwrap();
    admin
        .batch_execute(&format!(
            "CREATE ROLE viewer LOGIN PASSWORD '{PASSWORD}' IN ROLE tcpw_reader"
        ))
        .unwrap();
    let place = TempDir::new_in("/dev/shm").unwrap();
    let each = i64::try_from(events).unwrap();
    let members = members(&server, &mut admin, place.path(), hosts, each);
    drop(admin);
    server.stop();
    // The outage: everybody has failed once.
    let fault = members[0].push(true).unwrap_err();
    println!("{hosts} hosts; during the outage: {fault}");
    server.run();
    let mut admin = connect(&Address::parse(&server.admin()).unwrap()).unwrap();
    let mut watcher = connect(&Address::parse(&server.admin()).unwrap()).unwrap();
    let viewer = Address::parse(&server.url("viewer"))
        .unwrap()
        .with_password(PASSWORD);
    let wanted = members.iter().fold((0, 0), |(events, full), member| {
        (events + member.events, full + member.full)
    });
    let seen = Seen::default();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| watch(&mut watcher, &seen));
        scope.spawn(|| look(&viewer, &seen));
        let outcome = herd(members);
        seen.is_over.store(true, Ordering::Relaxed);
        outcome
    });
    show(
        &mut admin,
        &outcome,
        &seen,
        wanted,
        waits(&mut watcher, outcome.begin),
        &server.log(),
    );
}

fn show(
    admin: &mut Client,
    outcome: &Outcome,
    seen: &Seen,
    (events, full): (usize, usize),
    waits: (f64, f64, f64),
    log: &str,
) {
    let sql = "SELECT count(*), count(DISTINCT (host, seq)), count(DISTINCT host),
        (SELECT sum(n)::int8 FROM tcpw.hourly), (SELECT sum(forks)::int8 FROM tcpw.chain),
        current_setting('max_connections') FROM tcpw.event";
    let row = admin.query_one(sql, &[]).unwrap();
    let (rows, distinct, hosts): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    let (counted, forks, limit): (i64, i64, &str) = (row.get(3), row.get(4), row.get(5));
    let refused = log.matches("too many clients").count()
        + log.matches("connection slots are reserved").count();
    let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
    println!(
        "    {events} events of {hosts} hosts in {:.1} s: {distinct} are there, {} twice, of {full} to be sent in full; {counted} counted, {forks} forks",
        outcome.seconds,
        rows - distinct
    );
    println!(
        "    the first batch after {:.1} s in the middle, {:.1} s at most; the next one after {:.1} s at most",
        waits.0, waits.1, waits.2
    );
    println!(
        "    {} connections of hosts at most, of {limit}; {refused} were refused; the unit was started {} times at most",
        load(&seen.most),
        outcome.runs
    );
    println!(
        "    somebody who reads: {} of {} logins refused",
        load(&seen.refused),
        load(&seen.tried)
    );
    let mut faults = outcome.faults.clone();
    faults.sort();
    faults.dedup();
    for fault in faults.iter().take(5) {
        println!(
            "    {} runs ended: {fault}",
            outcome.faults.iter().filter(|one| *one == fault).count()
        );
    }
    let (events, full) = (i64::try_from(events).unwrap(), i64::try_from(full).unwrap());
    let verdict = |is_reached: bool| if is_reached { "reached" } else { "MISSED" };
    println!(
        "    goal: every event once {}",
        verdict(rows == full && distinct == full && counted == events)
    );
    println!(
        "    goal: no host waits {LONGEST_WAIT} s {}",
        verdict(waits.1.max(waits.2) < LONGEST_WAIT)
    );
}
