//! `tcpw report` and `tcpw events` over a journal of 10,000,000 events of 30 days, beside `cat` of
//! the same file and one plain pass of SQLite over it, in the same run: seconds and the most
//! memory. Then a journal in which every event has a source of its own.
//!
//! `cargo bench --bench report`; `TCPW_EVENTS=1000000` makes a smaller journal, to which the goals
//! are scaled. Needs python3, which runs the programs and asks the kernel for their memory.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use rusqlite::Connection;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tcpw::alert::Journal;
use tempfile::TempDir;

const TCPW: &str = env!("CARGO_BIN_EXE_tcpw");
const EVENTS: u64 = 10_000_000;
const ROUNDS: usize = 3;
/// The goals, for all events.
const MOST_SECONDS: f64 = 5.0;
const MOST_MEGABYTES: f64 = 200.0;
const DAYS: i64 = 30;
const DAY: i64 = 86_400_000_000_000;
/// Runs a program, and prints its seconds and the most memory it had, in units of 1024 bytes.
const METER: &str = "
import resource, subprocess, sys, time
begin = time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(0 if code in (0, 1) else 1)
";

#[expect(clippy::too_many_lines, reason = "a list of measurements")]
fn main() {
    let events = std::env::var("TCPW_EVENTS").map_or(EVENTS, |text| text.parse().unwrap());
    println!("{events} events of 20,000 sources in {DAYS} days");
    let stage = stage(events, Some(20_000));
    let share = f64::from(u32::try_from(events).unwrap()) / 10_000_000.0;
    let journal = stage.path().join("var/lib/tcpw/journal.db");
    let file = journal.to_str().unwrap();
    let root = stage.path().to_str().unwrap();
    let report = |format| {
        vec![
            TCPW,
            "--root",
            root,
            "report",
            "--since=31d",
            "--format",
            format,
        ]
    };
    best("cat of the file", &["cat", file]);
    println!(
        "{:36} {:>8.2} s",
        "one pass of SQLite",
        plain_pass(&journal)
    );
    for format in ["text", "json", "html"] {
        let (seconds, memory) = best(&format!("tcpw report --format {format}"), &report(format));
        assert!(
            seconds < MOST_SECONDS * share.max(0.1),
            "{format} is too slow"
        );
        assert!(memory < MOST_MEGABYTES, "{format} takes too much memory");
    }
    let hour = [TCPW, "--root", root, "events", "--since", "1h"];
    best("tcpw events --since 1h", &hour);
    let limit = [TCPW, "--root", root, "events", "--limit", "20"];
    best("tcpw events --limit 20", &limit);
    let (_, memory) = best(
        "tcpw events --format json, a day",
        &[
            TCPW,
            "--root",
            root,
            "events",
            "--since=2d",
            "--until=1d",
            "--format=json",
        ],
    );
    assert!(
        memory < MOST_MEGABYTES / 2.0,
        "events are not shown as a stream"
    );
    drop(stage);

    let few = events / 5;
    println!("{few} events, each of another source");
    let stage = self::stage(few, None);
    let root = stage.path().to_str().unwrap();
    let (_, memory) = best(
        "tcpw report",
        &[TCPW, "--root", root, "report", "--since=31d"],
    );
    // What does not grow is counted as if it did.
    let all = memory * 5.0 * (10_000_000.0 / f64::from(u32::try_from(events).unwrap()));
    println!("at 10,000,000 sources at most {all:.0} MB");
    assert!(memory < MOST_MEGABYTES, "too much memory");
}

