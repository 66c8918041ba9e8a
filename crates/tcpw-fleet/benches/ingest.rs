//! How fast events enter the database through the one function that a host may call, on one connection,
//! beside plain COPY of the same events into one table without a key, in the same run.
//!
//! `cargo bench --package tcpw-fleet --bench ingest`, as root; `TCPW_EVENTS` is how many.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use chrono::{DateTime, TimeDelta, Utc};
use postgres::Client;
use std::io::Write as _;
use std::net::IpAddr;
use std::time::Instant;
use tcpw_fleet::database::{Address, Login, add_host, connect, init, new_token};

#[path = "../tests/fleet/server.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod server;

/// The goals.
const LEAST_A_SECOND: f64 = 25_000.0;
const MOST_OF_FLOOR: f64 = 3.0;
const LEAST_FASTER: f64 = 4.0;
const BATCH: usize = 5000;
const PASSWORD: &str = "a password of the bench";

/// A batch as the function takes it.
struct Batch {
    token: String,
    seqs: Vec<i64>,
    ats: Vec<DateTime<Utc>>,
    addrs: Vec<IpAddr>,
    sources: Vec<String>,
    daemons: Vec<&'static str>,
    verdicts: Vec<&'static str>,
    rules: Vec<&'static str>,
    reporters: Vec<i64>,
}

fn batches(events: usize) -> Vec<Batch> {
    let start = Utc::now() - TimeDelta::hours(2);
    let all: Vec<usize> = (0..events).collect();
    let batch = |numbers: &[usize]| {
        let byte = |number: usize| u8::try_from(number % 250).unwrap();
        let addrs = numbers
            .iter()
            .map(|&one| IpAddr::from([203, 0, byte(one / 250), byte(one)]));
        let addrs: Vec<IpAddr> = addrs.collect();
        let at =
            |&one: &usize| start + TimeDelta::microseconds(i64::try_from(one).unwrap() * 20_000);
        Batch {
            token: new_token().unwrap(),
            seqs: numbers
                .iter()
                .map(|&one| i64::try_from(one).unwrap() + 1)
                .collect(),
            ats: numbers.iter().map(at).collect(),
            sources: addrs.iter().map(ToString::to_string).collect(),
            addrs,
            daemons: vec!["sshd"; numbers.len()],
            verdicts: vec!["denied"; numbers.len()],
            rules: vec!["/etc/hosts.deny:3: ALL: ALL"; numbers.len()],
            reporters: vec![0; numbers.len()],
        }
    };
    all.chunks(BATCH).map(batch).collect()
}

/// The function, ready to be called.
struct Call<'c> {
    client: &'c mut Client,
    statement: postgres::Statement,
    /// The token of the batch before.
    prev: Option<String>,
}

impl<'c> Call<'c> {
    fn new(client: &'c mut Client) -> Self {
        let statement = client
            .prepare(
                "SELECT status, added FROM tcpw.ingest('bench', 1, 0, $1::text::uuid, $2::text::uuid, false,
                     '1', 0, $3, $4, $5::int8[], $6::timestamptz[], $7::inet[], $8::text[], $9::text[],
                     $10::text[], $11::text[], $12::int8[],
                     NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            )
            .unwrap();
        Self {
            client,
            statement,
            prev: None,
        }
    }

    /// Sends a batch under this token; gives seconds, and how many events were added.
    fn send(&mut self, batch: &Batch, token: &str) -> (f64, i64) {
        let begin = Instant::now();
        let row = self
            .client
            .query_one(
                &self.statement,
                &[
                    &self.prev,
                    &token,
                    batch.seqs.last().unwrap(),
                    batch.ats.last().unwrap(),
                    &batch.seqs,
                    &batch.ats,
                    &batch.addrs,
                    &batch.sources,
                    &batch.daemons,
                    &batch.verdicts,
                    &batch.rules,
                    &batch.reporters,
                ],
            )
            .unwrap();
        let seconds = begin.elapsed().as_secs_f64();
        assert_eq!(row.get::<_, &str>(0), "done");
        self.prev = Some(token.to_owned());
        (seconds, i64::from(row.get::<_, i32>(1)))
    }
}

/// Copies all batches, each in a transaction, into a table that is made by `table`.
fn copy(client: &mut Client, batches: &[Batch], table: &str) -> f64 {
    client.batch_execute(table).unwrap();
    let begin = Instant::now();
    for batch in batches {
        let mut writer = client.copy_in("COPY floor FROM STDIN").unwrap();
        let mut text = Vec::new();
        for place in 0..batch.seqs.len() {
            let (seq, at, addr) = (batch.seqs[place], batch.ats[place], batch.addrs[place]);
            let at = at.to_rfc3339();
            let (source, rule) = (&batch.sources[place], batch.rules[place]);
            writeln!(
                text,
                "bench\t{seq}\t{at}\t{at}\t{addr}\t{source}\tsshd\tdenied\t{rule}\t0"
            )
            .unwrap();
        }
        writer.write_all(&text).unwrap();
        writer.finish().unwrap();
    }
    let seconds = begin.elapsed().as_secs_f64();
    client.batch_execute("DROP TABLE floor").unwrap();
    seconds
}

