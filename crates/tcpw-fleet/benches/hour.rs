//! The arithmetic of `docs/fleet.md`, tried: one scanner knocks at 10,000 hosts for an hour, and each
//! host pushes over TLS with a login of its own, with the code of `tcpw-fleet push`, into one
//! PostgreSQL. A node of a larger fleet that is split by host has the share of one such fleet.
//!
//! `cargo bench --package tcpw-fleet --bench hour`, as root; `TCPW_HOSTS` is how many hosts there are,
//! `TCPW_KNOCKS` how often each is tried. The hour is not waited for: what hosts do in it is done as
//! fast as this machine can, and the processor time of the server, its rows, its bytes and its log
//! are measured. Of the pushes of the hour, one a minute and host, four are made: the first, two of
//! those that bring more knocks, and one that brings none.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use chrono::Utc;
use postgres::Client;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tcpw::config::FleetMail;
use tcpw::system::SystemClock;
use tcpw_fleet::database::{Address, Login, add_host, connect, init};
use tcpw_fleet::push::Push;
use tempfile::TempDir;

#[path = "../tests/fleet/journal.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod journal;
#[path = "../tests/fleet/server.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod server;

use journal::{Book, SECOND, knock};
use server::Server;

const PASSWORD: &str = "a password of the bench";
/// Hosts that push at the same time: as many as the database lets write.
const AT_ONCE: usize = 8;
/// Rows that each host may add in an hour under one scanner: five events and one count.
const ROWS: i64 = 6;
/// What docs/fleet.md takes a row for, in bytes.
const BYTES: f64 = 240.0;
/// Ticks of the kernel in a second.
const TICKS: f64 = 100.0;

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// A host; all have the same journal, since the scanner does the same to each.
struct Member {
    address: Address,
    name: String,
    state: PathBuf,
}

impl Member {
    fn push(&self, journal: &Path) {
        let push = Push {
            address: &self.address,
            host: &self.name,
            journal,
            state: &self.state,
            full: 5,
            counters: true,
            mail: FleetMail::Fleet,
            own_after: std::time::Duration::from_secs(600),
            now: true,
        };
        let done = push.run(&SystemClock).unwrap();
        assert_eq!((done.left, done.wait), (0, None));
    }
}

/// The processor time of the server and all of its processes, those that ended too, in seconds.
fn processor(server: &Server) -> f64 {
    let pid = fs::read_to_string(server.path("data/postmaster.pid")).unwrap();
    let pid = pid.lines().next().unwrap().to_owned();
    let fields = |pid: &str, which: std::ops::Range<usize>| -> u64 {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The name in parentheses may have spaces.
        let rest = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let all = rest.split(' ').skip(which.start).take(which.len());
        all.filter_map(|field| field.parse::<u64>().ok()).sum()
    };
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let living: u64 = children
        .split_whitespace()
        .map(|child| fields(child, 11..13))
        .sum();
    (fields(&pid, 11..15) + living) as f64 / TICKS
}

/// What the database has, and what it has written to its log.
struct Stand {
    events: i64,
    counts: i64,
    event_bytes: i64,
    count_bytes: i64,
    log: i64,
}

fn stand(admin: &mut Client) -> Stand {
    let size = |name: &str| {
        format!(
            "(SELECT sum(pg_total_relation_size(inhrelid))::int8 FROM pg_inherits WHERE inhparent = 'tcpw.{name}'::regclass)"
        )
    };
    let sql = format!(
        "SELECT (SELECT count(*) FROM tcpw.event), (SELECT count(*) FROM tcpw.hourly), {}, {},
             (pg_current_wal_lsn() - '0/0')::int8",
        size("event"),
        size("hourly")
    );
    let row = admin.query_one(&sql, &[]).unwrap();
    Stand {
        events: row.get(0),
        counts: row.get(1),
        event_bytes: row.get(2),
        count_bytes: row.get(3),
        log: row.get(4),
    }
}