/// A system with a journal of so many events, made by the program's own schema.
#[expect(clippy::too_many_lines, reason = "a list of statements")]
fn stage(events: u64, sources: Option<u64>) -> TempDir {
    let stage = TempDir::with_prefix("tcpw-report-").unwrap();
    fs::create_dir_all(stage.path().join("var/lib")).unwrap();
    let path = stage.path().join("var/lib/tcpw/journal.db");
    drop(Journal::open(&path).unwrap());
    let begin = Instant::now();
    let database = Connection::open(&path).unwrap();
    database
        .execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; BEGIN")
        .unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let start = i64::try_from(now.as_nanos()).unwrap() - DAYS * DAY;
    let step = DAYS * DAY / i64::try_from(events).unwrap();
    let count = sources.unwrap_or(events);
    let every = events / count;
    database
        .execute_batch(&format!(
            "DELETE FROM texts;
             INSERT INTO texts (id, bytes, length) VALUES (1, x'', 0), (2, CAST('web1' AS BLOB), 4),
                 (3, CAST('sshd@198.51.100.1' AS BLOB), 17), (11, CAST('sshd' AS BLOB), 4),
                 (12, CAST('vsftpd' AS BLOB), 6), (13, CAST('in.telnetd' AS BLOB), 10),
                 (14, CAST('slapd' AS BLOB), 5), (15, CAST('smtps' AS BLOB), 5);
             INSERT INTO rules (id, file, line, text, digest) VALUES
                 (1, '/etc/hosts.deny', 3, 'ALL : ALL : spawn (...) : deny', '0123456789abcdef'),
                 (2, '/etc/hosts.allow', 9, 'sshd : .example.net : spawn (...) : deny', '0123456789abcdef'),
                 (3, '/etc/hosts.deny', 2, 'vsftpd : UNKNOWN : spawn (...) : deny', '0123456789abcdef');
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
             INSERT INTO texts (id, bytes, length) SELECT 100 + i, CAST(t AS BLOB), length(t) FROM
                 (SELECT i, format('10.%d.%d.%d', i >> 16, (i >> 8) & 255, i & 255) AS t FROM n);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
             INSERT INTO sources (id, key, first_time, last_time, last_event, count)
                 SELECT i, format('10.%d.%d.%d/32', i >> 16, (i >> 8) & 255, i & 255),
                     {start} + i * {every} * {step}, {start} + i * {every} * {step}, i * {every}, {every}
                 FROM n;
             -- Each source comes once by itself; in between come those that are known already,
             -- half of them the first twenty.
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {events}),
                 m AS MATERIALIZED (SELECT i, i % {every} = 0 AS is_new, abs(random()) AS r FROM n),
                 s AS MATERIALIZED (SELECT i, is_new, r, CASE WHEN is_new THEN i / {every}
                     WHEN r & 1 THEN 1 + (r >> 8) % 20 ELSE 1 + (r >> 8) % {count} END AS source FROM m)
             INSERT INTO events (id, time, collected, source, previous, machine, host, addr, daemon,
                     server, user, pid, uid, rule, verdict, decision, letter)
                 SELECT i, {start} + i * {step} + (r >> 40) % 1000, {start} + i * {step} + 100000000,
                     source, CASE WHEN is_new THEN NULL ELSE i - 1 END, 2, 100 + source, 100 + source,
                     CASE WHEN (r >> 3) % 10 < 7 THEN 11 ELSE 11 + (r >> 3) % 5 END, 3, 1,
                     1000 + (r >> 20) % 30000, CASE WHEN (r >> 9) % 50 = 0 THEN 105 ELSE 0 END,
                     CASE (r >> 5) % 20 WHEN 0 THEN 2 WHEN 1 THEN 3 WHEN 2 THEN NULL ELSE 1 END,
                     CASE (r >> 5) % 20 WHEN 2 THEN 0 WHEN 0 THEN 2 ELSE 1 END,
                     CASE WHEN is_new THEN 0 WHEN r & 6 THEN 1 ELSE 2 END,
                     NULL FROM s;
             INSERT INTO hours SELECT time / 3600000000000, min(id), max(id), count(*) FROM events
                 GROUP BY 1;
             COMMIT; PRAGMA wal_checkpoint(TRUNCATE);"
        ))
        .unwrap();
    drop(database);
    let size = fs::metadata(&path).unwrap().len() >> 20;
    println!(
        "(a journal of {size} MB, made in {:.0} s)",
        begin.elapsed().as_secs_f64()
    );
    stage
}

/// The least a reader of the whole table can do, by one thread.
fn plain_pass(journal: &Path) -> f64 {
    let database = Connection::open(journal).unwrap();
    (0..ROUNDS)
        .map(|_| {
            let begin = Instant::now();
            let sum: f64 = database
                .query_row("SELECT total(decision) FROM events", [], |row| row.get(0))
                .unwrap();
            assert!(sum > 0.0);
            begin.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

/// The best of some runs: seconds, and the most memory in MB.
fn best(name: &str, command: &[&str]) -> (f64, f64) {
    let runs = (0..ROUNDS).map(|_| {
        let output = Command::new("python3")
            .args(["-c", METER])
            .args(command)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "{name} failed");
        let text = String::from_utf8(output.stdout).unwrap();
        let (seconds, memory) = text.trim().split_once(' ').unwrap();
        (
            seconds.parse::<f64>().unwrap(),
            memory.parse::<f64>().unwrap() / 1024.0,
        )
    });
    let (seconds, memory) = runs.fold((f64::INFINITY, 0.0_f64), |(least, most), (s, m)| {
        (least.min(s), most.max(m))
    });
    println!("{name:36} {seconds:>8.2} s {memory:>8.0} MB");
    (seconds, memory)
}