/// One table as COPY fills it, without a key.
const BARE: &str =
    "CREATE TABLE floor (host text, seq bigint, at timestamptz, received timestamptz,
    addr inet, source text, daemon text, verdict text, rule text, reporter bigint)";
/// One table with the key and the indexes that events have.
const KEYED: &str = "CREATE TABLE floor (host text COLLATE \"C\", seq bigint, at timestamptz,
    received timestamptz, addr inet, source text COLLATE \"C\", daemon text, verdict text, rule text,
    reporter bigint, PRIMARY KEY (host, at, seq));
    CREATE INDEX ON floor (source, at); CREATE INDEX ON floor USING brin (at)";

/// How long each way took, in seconds.
struct Times {
    bare: f64,
    keyed: f64,
    first: f64,
    /// Each batch once more, as when its answer was lost.
    same: f64,
    /// All of them under other tokens, found to be there by their keys.
    by_key: f64,
}

fn measure(admin: &mut Client, host: &mut Client, batches: &[Batch]) -> Times {
    let events = batches.iter().map(|batch| batch.seqs.len()).sum::<usize>();
    let events = i64::try_from(events).unwrap();
    let bare = copy(admin, batches, BARE);
    let keyed = copy(admin, batches, KEYED);
    let mut call = Call::new(host);
    let (mut first, mut same, mut added) = (0.0, 0.0, 0);
    for batch in batches {
        let (seconds, rows) = call.send(batch, &batch.token);
        first += seconds;
        added += rows;
        let (seconds, rows) = call.send(batch, &batch.token);
        same += seconds;
        assert_eq!(rows, 0);
    }
    assert_eq!(added, events);
    let mut by_key = 0.0;
    for batch in batches {
        let (seconds, rows) = call.send(batch, &new_token().unwrap());
        by_key += seconds;
        assert_eq!(rows, 0);
    }
    let sql = "SELECT count(*) FROM tcpw.event";
    assert_eq!(admin.query_one(sql, &[]).unwrap().get::<_, i64>(0), events);
    Times {
        bare,
        keyed,
        first,
        same,
        by_key,
    }
}

fn main() {
    let events: usize =
        std::env::var("TCPW_EVENTS").map_or(200_000, |text| text.parse().expect("a number"));
    let server = server::Server::start();
    let mut admin = connect(&Address::parse(&server.admin()).unwrap()).unwrap();
    init(&mut admin).unwrap();
    let unbounded = "UPDATE tcpw.setting SET rows_an_hour = 100000000";
    admin.batch_execute(unbounded).unwrap();
    add_host(&mut admin, "bench", Login::Password(PASSWORD)).unwrap();
    let address = Address::parse(&server.url("bench")).unwrap();
    let mut host = connect(&address.with_password(PASSWORD)).unwrap();
    let times = measure(&mut admin, &mut host, &batches(events));
    show(&times, f64::from(u32::try_from(events).unwrap()));
    let size = "SELECT sum(pg_total_relation_size(inhrelid))::float8 FROM pg_inherits
        WHERE inhparent = 'tcpw.event'::regclass";
    let size: f64 = admin.query_one(size, &[]).unwrap().get(0);
    let count = f64::from(u32::try_from(events).unwrap());
    println!(
        "    an event takes {:.0} bytes with its indexes",
        size / count
    );
}

fn show(times: &Times, events: f64) {
    let (rate, bare, keyed) = (
        events / times.first,
        times.first / times.bare,
        times.first / times.keyed,
    );
    let (same, by_key) = (times.first / times.same, times.first / times.by_key);
    let (floor, floor_keyed) = (events / times.bare, events / times.keyed);
    println!("{events} events in batches of {BATCH}, each committed:");
    println!("    COPY into one table without a key: {floor:.0} a second");
    println!("    COPY into one table with the same key and indexes: {floor_keyed:.0} a second");
    println!(
        "    through the function, over TLS: {rate:.0} a second; {bare:.2} times as long as without a key, {keyed:.2} times as with"
    );
    println!(
        "    each batch again: {same:.1} times faster; under another token: {by_key:.1} times"
    );
    let verdict = |is_reached: bool| if is_reached { "reached" } else { "MISSED" };
    let goals = [
        (format!("{LEAST_A_SECOND} a second"), rate >= LEAST_A_SECOND),
        (
            format!("{MOST_OF_FLOOR} times the floor"),
            bare <= MOST_OF_FLOOR,
        ),
        (
            format!("the same batch again {LEAST_FASTER} times faster"),
            same >= LEAST_FASTER,
        ),
    ];
    for (goal, is_reached) in goals {
        println!("    goal: {goal} {}", verdict(is_reached));
    }
}