/// All hosts push what the journal has; gives seconds, and seconds of the server's processor.
fn round(server: &Server, members: &[Member], journal: &Path) -> (f64, f64) {
    let next = AtomicUsize::new(0);
    let (begin, before) = (Instant::now(), processor(server));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(member) = members.get(next.fetch_add(1, Ordering::Relaxed)) {
                    member.push(journal);
                }
            });
        }
    });
    (begin.elapsed().as_secs_f64(), processor(server) - before)
}

fn main() {
    let (hosts, knocks) = (number("TCPW_HOSTS", 10_000), number("TCPW_KNOCKS", 120));
    let server = Server::start();
    let mut admin = connect(&Address::parse(&server.admin()).unwrap()).unwrap();
    init(&mut admin).unwrap();
    admin.batch_execute("SET synchronous_commit = off").unwrap();
    let place = TempDir::new_in("/dev/shm").unwrap();
    let member = |one: usize| {
        let name = format!("web{one}");
        add_host(&mut admin, &name, Login::Password(PASSWORD)).unwrap();
        let state = place.path().join(&name);
        fs::create_dir(&state).unwrap();
        let address = Address::parse(&server.url(&name)).unwrap();
        Member {
            address: address.with_password(PASSWORD),
            name,
            state,
        }
    };
    let members: Vec<Member> = (0..hosts).map(member).collect();
    let book = Book::new(place.path());
    let hour = (Utc::now().timestamp() / 3600 - 1) * 3600;
    let step = 3600 / i64::try_from(knocks).unwrap();
    let empty = stand(&mut admin);
    println!("{hosts} hosts, one scanner, {knocks} knocks at each in an hour:");
    let (mut done, mut before) = (0, stand(&mut admin));
    for (what, until) in [
        ("the first six knocks", 6),
        ("the knocks of half an hour", knocks / 2),
        ("those of the other half", knocks),
        ("no knock, a sign of life", knocks),
    ] {
        let event = |one: usize| {
            knock(
                (hour + i64::try_from(one).unwrap() * step) * SECOND,
                "203.0.113.9",
            )
        };
        book.add(&(done..until).map(event).collect::<Vec<_>>());
        done = until;
        let (seconds, processor) = round(&server, &members, &book.path);
        let after = stand(&mut admin);
        let each = 1000.0 / hosts as f64;
        println!(
            "    {what}: {} events and {} counts more, {:.1} s, {:.0} pushes a second; of the server {:.1} ms of processor and {:.0} bytes of log a push",
            after.events - before.events,
            after.counts - before.counts,
            seconds,
            hosts as f64 / seconds,
            processor * each,
            (after.log - before.log) as f64 / hosts as f64
        );
        before = after;
    }
    show(&mut admin, &empty, &before, hosts, knocks);
}

fn show(admin: &mut Client, empty: &Stand, full: &Stand, hosts: usize, knocks: usize) {
    let (rows, most) = (
        full.events + full.counts,
        ROWS * i64::try_from(hosts).unwrap(),
    );
    let event = (full.event_bytes - empty.event_bytes) as f64 / full.events as f64;
    let count = (full.count_bytes - empty.count_bytes) as f64 / full.counts as f64;
    let bytes =
        (full.event_bytes + full.count_bytes - empty.event_bytes - empty.count_bytes) as f64;
    println!("    rows of the hour: {rows}; the arithmetic says at most {most}");
    println!(
        "    bytes: {event:.0} an event, {count:.0} a count with its updates, {:.1} MB an hour; the arithmetic says {:.1} MB",
        bytes / 1e6,
        BYTES * most as f64 / 1e6
    );
    let counted: i64 = admin
        .query_one("SELECT sum(n)::int8 FROM tcpw.hourly", &[])
        .unwrap()
        .get(0);
    let wanted = i64::try_from(hosts * knocks).unwrap();
    let verdict = |is_reached: bool| if is_reached { "reached" } else { "MISSED" };
    println!("    goal: at most {most} rows {}", verdict(rows <= most));
    println!(
        "    goal: all {wanted} knocks are counted {}",
        verdict(counted == wanted)
    );
}
