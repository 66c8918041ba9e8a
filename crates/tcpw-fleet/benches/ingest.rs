//! How fast events enter the database through the one function that a host may call, on one connection,
//! beside plain COPY of the same events into one table without a key, in the same run.
//!
//! `cargo bench --package tcpw-fleet --bench ingest`, as root; `TCPW_EVENTS` is how many.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
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
        let addrs = numbers
            .iter()
            .map(|&one| IpAddr::from([203, 0, (one / 250 % 256) as u8, (one % 250) as u8]));
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

/// Sends all batches; the token before the first one is `prev`. Gives seconds, and events added.
fn ingest(
    client: &mut Client,
    batches: &[Batch],
    tokens: &[String],
    prev: Option<&str>,
) -> (f64, i64) {
    let call = client
        .prepare(
            "SELECT status, added FROM tcpw.ingest('bench', 1, 0, $1::text::uuid, $2::text::uuid, false, '1', 0,
                 $3, $4, $5::int8[], $6::timestamptz[], $7::inet[], $8::text[], $9::text[],
                 $10::text[], $11::text[], $12::int8[],
                 NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
        )
        .unwrap();
    let (mut prev, mut added) = (prev.map(str::to_owned), 0);
    let begin = Instant::now();
    for (batch, token) in batches.iter().zip(tokens) {
        let row = client
            .query_one(
                &call,
                &[
                    &prev,
                    token,
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
        assert_eq!(row.get::<_, &str>(0), "done");
        added += i64::from(row.get::<_, i32>(1));
        prev = Some(token.clone());
    }
    (begin.elapsed().as_secs_f64(), added)
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

fn main() {
    let events: usize =
        std::env::var("TCPW_EVENTS").map_or(200_000, |text| text.parse().expect("a number"));
    let server = server::Server::start();
    let mut admin = connect(&Address::parse(&server.admin()).unwrap()).unwrap();
    init(&mut admin).unwrap();
    admin
        .batch_execute("UPDATE tcpw.setting SET rows_an_hour = 100000000")
        .unwrap();
    add_host(&mut admin, "bench", Login::Password(PASSWORD)).unwrap();
    let host = Address::parse(&server.url("bench"))
        .unwrap()
        .with_password(PASSWORD);
    let mut client = connect(&host).unwrap();
    let batches = batches(events);
    let tokens: Vec<String> = batches.iter().map(|batch| batch.token.clone()).collect();
    let others: Vec<String> = batches.iter().map(|_| new_token().unwrap()).collect();
    let count = f64::from(u32::try_from(events).unwrap());

    let bare = "CREATE TABLE floor (host text, seq bigint, at timestamptz, received timestamptz,
        addr inet, source text, daemon text, verdict text, rule text, reporter bigint)";
    let keyed = "CREATE TABLE floor (host text COLLATE \"C\", seq bigint, at timestamptz,
        received timestamptz, addr inet, source text COLLATE \"C\", daemon text, verdict text, rule text,
        reporter bigint, PRIMARY KEY (host, at, seq));
        CREATE INDEX ON floor (source, at); CREATE INDEX ON floor USING brin (at)";
    let floor = copy(&mut admin, &batches, bare);
    let keyed = copy(&mut admin, &batches, keyed);
    let (first, added) = ingest(&mut client, &batches, &tokens, None);
    assert_eq!(added, i64::try_from(events).unwrap());
    let (again, added) = ingest(
        &mut client,
        &batches,
        &others,
        tokens.last().map(String::as_str),
    );
    assert_eq!(added, 0);
    // What is sent again because its answer was lost: the very batch that was written last.
    let last = batches.len() - 1;
    let (same, added) = ingest(
        &mut client,
        &batches[last..],
        &others[last..],
        Some(&others[last - 1]),
    );
    assert_eq!(added, 0);
    let kept: i64 = admin
        .query_one("SELECT count(*) FROM tcpw.event", &[])
        .unwrap()
        .get(0);
    assert_eq!(kept, i64::try_from(events).unwrap());

    let rate = count / first;
    let batch_first = first / f64::from(u32::try_from(batches.len()).unwrap());
    println!("{events} events in batches of {BATCH}, each committed, over TLS on the loopback:");
    println!(
        "    COPY into one table without key: {:.0} a second",
        count / floor
    );
    println!(
        "    COPY into one table with the same key and indexes: {:.0} a second",
        count / keyed
    );
    println!(
        "    through the function: {rate:.0} a second; {:.2} times the floor without key, {:.2} times the one with",
        first / floor,
        first / keyed
    );
    println!(
        "    again, by key: {:.1} times faster; the last batch again: {:.0} times faster",
        first / again,
        batch_first / same
    );
    let verdict = |is_reached: bool| if is_reached { "reached" } else { "MISSED" };
    println!(
        "    goal: {LEAST_A_SECOND} a second {}",
        verdict(rate >= LEAST_A_SECOND)
    );
    println!(
        "    goal: {MOST_OF_FLOOR} times the floor {}",
        verdict(first / floor <= MOST_OF_FLOOR)
    );
    println!(
        "    goal: again {LEAST_FASTER} times faster {}",
        verdict(batch_first / same >= LEAST_FASTER && first / again >= LEAST_FASTER)
    );
}
